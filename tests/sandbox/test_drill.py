"""The restore drill finds what is missing or corrupt, in a bucket and through a registry."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.command_line import main
from sandbox.drill.bucket import BucketSource
from sandbox.drill.check import Drill, Item, Source, Unreadable
from sandbox.drill.registry import RegistrySource
from sandbox.evaluation.project import evaluate_project
from sandbox.local import Sandbox
from sandbox.random_image import Blob, Image, digest
from sandbox.registry_client import Endpoint, RegistryClient
from tests.sandbox.helpers import PROJECT
from tests.sandbox.replicas import replicas

_BUCKET = "drill-images"
_IMAGES = (Image.random("team/good", "1"), Image.random("team/bad", "1"))


@pytest.fixture(scope="module")
def registry(dev: Sandbox) -> Iterator[Sandbox]:
    """A registry with two images in a bucket of its own."""
    location = {"LocationConstraint": dev.stack.region}
    dev.stack.aws("s3").create_bucket(Bucket=_BUCKET, CreateBucketConfiguration=location)
    declared = evaluate_project(PROJECT, "dev", overrides={"registry:imagesBucket": _BUCKET})
    # Not in pytest's folder, whose path is too long for sockets.
    with (
        tempfile.TemporaryDirectory(prefix="drill-") as folder,
        replicas(dev, Path(folder) / "stack", declaration=declared) as running,
    ):
        with RegistryClient(Endpoint.of(running)) as client:
            for image in _IMAGES:
                client.push(image)
        yield running


@contextmanager
def damaged(registry: Sandbox, blob: str, content: bytes | None) -> Iterator[None]:
    """Replace the content of a blob, or remove it, until the end of the block."""
    s3 = registry.stack.aws("s3")
    hexadecimal = blob.removeprefix("sha256:")
    place = {"Bucket": _BUCKET, "Key": f"docker/registry/v2/blobs/sha256/{hexadecimal[:2]}/{hexadecimal}/data"}
    original = s3.get_object(**place)["Body"].read()
    s3.delete_object(**place) if content is None else s3.put_object(**place, Body=content)
    yield
    s3.put_object(**place, Body=original)


@pytest.mark.parametrize(
    ("part", "content", "in_bucket", "in_registry"),
    [
        ("blob", None, "missing: blob", "missing: blob"),
        ("blob", b"other content", "corrupt: blob", "corrupt: blob"),
        ("manifest", None, "missing: manifest", "missing: manifest"),
        ("manifest", b"{}", "corrupt: manifest", "unreadable, status"),
    ],
)
def test_damage_is_found(registry: Sandbox, part: str, content: bytes | None, in_bucket: str, in_registry: str) -> None:
    bad = _IMAGES[1]
    lost = bad.blobs[1].digest if part == "blob" else digest(bad.manifest)
    with RegistryClient(Endpoint.of(registry), connections=2) as client, damaged(registry, lost, content):
        found = [drilled(BucketSource(registry.stack.aws("s3"), _BUCKET)), drilled(RegistrySource(client))]
    for drill, expected in zip(found, (in_bucket, in_registry), strict=True):
        [line] = drill.report()
        assert line.startswith(expected)
        assert str(bad) in line
        assert (drill.restorable, drill.manifests) == (1, 2)


def test_command_reads_a_bucket(
    registry: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in registry.stack.api.environment(registry.stack.region).items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
    assert main(["drill", "--bucket", _BUCKET]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "restorable 2 of 2 manifests"
    with damaged(registry, _IMAGES[1].blobs[0].digest, None):
        assert main(["drill", "--bucket", _BUCKET]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "restorable 1 of 2 manifests"
    assert main(["drill", "--bucket", "other-images"]) == 1
    assert "other-images cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("password", "status", "last_line"), [(None, 0, "restorable 2 of 2 manifests"), ("wrong", 1, "status 401")]
)
def test_command_reads_a_registry(registry: Sandbox, password: str | None, status: int, last_line: str) -> None:
    client = registry.client
    command = [str(client.wrapper), sys.executable, "-m", "sandbox", "drill", "--registry", client.registry]
    done = subprocess.run(
        [*command, "--ca", str(client.ca_folder / "ca.crt"), "--user", registry.user],
        cwd=PROJECT,
        input=password or registry.password,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert last_line in (done.stdout + done.stderr).splitlines()[-1]


class _Contents:
    """A source whose repositories have the same content."""

    def __init__(self, manifests: Mapping[Item, str], contents: Mapping[str, bytes]) -> None:
        self._manifests, self._contents = manifests, contents
        self.read: list[str] = []

    def manifests(self) -> Iterator[tuple[Item, str]]:
        yield from self._manifests.items()

    def read_manifest(self, item: Item) -> bytes:
        self.read.append(item.digest)
        if item.digest not in self._contents:
            raise Unreadable("missing")
        return self._contents[item.digest]

    def read_blob(self, item: Item) -> Iterator[bytes]:
        yield self.read_manifest(item)

    def find_blob(self, item: Item) -> None: ...


def test_index_is_restorable_only_with_its_manifests() -> None:
    layer, lost = b"layer", Blob.random(9).digest
    foreign = {"digest": Blob.random(9).digest, "urls": ["https://example.com/layer"]}
    manifests = [_json({"layers": [{"digest": each}, foreign]}) for each in (digest(layer), lost)]
    index = _json({"manifests": [{"digest": digest(each)} for each in manifests]})
    source = _Contents(
        {Item("team/app", digest(index)): "1"}, {digest(each): each for each in (layer, *manifests, index)}
    )
    drill = drilled(source)
    assert (drill.restorable, drill.manifests) == (1, 3)
    assert list(drill.report()) == [
        f"missing: blob team/app@{lost}, needed by team/app@{digest(manifests[1])}",
    ]


def test_shared_blob_is_read_once() -> None:
    layer = b"layer"
    manifest = _json({"layers": [{"digest": digest(layer)}]})
    items = {Item(f"team/{number}", digest(manifest)): "1" for number in range(3)}
    source = _Contents(items, {digest(each): each for each in (layer, manifest)})
    drill = drilled(source)
    assert (drill.restorable, drill.blobs, source.read.count(digest(layer))) == (3, 1, 1)


def drilled(source: Source) -> Drill:
    """Run a drill."""
    drill = Drill(source)
    drill.read_manifests()
    drill.read_blobs()
    return drill


def _json(manifest: Any) -> bytes:
    return json.dumps(manifest).encode()
