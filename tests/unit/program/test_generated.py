"""Generated files follow from the declarations of options and outputs."""

from pathlib import Path

import pytest

from scripts.generate import generated

FILES = generated()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_generated_file_is_up_to_date(file: Path) -> None:
    if file.read_text() != FILES[file]:
        pytest.fail(f"{file.name} does not follow from components/args.py and components/registry.py: make generate")
