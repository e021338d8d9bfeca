"""The registry as a Pulumi package: what makes it usable from every language that Pulumi speaks."""

import sys

import pulumi.provider

from facade.provider import RegistryProvider

if __name__ == "__main__":
    pulumi.provider.main(RegistryProvider(), sys.argv[1:])
