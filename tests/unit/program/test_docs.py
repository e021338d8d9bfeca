"""Links and paths in the documentation lead to files and headings of this repository."""

import re
from pathlib import Path

import pytest

from tests.unit.helpers import CODE_BLOCK, FOLDER, anchors

_PAGES = sorted(path for pattern in ("*.md", "docs/**/*.md", "examples/*/*.md") for path in FOLDER.glob(pattern))
_LINK = re.compile(r"\]\((?!\w+:)([^)#]*)#?([^)]*)\)")
_PATH = re.compile(r"`((?:bench|components|docs|examples|plugin|sandbox|scripts|tests)/[\w./*-]*)`")

_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")

each_page = pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(FOLDER)))


@each_page
def test_relative_links_resolve(page: Path) -> None:
    links = _LINK.findall(CODE_BLOCK.sub("", page.read_text()))
    assert [link for link in links if not _resolves(page, *link)] == []


@each_page
def test_paths_exist(page: Path) -> None:
    assert [path for path in _PATH.findall(page.read_text()) if not any(FOLDER.glob(path.rstrip("/")))] == []


@each_page
def test_named_tests_exist(page: Path) -> None:
    assert [name for file, name in _TEST.findall(page.read_text()) if f"def {name}(" not in _text(FOLDER / file)] == []


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _resolves(page: Path, target: str, anchor: str) -> bool:
    file = page.parent / target if target else page
    return file.exists() and (not anchor or anchor in anchors(file.read_text()))
