"""A registry serves the bucket of another registry, as in docs/migration.md."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.ecs.agent import Container
from sandbox.evaluation.project import evaluate_project
from sandbox.local import Sandbox
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient
from tests.sandbox.helpers import PROJECT
from tests.sandbox.replicas import replicas

_BUCKET = "old-images"
# The settings of the old registry, which runs on EC2 with a certificate and an htpasswd file.
_OLD_SETTINGS = (
    *("REGISTRY_AUTH", "REGISTRY_AUTH_HTPASSWD_REALM", "REGISTRY_AUTH_HTPASSWD_PATH"),
    *("REGISTRY_HTTP_ADDR", "REGISTRY_HTTP_TLS_CERTIFICATE", "REGISTRY_HTTP_TLS_KEY"),
    *("REGISTRY_STORAGE", "REGISTRY_STORAGE_S3_REGION", "REGISTRY_STORAGE_S3_BUCKET"),
    "REGISTRY_HTTP_SECRET",  # the article's registry lacks it; without it, no upload through two replicas succeeds
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # Not in pytest's folder, whose path is too long for sockets.
    with tempfile.TemporaryDirectory(prefix="adopted-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def old_image(dev: Sandbox, folder: Path) -> Image:
    """An image that the old registry has stored in its bucket."""
    location = {"LocationConstraint": dev.stack.region}
    dev.stack.aws("s3").create_bucket(Bucket=_BUCKET, CreateBucketConfiguration=location)
    declared = evaluate_project(PROJECT, "dev", overrides={"registry:imagesBucket": _BUCKET})
    image = Image.random("team/service", "1")
    with (
        replicas(dev, folder / "old", declaration=declared, change=_old_settings) as old,
        RegistryClient(Endpoint.of(old)) as client,
    ):
        client.push(image)
    return image


@pytest.mark.parametrize("version", ["registry:2", "registry:3"])
def test_image_can_be_pulled_and_pushed_again(dev: Sandbox, folder: Path, old_image: Image, version: str) -> None:
    values = {"registry:imagesBucket": _BUCKET, "registry:image": version}
    declared = evaluate_project(PROJECT, "dev", overrides=values)
    with (
        replicas(dev, folder / version.replace(":", "-"), declaration=declared) as new,
        RegistryClient(Endpoint.of(new)) as client,
    ):
        client.pull(old_image)
        client.push(dataclasses.replace(old_image, tag="2"))


def _old_settings(container: Container) -> Container:
    settings = {key: value for key, value in container.environment.items() if key in _OLD_SETTINGS}
    assert settings.keys() == set(_OLD_SETTINGS)
    return dataclasses.replace(container, environment=settings)
