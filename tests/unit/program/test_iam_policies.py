"""The declared policies, evaluated by AWS's rules: they grant what is needed, and nothing else."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from components import AccessRule, PrivateRegistry, PrivateRegistryArgs, RetentionRule
from tests.iam import policies
from tests.iam.needed import NEEDED, needed_requests
from tests.iam.policies import Policies, Request, allowed_requests, applicable_policies
from tests.iam.refused import REFUSED, requests_through_endpoints
from tests.iam.stack import Stack
from tests.iam.weakened import weakened_policies
from tests.unit.helpers import Declare

_ECR = "123456789012.dkr.ecr.{region}.amazonaws.com/mirror/registry:{major}"
_STACKS = {
    "registry:2": (
        "us-west-2",
        PrivateRegistryArgs(
            flow_logs=True,
            allowed_cidrs=["203.0.113.0/24", "198.51.100.0/24"],
            replica_region="us-east-2",
            access=[AccessRule(who="arn:aws:iam::123456789012:role/ci", repositories=["*"], actions=["pull", "push"])],
            garbage_collection="cron(0 5 ? * SUN *)",
            retention=[RetentionRule(repositories=["*"], keep_newest=10)],
            retention_apply=True,
        ),
    ),
    "registry:3, a cache": (
        "us-west-2",
        PrivateRegistryArgs(
            flow_logs=True,
            image="registry:3",
            upstream="https://registry-1.docker.io",
            upstream_username="company",
            upstream_password="a password",
        ),
    ),
    "registry:3": (
        "us-west-2",
        PrivateRegistryArgs(image="registry:3", retention=[RetentionRule(repositories=["*"], keep_newest=10)]),
    ),
    "isolated": (
        "us-west-2",
        PrivateRegistryArgs(
            flow_logs=True,
            isolated=True,
            image=_ECR.format(region="us-west-2", major=3),
            patch_schedule="cron(0 3 ? * SUN *)",
        ),
    ),
    "isolated, in GovCloud": (
        "us-gov-west-1",
        PrivateRegistryArgs(flow_logs=True, isolated=True, image=_ECR.format(region="us-gov-west-1", major=2)),
    ),
}
_ISOLATED = ["isolated", "isolated, in GovCloud"]


@dataclass(frozen=True)
class Declared:
    """A stack and its policies."""

    stack: Stack
    policies: Policies


@pytest.fixture(scope="module")
def declared(declare: Declare) -> Callable[[str], Declared]:
    @functools.cache
    def declare_stack(name: str) -> Declared:
        region, args = _STACKS[name]
        declaration = declare(lambda: PrivateRegistry("images", args), region=region)
        return Declared(Stack(declaration), policies.declared_policies(declaration))

    return declare_stack


@pytest.mark.parametrize("source", NEEDED)
@pytest.mark.parametrize("name", _STACKS)
def test_needed_requests_are_granted(declared: Callable[[str], Declared], name: str, source: str) -> None:
    requests = NEEDED[source](declared(name).stack)
    assert texts(allowed_requests(requests, declared(name).policies)) == texts(requests)


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("name", _STACKS)
def test_other_requests_are_refused(declared: Callable[[str], Declared], name: str, kind: str) -> None:
    assert texts(allowed_requests(REFUSED[kind](declared(name).stack), declared(name).policies)) == []


@pytest.mark.parametrize("name", _ISOLATED)
def test_vpc_endpoints_refuse_other_requests(declared: Callable[[str], Declared], name: str) -> None:
    assert texts(allowed_requests(requests_through_endpoints(declared(name).stack), declared(name).policies)) == []


@pytest.mark.parametrize("name", _STACKS)
def test_identity_policies_have_no_wildcard_actions(declared: Callable[[str], Declared], name: str) -> None:
    """A wildcard would grant actions that no test requests."""
    identity = [document for attachment, document in declared(name).policies.items() if attachment.kind == "identity"]
    assert [rest.action for document in identity for rest in weakened_policies(document) if "*" in rest.action] == []


@pytest.mark.parametrize("name", ["registry:2", "isolated"])
def test_every_part_of_a_policy_is_needed(declared: Callable[[str], Declared], name: str) -> None:
    """Without any permission, denial or condition, the answer to some request changes."""
    stack, original = declared(name).stack, declared(name).policies
    kinds = [*REFUSED.values(), *([requests_through_endpoints] if name in _ISOLATED else [])]
    requests = [*needed_requests(stack), *(request for kind in kinds for request in kind(stack))]
    answers = set(allowed_requests(requests, original))
    spare = []
    for attachment, document in original.items():
        concerning = [request for request in requests if attachment in applicable_policies(request, original)]
        for rest in weakened_policies(document):
            asked = [r for r in concerning if rest.affects(r.action) and (r in answers) == rest.allows_less]
            if set(allowed_requests(asked, {**original, attachment: rest.document})) == answers.intersection(asked):
                spare.append(f"{attachment}: {rest.left_out}")
    assert spare == []


def texts(requests: list[Request]) -> list[str]:
    return sorted(str(request) for request in requests)
