"""Where image data comes from: S3 for clients that reach it, the registry itself for those of an internal one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox import oci_image
from sandbox.aws import account
from sandbox.evaluation.project import evaluate_project
from sandbox.local import Sandbox
from tests.sandbox.helpers import PROJECT, status
from tests.sandbox.replicas import replicas


@pytest.mark.parametrize(
    ("overrides", "expected"), [({}, 200), ({"internal:clientsReachS3": "true"}, 307)], ids=["as it is", "reaches S3"]
)
def test_an_internal_registry_sends_nobody_to_s3_unless_told(
    dev: Sandbox, tmp_path: Path, overrides: dict[str, str], expected: int
) -> None:
    declaration = evaluate_project(PROJECT / "examples" / "internal", "dev", overrides=overrides)
    bucket = declaration.one("aws:s3/bucket:Bucket", "images-images").outputs["bucket"]
    if bucket not in [each["Name"] for each in dev.stack.aws("s3").list_buckets()["Buckets"]]:
        account.create_resources(declaration, dev.stack.aws("s3"), dev.stack.aws("ssm"))
    image = tmp_path / "image"
    oci_image.make(image, tag="1", layers=1, layer_bytes=1000)
    (described,) = json.loads((image / "index.json").read_text())["manifests"]
    manifest = json.loads((image / "blobs" / "sha256" / described["digest"].partition(":")[2]).read_text())
    with replicas(dev, tmp_path / "replicas", declaration=declaration) as internal:
        assert internal.client.push(image, "team/hello:1").returncode == 0
        path = f"/v2/team/hello/blobs/{manifest['layers'][0]['digest']}"
        found = status(internal.balancer.address, internal.balancer.port, path, (dev.user, dev.password))
    assert found == expected
