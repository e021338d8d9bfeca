"""Requests without a password get no data."""

from __future__ import annotations

import pytest

from sandbox.random_image import Image, digest
from sandbox.registry_client import Endpoint, RegistryClient
from tests.sandbox.cluster import Cluster
from tests.sandbox.https import ask

# Paths outside the registry's API. "/" answers 200 without a body, for load balancers.
_OTHER_PATHS = ("/", "/v1/", "/v2", "/metrics", "/debug/health", "/debug/vars", "/debug/pprof/", "//v2/_catalog")
_UNNORMALIZED_PATHS = ("/v2/../v2/_catalog", "/v2/%2e%2e/v2/_catalog", "/./v2/_catalog", "/V2/_catalog")


@pytest.fixture(scope="module")
def image(cluster: Cluster) -> Image:
    """An image in the registry."""
    pushed = Image.random("events/hardening", "1")
    with RegistryClient(Endpoint.of(cluster.sandbox)) as client:
        client.push(pushed)
    return pushed


@pytest.fixture(scope="module")
def upload(cluster: Cluster, image: Image) -> str:
    """The path of an upload in progress, with its signed state."""
    started = ask(cluster.balancer, "POST", f"/v2/{image.repository}/blobs/uploads/", login=cluster.login)
    assert started.status == 202
    return started.headers["Location"]


def test_every_api_route_needs_a_password(cluster: Cluster, image: Image, upload: str) -> None:
    repository = f"/v2/{image.repository}"
    routes = {
        "/v2/": ("GET", "HEAD"),
        "/v2/_catalog": ("GET",),
        f"{repository}/tags/list": ("GET",),
        f"{repository}/manifests/{image.tag}": ("GET", "HEAD", "PUT", "DELETE"),
        f"{repository}/manifests/{digest(image.manifest)}": ("GET", "HEAD", "PUT", "DELETE"),
        f"{repository}/blobs/{image.blobs[-1].digest}": ("GET", "HEAD", "DELETE"),
        f"{repository}/blobs/uploads/": ("POST",),
        f"{repository}/blobs/uploads/?mount={image.blobs[-1].digest}&from={image.repository}": ("POST",),
        upload: ("GET", "PATCH", "PUT", "DELETE"),
    }
    requests = [(method, path) for path, methods in routes.items() for method in methods]
    assert {(method, path): ask(cluster.balancer, method, path).status for method, path in requests} == dict.fromkeys(
        requests, 401
    )
    # Neither the image nor the upload has changed.
    with RegistryClient(Endpoint.of(cluster.sandbox)) as client:
        client.pull(image)
    assert ask(cluster.balancer, "GET", upload, login=cluster.login).status == 204


@pytest.mark.parametrize("path", _OTHER_PATHS + _UNNORMALIZED_PATHS)
def test_other_paths_return_no_data(cluster: Cluster, path: str) -> None:
    answer = ask(cluster.balancer, "GET", path)
    assert answer.status in (301, 308, 400, 401, 404) or not answer.body, answer


@pytest.mark.parametrize("host", ["localhost", "example.com", "127.0.0.2", "169.254.169.254", ""])
def test_host_header_gives_no_access(cluster: Cluster, host: str) -> None:
    answer = ask(cluster.balancer, "GET", "/v2/_catalog", headers={"Host": host})
    assert answer.status in (400, 401), answer
