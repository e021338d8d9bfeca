"""A layer of 0 bytes, such as that of an empty artifact: registry:3 can store it in S3, registry:2 cannot."""

from __future__ import annotations

import pytest

from sandbox.local import Sandbox
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed

_IMAGE = Image.random("test/empty", "1", layers=1, layer_bytes=0)


def test_registry_2_refuses_an_empty_layer(dev: Sandbox) -> None:
    with RegistryClient(Endpoint.of(dev)) as client, pytest.raises(RequestFailed, match="status 500"):
        client.push(_IMAGE)
    # The error of S3, in the registry's log.
    assert any("MalformedXML" in container.output() for container in dev.containers)


def test_registry_3_accepts_an_empty_layer(prod: Sandbox) -> None:
    with RegistryClient(Endpoint.of(prod)) as client:
        client.push(_IMAGE)
        client.pull(_IMAGE)
