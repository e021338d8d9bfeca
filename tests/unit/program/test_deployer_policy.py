"""The deployer's policy documents. tests/engine tests what they allow."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[3]
_DOCUMENTS = sorted((_ROOT / "docs").glob("deployer-policy*.json"))
_LONGEST = {"REGION": "ap-southeast-2", "ACCOUNT_ID": "1" * 12, "NAME": "n" * 20, "ZONE_ID": "Z" * 32}
# The Service Authorization Reference, from npm.
_REFERENCE = _ROOT / "tests" / "iam" / "node_modules" / "@cloud-copilot" / "iam-data" / "data"


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda document: document.stem)
def test_document_fits_into_a_managed_policy(document: Path) -> None:
    """Source: IAM User Guide, "IAM and AWS STS quotas": 6,144 characters without white space."""
    text = re.sub(r"\s", "", document.read_text())
    assert len(re.sub("|".join(_LONGEST), lambda found: _LONGEST[found[0]], text)) <= 6144


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda document: document.stem)
def test_each_action_applies_to_a_resource_of_its_statement(document: Path) -> None:
    """In a statement that names resources, IAM does not grant an action that has no resource types."""
    statements = json.loads(document.read_text())["Statement"]
    pairs = [(action, one["Resource"]) for one in statements if one["Resource"] != ["*"] for action in one["Action"]]
    ungranted = [
        action
        for action, resources in pairs
        if not any(re.fullmatch(form, resource) for form in _arn_forms(action) for resource in resources)
    ]
    assert ungranted == []


def _arn_forms(action: str) -> Iterator[str]:
    """Return regular expressions for the ARNs that an action applies to."""
    service, name = action.split(":")
    types = _reference("resourceTypes", service)
    for listed in _reference("actions", service)[name.lower()]["resourceTypes"]:
        if form := types.get(listed["name"].lower()):
            yield re.sub(r"\\\$\\\{\w+\\\}", ".*", re.escape(form["arn"]))


def _reference(kind: str, service: str) -> dict[str, Any]:
    return json.loads((_REFERENCE / kind / f"{service}.json").read_text())
