"""Policies with one part left out, to test that every part is required."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.iam.evaluator import PolicyDocument


@dataclass(frozen=True, kw_only=True)
class WeakenedPolicy:
    """A policy without one of its parts.

    Attributes:
        left_out: a description of the part.
        action: the part's action, which may have wildcards. The policy still treats other actions as before.
        document: the policy.
        allows_less: whether it can only allow less than the complete policy; otherwise it can only allow more.
    """

    left_out: str
    action: str
    document: PolicyDocument
    allows_less: bool

    def affects(self, action: str) -> bool:
        """Whether the missing part applies to an action. IAM ignores the case of actions."""
        return fnmatch.fnmatchcase(action.lower(), self.action.lower())


def weakened_policies(document: PolicyDocument) -> Iterator[WeakenedPolicy]:
    """Leave out each pair of action and resource, and each condition of an allowed pair."""
    statements = [simple for statement in document["Statement"] for simple in _simple_statements(statement)]
    for position, statement in enumerate(statements):
        action, allows = statement["Action"], statement["Effect"] == "Allow"
        before, after = statements[:position], statements[position + 1 :]
        yield WeakenedPolicy(
            left_out=f"{statement['Effect']} {action} {statement.get('Resource', '')}",
            action=action,
            document={**document, "Statement": [*before, *after]},
            allows_less=allows,
        )
        for operator, key in _conditions(statement) if allows else ():
            yield WeakenedPolicy(
                left_out=f"{operator} {key} for {action}",
                action=action,
                document={**document, "Statement": [*before, _without_condition(statement, operator, key), *after]},
                allows_less=False,
            )


def _simple_statements(statement: dict[str, Any]) -> list[dict[str, Any]]:
    """Split a statement into one for each action and resource. Statements of trust policies have no resource."""
    assert statement.keys() <= {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}, "unknown elements"
    rest = {key: value for key, value in statement.items() if key != "Sid"}  # a Sid must be unique
    resources = [{"Resource": each} for each in _as_list(statement["Resource"])] if "Resource" in statement else [{}]
    actions = _as_list(statement["Action"])
    return [{**rest, "Action": action, **resource} for action in actions for resource in resources]


def _conditions(statement: dict[str, Any]) -> list[tuple[str, str]]:
    return [(operator, key) for operator, keys in statement.get("Condition", {}).items() for key in keys]


def _without_condition(statement: dict[str, Any], operator: str, key: str) -> dict[str, Any]:
    keys = {name: value for name, value in statement["Condition"][operator].items() if name != key}
    conditions = {**statement["Condition"], operator: keys}
    return {**statement, "Condition": {name: each for name, each in conditions.items() if each}}


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
