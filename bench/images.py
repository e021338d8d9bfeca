"""Images for measuring: layers of any size that take no memory, and whose digest takes no time."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
MB = 1_000_000
_SUFFIX_BYTES = 16


@dataclass(frozen=True)
class Layer:
    """The same megabyte again and again, and an end of its own.

    Attributes:
        size: in bytes.
        suffix: its end, in hexadecimal digits.
        digest: as the registry writes it.
    """

    size: int
    suffix: str
    digest: str

    @classmethod
    def new(cls, size: int) -> Layer:
        """One that no registry has."""
        suffix = os.urandom(_SUFFIX_BYTES)
        hashed = _hashed(size - _SUFFIX_BYTES).copy()
        hashed.update(suffix)
        return cls(size, suffix.hex(), f"sha256:{hashed.hexdigest()}")

    def parts(self) -> Iterator[memoryview]:
        """Its content, in parts of a megabyte at most."""
        yield from _blocks(self.size - _SUFFIX_BYTES)
        yield memoryview(bytes.fromhex(self.suffix))


@dataclass(frozen=True)
class Image:
    """An image; its config is a layer like the others."""

    repository: str
    layers: tuple[Layer, ...]

    @classmethod
    def new(cls, layers: int, layer_bytes: int) -> Image:
        """One that no registry has."""
        made = [Layer.new(2_000), *(Layer.new(layer_bytes) for _ in range(layers))]
        return cls(f"bench/{os.urandom(4).hex()}", tuple(made))

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Image:
        """From what `asdict` made of it."""
        return cls(fields["repository"], tuple(Layer(**layer) for layer in fields["layers"]))

    @property
    def size(self) -> int:
        """Of its layers, in bytes."""
        return sum(layer.size for layer in self.layers)

    @property
    def manifest(self) -> bytes:
        """As it is pushed."""
        config, *layers = (
            {"mediaType": "application/octet-stream", "digest": layer.digest, "size": layer.size}
            for layer in self.layers
        )
        return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}).encode()

    def fields(self) -> dict[str, Any]:
        """For `of`."""
        return asdict(self)


@cache
def _block() -> bytes:
    return random.Random(1).randbytes(MB)


@cache
def _hashed(size: int) -> hashlib._Hash:
    hashed = hashlib.sha256()
    for block in _blocks(size):
        hashed.update(block)
    return hashed


def _blocks(size: int) -> Iterator[memoryview]:
    block = memoryview(_block())
    for start in range(0, size, MB):
        yield block[: min(MB, size - start)]
