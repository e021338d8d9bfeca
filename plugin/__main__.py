"""The registry as a Pulumi package, for programs in every language that Pulumi supports."""

import sys

import pulumi.provider

from facade.provider import RegistryProvider

if __name__ == "__main__":
    pulumi.provider.main(RegistryProvider(), sys.argv[1:])
