"""The policy documents for the deployer, as IAM takes them. What they allow is tested in tests/engine."""

import re
from pathlib import Path

import pytest

_DOCUMENTS = sorted((Path(__file__).parents[2] / "docs").glob("deployer-policy*.json"))


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda document: document.stem)
def test_document_fits_into_a_managed_policy(document: Path) -> None:
    """Source: IAM User Guide, "IAM and AWS STS quotas": 6,144 characters, white space not counted."""
    assert len(re.sub(r"\s", "", document.read_text())) <= 6144
