"""The domain's certificate is renewed while images are pushed and pulled."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from sandbox.machine.processes import wait_until
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox import figures
from tests.sandbox.events.authority import Authority
from tests.sandbox.fleet import Fleet
from tests.sandbox.traffic import traffic


@pytest.fixture
def authority(fleet: Fleet) -> Iterator[Authority]:
    """The load balancer shows a certificate of its own, until the end."""
    made = Authority(fleet.balancer.name)
    fleet.balancer.renew(made.certificate(), made.key_pem)
    yield made
    declared = fleet.sandbox.stack.declaration.one("aws:iam/serverCertificate:ServerCertificate")
    fleet.balancer.renew(declared.inputs["certificateBody"], declared.inputs["privateKey"])


def test_the_new_certificate_is_shown_and_no_request_fails(fleet: Fleet, authority: Authority) -> None:
    old, new, trusted = shown(fleet), authority.certificate(), [authority.pem]
    assert old not in (new, fleet.balancer.certificate)
    with (
        traffic(fleet.sandbox, clients=2, trusted=trusted) as report,
        RegistryClient(Endpoint.of(fleet.sandbox, trusted=trusted)) as connected,
    ):
        connected.login()
        fleet.balancer.renew(new, authority.key_pem)
        wait_until(lambda: shown(fleet) == new, "the new certificate", seconds=5)
        connected.login()  # on the connection that was there before
        report.assert_continues()
    assert not report.failures
    assert not report.lost
    figures.record("the certificate is renewed", report)


def test_clients_verify_the_certificate_that_is_shown(fleet: Fleet, authority: Authority) -> None:
    """Else the test above would show less than it says."""
    assert shown(fleet) != authority.pem
    with RegistryClient(Endpoint.of(fleet.sandbox)) as distrustful, pytest.raises(RequestFailed, match="SSLError"):
        distrustful.login()


def test_the_old_certificate_goes_after_the_listener_let_go_of_it(fleet: Fleet) -> None:
    """Pulumi makes the replacement first, then updates what depends on it, and deletes the old one at the end.

    A `delete_before_replace`, or a name of its own, which no second one can have, would turn this round.
    """
    declaration = fleet.sandbox.stack.declaration
    certificate = declaration.one("aws:iam/serverCertificate:ServerCertificate")
    listener = declaration.one("aws:lb/listener:Listener")
    assert listener.inputs["certificateArn"] == certificate.outputs["arn"]
    assert certificate.urn in listener.dependencies
    assert not certificate.delete_before_replace
    given = set(certificate.inputs)  # without the values, of which one is the private key
    assert not given & {"name", "namePrefix"}


def shown(fleet: Fleet) -> str:
    """What a new connection gets to see."""
    return ssl.get_server_certificate((fleet.balancer.address, fleet.balancer.port))
