"""Images in the registry's storage. tests/sandbox/test_deleting.py compares them with what a push leaves."""

from pathlib import Path

import pytest

from bench.collection.stored_images import count_blobs, images, write


@pytest.mark.parametrize(("sharing", "blobs"), [(1, 80), (10, 62)])
def test_images_have_four_blobs_of_which_some_share_one(tmp_path: Path, sharing: int, blobs: int) -> None:
    assert write(tmp_path, images(20, sharing=sharing)) == blobs
    assert count_blobs(tmp_path) == blobs
