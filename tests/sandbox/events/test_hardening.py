"""Without a password there is nothing to be had, whatever is asked and however."""

from __future__ import annotations

import pytest

from sandbox.random_image import Image, digest
from sandbox.registry_client import Endpoint, RegistryClient
from tests.sandbox.events.bare import ask
from tests.sandbox.fleet import Fleet

# Neither is part of the registry's API. "/" is where it tells load balancers, with nothing in it, that it lives.
_OTHER_PATHS = ("/", "/v1/", "/v2", "/metrics", "/debug/health", "/debug/vars", "/debug/pprof/", "//v2/_catalog")
_CLIMBING = ("/v2/../v2/_catalog", "/v2/%2e%2e/v2/_catalog", "/./v2/_catalog", "/V2/_catalog")


@pytest.fixture(scope="module")
def image(fleet: Fleet) -> Image:
    """One that is there to be had."""
    pushed = Image.random("events/hardening", "1")
    with RegistryClient(Endpoint.of(fleet.sandbox)) as client:
        client.push(pushed)
    return pushed


@pytest.fixture(scope="module")
def upload(fleet: Fleet, image: Image) -> str:
    """The address of one that has begun, with its state, which the registry has signed."""
    begun = ask(fleet.balancer, "POST", f"/v2/{image.repository}/blobs/uploads/", login=fleet.login)
    assert begun.status == 202
    return begun.headers["Location"]


def test_every_route_of_the_api_wants_a_password(fleet: Fleet, image: Image, upload: str) -> None:
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
    asked = [(method, path) for path, methods in routes.items() for method in methods]
    assert {(method, path): ask(fleet.balancer, method, path).status for method, path in asked} == dict.fromkeys(
        asked, 401
    )
    # And nothing has happened to what was there.
    with RegistryClient(Endpoint.of(fleet.sandbox)) as client:
        client.pull(image)
    assert ask(fleet.balancer, "GET", upload, login=fleet.login).status == 204


@pytest.mark.parametrize("path", _OTHER_PATHS + _CLIMBING)
def test_no_other_path_opens_anything(fleet: Fleet, path: str) -> None:
    answer = ask(fleet.balancer, "GET", path)
    assert answer.status in (301, 308, 400, 401, 404) or not answer.body, answer


@pytest.mark.parametrize("host", ["localhost", "example.com", "127.0.0.2", "169.254.169.254", ""])
def test_no_host_header_opens_anything(fleet: Fleet, host: str) -> None:
    answer = ask(fleet.balancer, "GET", "/v2/_catalog", headers={"Host": host})
    assert answer.status in (400, 401), answer
