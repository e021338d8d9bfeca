"""Problems with a component's name."""

from keyword import iskeyword
from typing import Any

import pulumi_aws as aws
import pytest

from components import AccessRule, PrivateRegistry, PrivateRegistryArgs, RetentionRule
from components.checks.names import RULES, name_problems
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare

_LONGEST = "a" * 20
_ECR = "123456789012.dkr.ecr.us-west-2.amazonaws.com"


@pytest.fixture(scope="module")
def declared(declare: Declare) -> Declaration:
    """Two registries with the longest name, which together declare every kind of resource with a name."""
    args = PrivateRegistryArgs(
        image=f"{_ECR}/registry:3",
        upstream="https://registry-1.docker.io",
        upstream_username="alice",
        upstream_password="made-up",
    )
    isolated = PrivateRegistryArgs(
        image=f"{_ECR}/registry:3",
        retention=[RetentionRule(repositories=["*"], keep_newest=10)],
        isolated=True,
        rate_limit=10,
        max_count=2,
        patch_schedule="cron(0 3 1 * ? *)",
        garbage_collection="cron(0 5 1 * ? *)",
        replica_region="us-east-2",
        monitoring=True,
        monthly_budget=300,
        access=[AccessRule(who="*", repositories=["*"], actions=["pull"])],
    )

    def program() -> None:
        PrivateRegistry(_LONGEST, args)
        PrivateRegistry("b" * 20, isolated)

    return declare(program)


def test_rules_cover_every_resource_with_a_name(declared: Declaration) -> None:
    others = {"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"}  # AWS names it
    named = {each.type for each in declared.resources if each.type.startswith("aws:") and _takes_name(each.type)}
    assert {rule.type for rule in RULES} == named - others


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.kind)
def test_longest_name_matches_its_rule(declared: Declaration, rule: Any) -> None:
    longest = max(len(each.inputs.get("family") or each.outputs["name"]) for each in declared.all(rule.type))
    assert longest == len(rule.name(_LONGEST)) <= rule.max_length


@pytest.mark.parametrize("name", ["a", "images", "my-images-2", "internals", "sgs", "aw", _LONGEST])
def test_valid_name(name: str) -> None:
    assert list(name_problems(name)) == []


@pytest.mark.parametrize("name", ["", "a" * 21, "Images", "2images", "-images", "images-", "my_images", "my images"])
def test_invalid_characters_and_lengths_are_refused(name: str) -> None:
    (problem,) = name_problems(name)
    assert problem.key == "name"
    assert f"{name!r} ({len(name)} characters)" in problem.found
    assert "1 to 20" in problem.allowed


@pytest.mark.parametrize(
    ("name", "kind", "reserved"),
    [
        ("internal", "load balancer", "internal-"),
        ("internal-images", "load balancer", "internal-"),
        ("sg", "security group", "sg-"),
        ("awsome", "capacity provider", "aws"),
        ("ecs-images", "capacity provider", "ecs"),
        ("fargate", "capacity provider", "fargate"),
        ("xn--images", "bucket", "xn--"),
        ("sthree", "bucket", "sthree-"),
        ("amzn-s3-demo", "bucket", "amzn-s3-demo-"),
    ],
)
def test_reserved_prefixes_are_refused(name: str, kind: str, reserved: str) -> None:
    (problem,) = name_problems(name)
    assert f"the {kind}'s name would begin with {reserved!r}" in problem.found
    assert reserved in problem.allowed


def _takes_name(type_: str) -> bool:
    module, _, kind = type_.removeprefix("aws:").replace(":", "/").split("/")
    attributes = dir(getattr(getattr(aws, f"{module}_" if iskeyword(module) else module), kind))
    return kind == "Bucket" or not {"name", "family"}.isdisjoint(attributes)
