"""An image to push: an OCI image layout with layers of random bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def make(folder: Path, *, tag: str, layers: int, layer_bytes: int) -> str:
    """Write an image ("OCI Image Layout Specification") and return its manifest's digest."""
    (folder / "blobs" / "sha256").mkdir(parents=True)
    archives = [_archive(f"layer-{number}", os.urandom(layer_bytes)) for number in range(layers)]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [_digest(archive) for archive in archives]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _blob(folder, _CONFIG, json.dumps(config).encode()),
        "layers": [_blob(folder, _LAYER, gzip.compress(archive, compresslevel=1, mtime=0)) for archive in archives],
    }
    described = _blob(folder, _MANIFEST, json.dumps(manifest).encode())
    described["annotations"] = {"org.opencontainers.image.ref.name": tag}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [described]}))
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    return described["digest"]


def digests(folder: Path) -> dict[str, str]:
    """The manifest's digest, and the digest of each blob by its content, of an image in a folder."""
    index = json.loads((folder / "index.json").read_text())
    blobs = (folder / "blobs" / "sha256").iterdir()
    return {"manifest": index["manifests"][0]["digest"], **{blob.name: _digest(blob.read_bytes()) for blob in blobs}}


def _archive(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _blob(folder: Path, media_type: str, content: bytes) -> dict[str, Any]:
    digest = _digest(content)
    (folder / "blobs" / "sha256" / digest.partition(":")[2]).write_bytes(content)
    return {"mediaType": media_type, "digest": digest, "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
