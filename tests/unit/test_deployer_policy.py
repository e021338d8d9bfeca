"""The policy documents for the deployer, as IAM takes them. What they allow is tested in tests/engine."""

import re
from pathlib import Path

import pytest

_DOCUMENTS = sorted((Path(__file__).parents[2] / "docs").glob("deployer-policy*.json"))
_LONGEST = {"REGION": "ap-southeast-2", "ACCOUNT_ID": "1" * 12, "NAME": "n" * 20, "ZONE_ID": "Z" * 32}


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda document: document.stem)
def test_document_fits_into_a_managed_policy(document: Path) -> None:
    """Source: IAM User Guide, "IAM and AWS STS quotas": 6,144 characters, white space not counted."""
    text = re.sub(r"\s", "", document.read_text())
    assert len(re.sub("|".join(_LONGEST), lambda found: _LONGEST[found[0]], text)) <= 6144
