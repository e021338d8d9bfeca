"""How a client finds out the Region of a registry."""

import pytest

from private_registry_login.address import Address
from private_registry_login.errors import LoginError
from private_registry_login.region import region_of
from tests.unit.login.conftest import Registry


def test_registry_with_a_trusted_certificate_is_asked(registry: Registry) -> None:
    assert region_of(registry.address) == "eu-central-1"
    assert registry.paths == ["/auth/login"]


def test_variable_takes_the_place_of_the_request(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIVATE_REGISTRY_REGION", "us-gov-west-1")
    assert region_of(registry.address) == "us-gov-west-1"
    assert registry.paths == []


def test_untrusted_certificate_is_refused_with_the_place_for_it(untrusted: Registry) -> None:
    with pytest.raises(LoginError, match=rf"not trusted: .*/etc/docker/certs\.d/{untrusted.address}/ca\.crt"):
        region_of(untrusted.address)
    assert untrusted.paths == []


def test_registry_without_access_is_named(registry: Registry) -> None:
    registry.status = 404
    with pytest.raises(LoginError, match=r"answers 404: .*`access`"):
        region_of(registry.address)


def test_redirect_is_not_followed(registry: Registry) -> None:
    registry.status, registry.headers = 302, {"Location": f"https://{registry.address}/elsewhere"}
    with pytest.raises(LoginError, match="answers 302"):
        region_of(registry.address)
    assert registry.paths == ["/auth/login"]


@pytest.mark.parametrize(
    "body", [b'{"region": "eu-central-1.example.com/"}', b'{"region": ["eu-central-1"]}', b"{}", b"[]", b"<html>"]
)
def test_answer_without_a_region_is_refused(registry: Registry, body: bytes) -> None:
    registry.body = body
    with pytest.raises(LoginError, match="Region"):
        region_of(registry.address)


def test_unreachable_registry_is_refused_with_the_variable() -> None:
    with pytest.raises(LoginError, match="set PRIVATE_REGISTRY_REGION to its Region"):
        region_of(Address("localhost", ":1"))
