"""Redirects of layers to S3, and none for an internal registry, unless clients can reach S3."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox import oci_image
from sandbox.aws import account
from sandbox.evaluation.project import evaluate_project
from sandbox.local import Sandbox
from tests.sandbox.helpers import PROJECT
from tests.sandbox.https import ask
from tests.sandbox.replicas import replicas


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [({}, 200), ({"internal:clientsReachS3": "true"}, 307)],
    ids=["default", "clientsReachS3"],
)
def test_internal_registry_redirects_only_if_clients_reach_s3(
    dev: Sandbox, tmp_path: Path, overrides: dict[str, str], expected: int
) -> None:
    declaration = evaluate_project(PROJECT / "examples" / "internal", "dev", overrides=overrides)
    bucket = declaration.one("aws:s3/bucket:Bucket", "images-images").outputs["bucket"]
    if bucket not in [each["Name"] for each in dev.stack.aws("s3").list_buckets()["Buckets"]]:
        account.create_resources(declaration, dev.stack.aws)
    image = tmp_path / "image"
    oci_image.make(image, tag="1", layers=1, layer_bytes=1000)
    (described,) = json.loads((image / "index.json").read_text())["manifests"]
    manifest = json.loads((image / "blobs" / "sha256" / described["digest"].partition(":")[2]).read_text())
    with replicas(dev, tmp_path / "replicas", declaration=declaration) as internal:
        assert internal.client.push(image, "team/hello:1").returncode == 0
        path = f"/v2/team/hello/blobs/{manifest['layers'][0]['digest']}"
        status = ask(internal.balancer, "GET", path, login=(dev.user, dev.password)).status
    assert status == expected
