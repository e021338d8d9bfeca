"""How long a garbage collection takes: the registry's own command, over registries of several sizes.

The command sends one request to S3 after the other, so what counts is their number, and how long S3 takes for one.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import s3, testbed
from bench.collection import stored_images
from bench.collection.command import Collection, collect
from bench.configurations import RELEASES
from bench.measure import Size, number
from bench.page import Page, table
from bench.s3 import S3
from components.args import PrivateRegistryArgs
from components.checks.collection import MINUTES
from components.pure.collection_states import CollectionTimes
from sandbox.errors import SandboxError
from sandbox.report import Report

_REGION = "us-west-2"
_MILLISECONDS = 20
# The sizes, as fractions of the largest registry, which is the last, with the number of images that share a layer.
_SIZES = ((100, 1), (50, 1), (25, 1), (25, 10), (1, 1))
_DISTANT_SIZE = 25
_DELETED_SHARE = 10
# versitygw leaves common prefixes out of a list's KeyCount (v1.0.14, backend/posix/posix.go), and 2.8.2 then takes a
# folder without objects for missing. S3 counts them (getmoto/moto#2375).
_COUNTED = f"{stored_images.ROOT}/repositories/counted"

_Row = Sequence[object]


def measure(page: Page, size: Size, report: Report) -> None:
    by_size, distant, per_image = list[_Row](), list[_Row](), dict[int, float]()
    with ExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=testbed.data_folder())))
        near = exits.enter_context(s3.serving(folder / "s3", _REGION, logging=True))
        far = exits.enter_context(s3.distant(near, folder / "distant", _MILLISECONDS))
        for major, release in RELEASES.items():
            with report.step(f"collections of {release}, by size"):
                for fraction, sharing in _SIZES:
                    count = size.images // fraction
                    blobs, done = _stored_and_collected(major, near, count, sharing)
                    per_image[major] = done.requests / count
                    by_size.append((release, f"{count:,}", f"{blobs:,}", *_cells(done, count)))
            with report.step(f"collections of {release}, with S3 {_MILLISECONDS} ms away"):
                distant += _distant(major, near, far, size.images // _DISTANT_SIZE)
    head = ("Registry", "Images", "Blobs", "Requests", "Requests per image", "Seconds", "ms per request", "Memory, MiB")
    page.add("collection", table(head, by_size))
    page.add("collection_distant", table(("Registry", "What", "Requests", "Seconds", "ms per request"), distant))
    page.add("collection_limits", _limits(per_image))


def _stored_and_collected(major: int, near: S3, count: int, sharing: int) -> tuple[int, Collection]:
    """Collect a registry of which nothing is to be deleted. Return the number of its blobs, too."""
    with _bucket(near) as bucket:
        blobs = stored_images.write(bucket, stored_images.images(count, sharing=sharing))
        return blobs, collect(major, near, bucket.name)


def _cells(done: Collection, images: int) -> _Row:
    figures = (f"{done.requests:,}", f"{done.requests / images:.1f}", f"{done.seconds:.1f}")
    return (*figures, number(done.milliseconds), f"{done.memory:.0f}")


def _distant(major: int, near: S3, far: S3, count: int) -> Iterator[_Row]:
    """Collect the same images twice: the first time, the blobs of deleted ones are among theirs."""
    images = list(stored_images.images(count + count // _DELETED_SHARE))
    every = 1 + _DELETED_SHARE
    with _bucket(near) as bucket:
        kept = stored_images.write(bucket, (image for place, image in enumerate(images) if place % every))
        deleted = stored_images.write(bucket, images[::every], deleted=True)
        deletes = collect(major, far, bucket.name)
        if stored_images.count_blobs(bucket) != kept:
            raise SandboxError(f"the collection of {RELEASES[major]} did not delete exactly what no manifest names")
        stays = collect(major, far, bucket.name)
    names = (f"{count:,} images stay", f"the same, and {deleted:,} blobs are deleted")
    for name, done in zip(names, (stays, deletes), strict=True):
        yield RELEASES[major], name, f"{done.requests:,}", f"{done.seconds:.0f}", number(done.milliseconds)
    requests, seconds = deletes.requests - stays.requests, deletes.seconds - stays.seconds
    yield RELEASES[major], "for each deleted blob", number(requests / deleted), number(seconds / deleted), ""


def _limits(per_image: Mapping[int, float]) -> str:
    """Compute how many images a collection can go through in its time."""
    limits = (PrivateRegistryArgs().garbage_collection_minutes, 240, MINUTES[-1])
    columns = [(minutes, major) for minutes in limits for major in per_image]
    rows = [
        (milliseconds, *(f"{_images(minutes, milliseconds, per_image[major]):,}" for minutes, major in columns))
        for milliseconds in (10, _MILLISECONDS, 50, 100)
    ]
    return table(("ms per request", *(f"{RELEASES[major]}, {minutes} minutes" for minutes, major in columns)), rows)


def _images(minutes: int, milliseconds: int, requests_per_image: float) -> int:
    """Round down to thousands."""
    requests = CollectionTimes(limit=60 * minutes).task * 1000 / milliseconds
    return int(requests / requests_per_image) // 1000 * 1000


@contextmanager
def _bucket(storage: S3) -> Iterator[Path]:
    """Make a bucket, and delete it at the end of the block, so that memory does not fill up."""
    bucket = storage.make_bucket(f"images-{secrets.token_hex(4)}")
    (bucket / _COUNTED).parent.mkdir(parents=True)
    (bucket / _COUNTED).touch()
    try:
        yield bucket
    finally:
        shutil.rmtree(bucket)
