"""A layer of 0 bytes, such as an artifact of an empty file has: registry:2 cannot store it in S3, registry:3 can."""

from __future__ import annotations

import pytest

from sandbox.local import Sandbox
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed

_IMAGE = Image.random("test/empty", "1", layers=1, layer_bytes=0)


def test_registry_2_answers_500(dev: Sandbox) -> None:
    with RegistryClient(Endpoint.of(dev)) as client, pytest.raises(RequestFailed, match="status 500"):
        client.push(_IMAGE)
    # S3's reason, in the registry's log.
    assert any("MalformedXML" in container.output() for container in dev.containers)


def test_registry_3_takes_it(prod: Sandbox) -> None:
    with RegistryClient(Endpoint.of(prod)) as client:
        client.push(_IMAGE)
        client.pull(_IMAGE)
