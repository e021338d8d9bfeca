"""Policies with one thing left out, to see whether anything depends on it."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.iam.evaluator import Document


@dataclass(frozen=True, kw_only=True)
class Weakened:
    """The rest of a policy.

    Attributes:
        left_out: what is missing.
        action: the action that it is about, which may have wildcards. Other actions' requests are answered as before.
        document: the rest.
        grants_less: whether it could only grant less than the whole; otherwise it could only grant more.
    """

    left_out: str
    action: str
    document: Document
    grants_less: bool

    def concerns(self, action: str) -> bool:
        """Whether requests for an action may be answered otherwise. IAM ignores the case of actions."""
        return fnmatch.fnmatchcase(action.lower(), self.action.lower())


def weakened(document: Document) -> Iterator[Weakened]:
    """Leave out each pair of action and resource that is allowed or denied, and each condition of an allowed one."""
    pairs = [pair for statement in document["Statement"] for pair in _pairs(statement)]
    for position, pair in enumerate(pairs):
        action, allows = pair["Action"], pair["Effect"] == "Allow"
        before, after = pairs[:position], pairs[position + 1 :]
        yield Weakened(
            left_out=f"{pair['Effect']} {action} {pair.get('Resource', '')}",
            action=action,
            document={**document, "Statement": [*before, *after]},
            grants_less=allows,
        )
        for operator, key in _conditions(pair) if allows else ():
            yield Weakened(
                left_out=f"{operator} {key} for {action}",
                action=action,
                document={**document, "Statement": [*before, _unconditional(pair, operator, key), *after]},
                grants_less=False,
            )


def _pairs(statement: dict[str, Any]) -> list[dict[str, Any]]:
    """The same as statements of one action and one resource. A trust policy's name none: they are about their role."""
    assert statement.keys() <= {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}, "unknown elements"
    anonymous = {key: value for key, value in statement.items() if key != "Sid"}  # it would no longer be unique
    resources = [{"Resource": each} for each in _listed(statement["Resource"])] if "Resource" in statement else [{}]
    return [{**anonymous, "Action": action, **each} for action in _listed(statement["Action"]) for each in resources]


def _conditions(statement: dict[str, Any]) -> list[tuple[str, str]]:
    return [(operator, key) for operator, keys in statement.get("Condition", {}).items() for key in keys]


def _unconditional(statement: dict[str, Any], operator: str, key: str) -> dict[str, Any]:
    keys = {name: value for name, value in statement["Condition"][operator].items() if name != key}
    conditions = {**statement["Condition"], operator: keys}
    return {**statement, "Condition": {name: each for name, each in conditions.items() if each}}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
