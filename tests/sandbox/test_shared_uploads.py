"""Uploads whose requests go to different replicas, as a load balancer may send them."""

from __future__ import annotations

import dataclasses
import os
import secrets
from pathlib import Path

import urllib3

from sandbox.ecs.agent import Container
from sandbox.local import Sandbox
from sandbox.random_image import digest
from tests.sandbox.replicas import ask_replica, replicas

_CHUNKS = 6
_CHUNK_BYTES = 100_000
_BLOBS = "/v2/test/alternating/blobs"
_SECONDS = 30


def test_upload_can_alternate_between_replicas(dev: Sandbox) -> None:
    content = os.urandom(_CHUNKS * _CHUNK_BYTES)
    assert upload(dev, content) == [202, *[202] * _CHUNKS, 201]
    for number in range(len(dev.containers)):
        answer = ask_replica(dev, number, "GET", f"{_BLOBS}/{digest(content)}")
        assert answer.status == 307
        # The redirect is a presigned URL.
        assert urllib3.request("GET", answer.headers["Location"], timeout=_SECONDS).data == content


def test_upload_fails_if_replicas_have_different_secrets(dev: Sandbox, tmp_path: Path) -> None:
    """So the test above depends on the shared secret."""
    with replicas(dev, tmp_path, change=with_own_secret) as others:
        statuses = upload(others, os.urandom(_CHUNKS * _CHUNK_BYTES))
    started, refused = statuses
    assert (started, refused // 100) == (202, 4)


def with_own_secret(container: Container) -> Container:
    environment = {**container.environment, "REGISTRY_HTTP_SECRET": secrets.token_hex(32)}
    return dataclasses.replace(container, environment=environment)


def upload(sandbox: Sandbox, content: bytes) -> list[int]:
    """Upload a blob in chunks, each request to the next replica, until one is refused. Return the statuses.

    Each response has the path of the next request, which contains the signed state of the upload.
    """
    answer = ask_replica(sandbox, 0, "POST", f"{_BLOBS}/uploads/")
    statuses = [answer.status]
    for number in range(_CHUNKS):
        start = number * _CHUNK_BYTES
        chunk = content[start : start + _CHUNK_BYTES]
        headers = {"Content-Range": f"{start}-{start + len(chunk) - 1}", "Content-Type": "application/octet-stream"}
        answer = ask_replica(sandbox, number + 1, "PATCH", answer.headers["Location"], chunk, headers)
        statuses.append(answer.status)
        if answer.status != 202:
            return statuses
    end = f"{answer.headers['Location']}&digest={digest(content)}"
    return [*statuses, ask_replica(sandbox, _CHUNKS + 1, "PUT", end).status]
