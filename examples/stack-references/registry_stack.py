"""The outputs of the registry's stack."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Registry:
    """A registry of another stack.

    Attributes:
        address: the part of an image's name before the first "/".
        passwords: the passwords by user name. They are secret.
    """

    address: pulumi.Output[str]
    passwords: pulumi.Output[dict[str, str]]


def registry(config: pulumi.Config) -> Registry:
    """Read the outputs through a stack reference; without `registryStack`, read them from the configuration."""
    stack = config.get("registryStack")
    if not stack:
        passwords = pulumi.Output.secret(config.get_object("registryPasswords") or {"docker": "made-up"})
        return Registry(pulumi.Output.from_input(config.require("registryAddress")), passwords)
    reference = pulumi.StackReference(stack)
    # Secret outputs of the other stack are secret here.
    return Registry(reference.require_output("registryAddress"), reference.require_output("passwords"))
