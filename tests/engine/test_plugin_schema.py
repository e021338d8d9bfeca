"""The plugin's schema, as the Pulumi CLI reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.engine.sdks import SCHEMA, schema


def test_schema_from_the_cli_is_the_generated_file(tmp_path: Path) -> None:
    """`make generate` writes the file without the CLI."""
    assert _without_empty(json.loads(schema(tmp_path))) == _without_empty(json.loads(SCHEMA.read_text()))


def _without_empty(part: Any) -> Any:
    """Leave out empty maps and lists: the CLI drops some, and adds others."""
    if isinstance(part, list):
        return [_without_empty(each) for each in part]
    if isinstance(part, dict):
        return {key: _without_empty(value) for key, value in part.items() if value not in ({}, [])}
    return part
