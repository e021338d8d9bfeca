"""What the registry's stack tells of it."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Registry:
    """Where images are pulled from, and by whom.

    Attributes:
        address: what comes before the "/" in an image's name.
        passwords: by user name, a secret.
    """

    address: pulumi.Output[str]
    passwords: pulumi.Output[dict[str, str]]


def registry(config: pulumi.Config) -> Registry:
    """By a stack reference; without one, as the configuration says."""
    stack = config.get("registryStack")
    if not stack:
        passwords = pulumi.Output.secret(config.get_object("registryPasswords") or {"docker": "made-up"})
        return Registry(pulumi.Output.from_input(config.require("registryAddress")), passwords)
    reference = pulumi.StackReference(stack)
    # What is a secret there is one here.
    return Registry(reference.require_output("registryAddress"), reference.require_output("passwords"))
