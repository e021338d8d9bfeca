"""The folder of --keep: the files of the last run, and the pushed images."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError

_RUN, _IMAGES = "last-run", "registry-images"


@contextmanager
def kept_folder(folder: Path) -> Iterator[Path]:
    """Lock a folder of mode 0700, created if missing, and yield the empty folder in it for the files of this run.

    Raises:
        SandboxError: it is not a folder, it holds other files, or another sandbox uses it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        found = sorted(path.name for path in folder.iterdir())
    except FileExistsError as error:
        raise SandboxError(f"--keep {folder} is a file; name a new folder or an existing one") from error
    except OSError as error:
        raise SandboxError(f"--keep {folder}: {error.strerror}: {error.filename}") from error
    if foreign := [name for name in found if name not in (_RUN, _IMAGES, f"{_IMAGES}.new")]:
        raise SandboxError(
            f"--keep {folder} has a file that is not the sandbox's: {foreign[0]}; "
            "name a new folder, or one of an earlier run"
        )
    lock = os.open(folder, os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise SandboxError(f"--keep {folder} is in use by another sandbox; name another folder") from error
    try:
        run = folder.resolve() / _RUN
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir(mode=0o700)
        yield run
    finally:
        os.close(lock)


def save_images(run: Path, s3: Any, bucket: str) -> str:
    """Replace the saved objects by those in a bucket. Only the latest version of each object is saved.

    Args:
        run: the folder that `kept_folder` yielded.
        s3: a boto3 client.

    Returns:
        The number and size of the objects, for the report.
    """
    kept, new = run.parent / _IMAGES, run.parent / f"{_IMAGES}.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for object_ in page.get("Contents", []):
            file = new / object_["Key"]
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as content:
                shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=object_["Key"])["Body"], content)
    shutil.rmtree(kept, ignore_errors=True)
    new.rename(kept)
    return _size(kept)


def restore_images(run: Path, s3: Any, bucket: str) -> str:
    """Put the saved objects of an earlier run into a bucket. See `save_images`."""
    kept = run.parent / _IMAGES
    for file in _files(kept):
        with file.open("rb") as content:
            s3.put_object(Bucket=bucket, Key=str(file.relative_to(kept)), Body=content)
    return _size(kept)


def has_images(run: Path) -> bool:
    """Whether an earlier run has saved images."""
    return bool(_files(run.parent / _IMAGES))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _size(folder: Path) -> str:
    files = _files(folder)
    return f"{len(files)} objects, {sum(file.stat().st_size for file in files) / 1_000_000:.1f} MB"
