"""Attacks with the presigned S3 URLs that the registry redirects clients to, by someone who may not use them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest

from components.pure import policies
from sandbox.local import Sandbox
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient
from tests.sandbox.https import ask
from tests.sandbox.presigned import presigned_url, status

_CLIENT, _THIEF = "127.0.0.1", "127.0.0.2"


@pytest.fixture(params=["dev", "prod"], ids=["registry:2", "registry:3"])
def registry(request: pytest.FixtureRequest) -> Sandbox:
    """A registry of each major version."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def url(registry: Sandbox) -> str:
    """The URL of a layer, as a client gets it."""
    image = Image.random(f"stolen/{os.urandom(4).hex()}", "1", layers=1, layer_bytes=1000)
    with RegistryClient(Endpoint.of(registry)) as client:
        client.push(image)
    path = f"/v2/{image.repository}/blobs/{image.blobs[-1].digest}"
    return ask(registry.balancer, "GET", path, login=(registry.user, registry.password)).headers["Location"]


@pytest.fixture
def for_one_client(registry: Sandbox) -> Iterator[None]:
    """The bucket policy of a registry that admits only one client, until the end of the test."""
    s3, bucket = registry.stack.aws("s3"), registry.stack.declaration.exports["bucketName"]
    declared = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    restricted = policies.presigned_reads(f"arn:aws:s3:::{bucket}", [f"{_CLIENT}/32"])
    s3.put_bucket_policy(Bucket=bucket, Policy=policies.document(restricted))
    yield
    s3.put_bucket_policy(Bucket=bucket, Policy=declared)


def test_url_is_dead_two_minutes_after_it_was_issued(registry: Sandbox, url: str) -> None:
    """The driver signs URLs for 20 minutes. A removed user keeps those that were issued before."""
    assert "X-Amz-Expires=1200" in url
    _, bucket, key = unquote(urlsplit(url).path).split("/", 2)
    stack = registry.stack

    def status_after(seconds: int) -> int:
        age = timedelta(seconds=seconds)
        return status(presigned_url(stack.api, stack.region, bucket, key, age=age))

    assert status(url) == 200
    assert (status_after(60), status_after(121)) == (200, 403)


@pytest.mark.usefixtures("for_one_client")
def test_url_is_useless_at_another_address(url: str) -> None:
    assert (status(url, source=_CLIENT), status(url, source=_THIEF)) == (200, 403)


def test_url_works_at_every_address_of_a_registry_for_everyone(url: str) -> None:
    assert (status(url, source=_CLIENT), status(url, source=_THIEF)) == (200, 200)
