"""Changes that AWS would refuse in the middle of an update."""

from typing import Any

import pulumi
import pytest

from components import AccessRule, ExistingNetwork, PrivateRegistryArgs
from components.changes import change_problems, recorded
from components.problems import PYTHON
from components.running_collection import disturbed_option

PLAIN = PrivateRegistryArgs()
PROTECTED = PrivateRegistryArgs(deletion_protection=True)
INTERNAL = PrivateRegistryArgs(internal=True)
ADOPTED = PrivateRegistryArgs(images_bucket="images")
REPLICATED = PrivateRegistryArgs(replica_region="us-east-2")
OTHER_REPLICA = PrivateRegistryArgs(replica_region="us-west-1")
DISPOSABLE = PrivateRegistryArgs(replica_region="us-east-2", force_destroy=True)
RULES = [AccessRule(who="*", repositories=["*"], actions=["pull"])]
FIRST_KEY, SECOND_KEY, THIRD_KEY = (PrivateRegistryArgs(access=RULES, token_signer=number) for number in (1, 2, 3))
WEEKLY = "cron(0 5 ? * SUN *)"
COLLECTED = PrivateRegistryArgs(garbage_collection=WEEKLY)
OTHER_RANGE = PrivateRegistryArgs(vpc_cidr="10.1.0.0/16")


def existing(vpc_id: pulumi.Input[str]) -> PrivateRegistryArgs:
    return PrivateRegistryArgs(network=ExistingNetwork(vpc_id=vpc_id))


def inputs(args: PrivateRegistryArgs) -> dict[str, Any]:
    """The recorded inputs, as the engine stores them."""
    return {key: value for key, value in recorded(args).items() if value is not None}


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        (PROTECTED, PrivateRegistryArgs(internal=True, deletion_protection=True), ["internal"]),
        (PROTECTED, INTERNAL, ["internal"]),
        (PROTECTED, PrivateRegistryArgs(isolated=True), ["internal"]),
        (PrivateRegistryArgs(internal=True, deletion_protection=True), PROTECTED, ["internal"]),
        (PLAIN, OTHER_RANGE, ["vpc_cidr"]),
        (FIRST_KEY, SECOND_KEY, []),
        (SECOND_KEY, FIRST_KEY, []),
        (FIRST_KEY, THIRD_KEY, ["token_signer"]),
        (THIRD_KEY, FIRST_KEY, ["token_signer"]),
        (PLAIN, THIRD_KEY, []),
        (THIRD_KEY, PLAIN, []),
        (PLAIN, existing("vpc-1"), ["network"]),
        (existing("vpc-1"), PLAIN, ["network"]),
        (existing("vpc-1"), existing("vpc-2"), ["network"]),
        (PLAIN, ADOPTED, ["images_bucket"]),
        (ADOPTED, PLAIN, ["images_bucket"]),
        (ADOPTED, PrivateRegistryArgs(images_bucket="others"), ["images_bucket"]),
        (REPLICATED, OTHER_REPLICA, ["replica_region"]),
        (REPLICATED, PLAIN, ["replica_region"]),
        (REPLICATED, PrivateRegistryArgs(force_destroy=True), ["replica_region"]),
        (PROTECTED, PrivateRegistryArgs(internal=True, vpc_cidr="10.1.0.0/16"), ["internal", "vpc_cidr"]),
    ],
)
def test_change_that_aws_refuses_is_a_problem(
    old: PrivateRegistryArgs, new: PrivateRegistryArgs, keys: list[str]
) -> None:
    assert [problem.key for problem in change_problems(inputs(old), inputs(new))] == keys


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (PLAIN, INTERNAL),
        (PLAIN, PROTECTED),
        (PROTECTED, PLAIN),
        (INTERNAL, PrivateRegistryArgs(isolated=True, deletion_protection=True)),
        (existing("vpc-1"), existing("vpc-1")),
        (ADOPTED, ADOPTED),
        (PLAIN, REPLICATED),
        (REPLICATED, DISPOSABLE),
        (DISPOSABLE, OTHER_REPLICA),
        (DISPOSABLE, PLAIN),
    ],
)
def test_other_change_is_allowed(old: PrivateRegistryArgs, new: PrivateRegistryArgs) -> None:
    assert [*change_problems(inputs(old), inputs(new))] == []


def test_example_restores_the_images_bucket() -> None:
    [problem] = change_problems(inputs(ADOPTED), inputs(PLAIN))
    assert problem.render(PYTHON).endswith("example: images_bucket='images'")


def test_first_update_of_a_stack_without_recorded_inputs_is_allowed() -> None:
    assert [*change_problems({}, inputs(INTERNAL))] == []


def test_unknown_vpc_is_not_compared() -> None:
    new = inputs(existing("vpc-2")) | {"vpcId": object()}  # what the SDK passes in a preview
    assert [*change_problems(inputs(existing("vpc-1")), new)] == []


@pytest.mark.parametrize(
    ("old", "new", "option"),
    [
        (COLLECTED, PLAIN, "garbage_collection"),
        (COLLECTED, PrivateRegistryArgs(garbage_collection=WEEKLY, internal=True), "internal"),
        (COLLECTED, PrivateRegistryArgs(garbage_collection=WEEKLY, deletion_protection=True), None),
        (PLAIN, COLLECTED, None),
        (PLAIN, INTERNAL, None),
    ],
)
def test_change_that_disturbs_a_running_collection(
    old: PrivateRegistryArgs, new: PrivateRegistryArgs, option: str | None
) -> None:
    assert disturbed_option(inputs(old), inputs(new)) == option
