"""Images as a push leaves them in the registry's storage, written without a registry: 25,000 pushes take too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sandbox.random_image import Blob, Image, digest

ROOT = "docker/registry/v2"
_PER_REPOSITORY = 100
_BLOB_BYTES = 100  # a collection reads no layer


def images(count: int, *, sharing: int = 1) -> Iterator[Image]:
    """Yield images of a config and two layers, 100 in a repository.

    Args:
        sharing: how many images in a row have the same first layer.
    """
    shared = Blob.random(_BLOB_BYTES)
    for number in range(count):
        config, layer = Blob.random(_BLOB_BYTES), Blob.random(_BLOB_BYTES)
        shared = shared if number % sharing else Blob.random(_BLOB_BYTES)
        yield Image(f"team/app-{number // _PER_REPOSITORY}", str(number), (config, shared, layer))


def objects(image: Image, *, deleted: bool = False) -> Mapping[str, bytes]:
    """Return the objects of an image, by their keys.

    Args:
        deleted: whether its manifest was deleted. That leaves its blobs and the links of its layers.
    """
    manifest = digest(image.manifest)
    repository = f"{ROOT}/repositories/{image.repository}"
    blobs = {blob.digest: b"".join(blob.parts()) for blob in image.blobs}
    tag = f"{repository}/_manifests/tags/{image.tag}"
    revision = _path(manifest)
    links = (f"{repository}/_manifests/revisions/{revision}", f"{tag}/current", f"{tag}/index/{revision}")
    return {
        **{_data(name): content for name, content in {**blobs, manifest: image.manifest}.items()},
        **{f"{repository}/_layers/{_path(name)}/link": name.encode() for name in blobs},
        **{f"{folder}/link": manifest.encode() for folder in links if not deleted},
    }


def write(bucket: Path, stored: Iterable[Image], *, deleted: bool = False) -> int:
    """Write the objects of images into a bucket's folder, and return the number of their blobs."""
    blobs = set[str]()
    for image in stored:
        blobs |= {digest(image.manifest), *(blob.digest for blob in image.blobs)}
        for key, content in objects(image, deleted=deleted).items():
            path = bucket / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return len(blobs)


def count_blobs(bucket: Path) -> int:
    """Return the number of blobs in a bucket's folder."""
    return sum(1 for _ in (bucket / ROOT / "blobs").rglob("data"))


def _path(name: str) -> str:
    return name.replace(":", "/")


def _data(name: str) -> str:
    algorithm, hexadecimal = name.split(":")
    return f"{ROOT}/blobs/{algorithm}/{hexadecimal[:2]}/{hexadecimal}/data"
