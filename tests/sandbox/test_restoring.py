"""What was deleted or overwritten by mistake comes back from the versions that S3 keeps.

The commands are those of docs/operations.md.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sandbox.local import Sandbox
from sandbox.machine import programs
from sandbox.machine.processes import wait_until
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox.helpers import run_documented

_REPOSITORIES = "docker/registry/v2/repositories"


@pytest.fixture
def image(dev: Sandbox) -> Image:
    """One that the registry has."""
    pushed = Image.random("restore/" + os.urandom(4).hex(), "1", layers=1, layer_bytes=1000)
    with RegistryClient(Endpoint.of(dev)) as client:
        client.push(pushed)
    return pushed


def now() -> str:
    """A time between all that was and all that will be, as the AWS CLI writes it: S3 tells whole seconds."""
    last = datetime.now(timezone.utc).replace(microsecond=0)
    wait_until(lambda: datetime.now(timezone.utc) >= last + timedelta(seconds=1), "the next second", seconds=2)
    return (last + timedelta(seconds=1)).isoformat()


def pull(sandbox: Sandbox, image: Image) -> None:
    """Compares each digest with what was pushed."""
    with RegistryClient(Endpoint.of(sandbox)) as client:
        client.pull(image)


def delete_by_api(sandbox: Sandbox, image: Image, tmp_path: Path) -> None:
    """As a person does it by mistake."""
    argv = [str(sandbox.client.wrapper), "skopeo", "--insecure-policy", "delete", "--authfile"]
    argv += [str(sandbox.client.auth_file), "--cert-dir", str(sandbox.client.ca_folder)]
    assert sandbox.client.login(sandbox.user, sandbox.password).returncode == 0
    environment = {"PATH": programs.SEARCH_PATH, "HOME": str(tmp_path), "TMPDIR": "/tmp"}
    subprocess.run([*argv, f"docker://{sandbox.client.registry}/{image}"], env=environment, check=True, timeout=60)


def delete_in_s3(sandbox: Sandbox, image: Image, tmp_path: Path) -> None:
    """The whole repository, by hand in the account."""
    s3, bucket = sandbox.stack.aws("s3"), sandbox.stack.declaration.exports["bucketName"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{_REPOSITORIES}/{image.repository}/")
    for object_ in listed["Contents"]:
        s3.delete_object(Bucket=bucket, Key=object_["Key"])


@pytest.mark.parametrize("delete", [delete_by_api, delete_in_s3])
def test_a_deleted_image_comes_back(
    dev: Sandbox, image: Image, tmp_path: Path, delete: Callable[[Sandbox, Image, Path], None]
) -> None:
    since = now()
    delete(dev, image, tmp_path)
    with pytest.raises(RequestFailed, match="404"):
        pull(dev, image)
    run_documented(dev, "restore-deleted", PREFIX=f"{_REPOSITORIES}/{image.repository}/", SINCE=since)
    pull(dev, image)
    assert not uploads(dev, image)


def test_an_overwritten_tag_comes_back(dev: Sandbox, image: Image) -> None:
    since = now()
    other = Image.random(image.repository, image.tag, layer_bytes=1000)
    with RegistryClient(Endpoint.of(dev)) as client:
        client.push(other)
    pull(dev, other)
    key = f"{_REPOSITORIES}/{image.repository}/_manifests/tags/{image.tag}/current/link"
    run_documented(dev, "restore-overwritten", KEY=key, SINCE=since)
    pull(dev, image)


def uploads(sandbox: Sandbox, image: Image) -> list[dict[str, Any]]:
    """What is there of uploads that had ended long before."""
    bucket = sandbox.stack.declaration.exports["bucketName"]
    prefix = f"{_REPOSITORIES}/{image.repository}/_uploads/"
    return sandbox.stack.aws("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
