"""Generated images of any size, for pushing: a blob takes no memory, and its digest takes little time."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
MB = 1_000_000
_UNIQUE_BYTES = 16


@dataclass(frozen=True)
class Blob:
    """The same pseudo-random megabyte, repeated, with a unique end.

    Attributes:
        size: In bytes.
        end: The last bytes.
        digest: As the registry writes it: "sha256:" and hexadecimal digits.
    """

    size: int
    end: bytes
    digest: str

    @classmethod
    def random(cls, size: int) -> Blob:
        end = os.urandom(min(size, _UNIQUE_BYTES))
        hashed = _hash_of_repeated(size - len(end)).copy()
        hashed.update(end)
        return cls(size, end, f"sha256:{hashed.hexdigest()}")

    def parts(self) -> Iterator[memoryview]:
        """Yield the content in parts of at most 1 MB; the end is a part of its own."""
        yield from _repeated(self.size - len(self.end))
        yield memoryview(self.end)


@dataclass(frozen=True)
class Image:
    """An image of generated blobs, of which the first is its config."""

    repository: str
    tag: str
    blobs: tuple[Blob, ...]

    @classmethod
    def random(cls, repository: str, tag: str, *, layers: int = 2, layer_bytes: int = 20_000) -> Image:
        """Generate an image that shares no blob with any other."""
        return cls(repository, tag, (Blob.random(2_000), *(Blob.random(layer_bytes) for _ in range(layers))))

    @cached_property
    def manifest(self) -> bytes:
        config, *layers = (
            {"mediaType": "application/octet-stream", "digest": blob.digest, "size": blob.size} for blob in self.blobs
        )
        return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": layers}).encode()

    @property
    def size(self) -> int:
        """The bytes of all blobs, without the manifest."""
        return sum(blob.size for blob in self.blobs)

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"


def digest(content: bytes) -> str:
    """Return the SHA-256 digest as the registry writes it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@cache
def _megabyte() -> bytes:
    return random.Random(1).randbytes(MB)  # noqa: S311 - not a secret


@cache
def _hash_of_repeated(size: int) -> hashlib._Hash:
    hashed = hashlib.sha256()
    for part in _repeated(size):
        hashed.update(part)
    return hashed


def _repeated(size: int) -> Iterator[memoryview]:
    megabyte = memoryview(_megabyte())
    for start in range(0, size, MB):
        yield megabyte[: min(MB, size - start)]
