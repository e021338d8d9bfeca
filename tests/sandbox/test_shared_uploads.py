"""Replicas finish each other's uploads: a load balancer sends each request of a push to any of them."""

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


def test_chunks_of_one_upload_may_go_to_alternating_replicas(dev: Sandbox) -> None:
    content = os.urandom(_CHUNKS * _CHUNK_BYTES)
    assert upload(dev, content) == [202, *[202] * _CHUNKS, 201]
    for number in range(len(dev.containers)):
        answer = ask_replica(dev, number, "GET", f"{_BLOBS}/{digest(content)}")
        assert answer.status == 307
        # That address holds its own permission for S3.
        assert urllib3.request("GET", answer.headers["Location"], timeout=_SECONDS).data == content


def test_with_secrets_of_their_own_they_could_not(dev: Sandbox, tmp_path: Path) -> None:
    """Else the test above would show nothing."""
    with replicas(dev, tmp_path, change=with_own_secret) as strangers:
        statuses = upload(strangers, os.urandom(_CHUNKS * _CHUNK_BYTES))
    begun, refused = statuses
    assert (begun, refused // 100) == (202, 4)


def with_own_secret(container: Container) -> Container:
    environment = {**container.environment, "REGISTRY_HTTP_SECRET": secrets.token_hex(32)}
    return dataclasses.replace(container, environment=environment)


def upload(sandbox: Sandbox, content: bytes) -> list[int]:
    """Pushes a blob in chunks, each request to the next replica, until one is refused; returns their statuses.

    Each answer holds the relative address of the next request, and in it the upload's signed state.
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
