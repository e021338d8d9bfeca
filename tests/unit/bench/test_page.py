"""The figures in docs/performance.md."""

import pytest

from bench.page import Page, replaced, table

_TEXT = """\
# Page

<!-- bench speed -->

old

<!-- /bench -->

Prose.

<!-- bench size -->

kept

<!-- /bench -->
"""


def test_only_given_blocks_are_replaced() -> None:
    text = replaced(_TEXT, {"speed": table(("Name", "Seconds"), [("A", 1.0), ("B", 2.0)])})
    assert text == _TEXT.replace("old", "| Name | Seconds |\n| --- | --- |\n| A | 1.0 |\n| B | 2.0 |")


def test_replacing_again_changes_nothing() -> None:
    once = replaced(_TEXT, {"speed": "new", "size": "new"})
    assert replaced(once, {"speed": "new", "size": "new"}) == once


def test_unknown_block_is_refused() -> None:
    with pytest.raises(ValueError, match="no block speed"):
        Page().add("speed", "new")
