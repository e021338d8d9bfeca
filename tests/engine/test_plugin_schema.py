"""The schema is the contract with programs in other languages: a change of it is seen in review."""

from __future__ import annotations

from pathlib import Path

from tests.engine.sdks import SCHEMA, schema


def test_the_plugin_s_schema_is_the_one_in_the_repository(tmp_path: Path) -> None:
    made = schema(tmp_path)
    assert made == SCHEMA.read_text(), "the schema has changed; if that is meant, run: make schema"
