"""Renewal of the domain's certificate while images are pushed and pulled."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from sandbox.machine.processes import wait_until
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox import figures
from tests.sandbox.cluster import Cluster
from tests.sandbox.events.certificate_authority import CertificateAuthority
from tests.sandbox.traffic import traffic


@pytest.fixture
def authority(cluster: Cluster) -> Iterator[CertificateAuthority]:
    """A certificate authority that has issued the load balancer's certificate, until the end of the test."""
    created = CertificateAuthority(cluster.balancer.name)
    cluster.balancer.replace_certificate(created.certificate(), created.key_pem)
    yield created
    declared = cluster.sandbox.stack.declaration.one("aws:iam/serverCertificate:ServerCertificate")
    cluster.balancer.replace_certificate(declared.inputs["certificateBody"], declared.inputs["privateKey"])


def test_certificate_renewal_fails_no_request(cluster: Cluster, authority: CertificateAuthority) -> None:
    old, new, trusted = current_certificate(cluster), authority.certificate(), [authority.pem]
    assert old not in (new, cluster.balancer.certificate)
    with (
        traffic(cluster.sandbox, clients=2, trusted=trusted) as report,
        RegistryClient(Endpoint.of(cluster.sandbox, trusted=trusted)) as connected,
    ):
        connected.login()
        cluster.balancer.replace_certificate(new, authority.key_pem)
        wait_until(lambda: current_certificate(cluster) == new, "the new certificate", seconds=5)
        connected.login()  # on the old connection
        report.assert_continues()
    assert not report.failures
    assert not report.lost
    figures.record("the certificate is renewed", report)


def test_client_refuses_a_certificate_of_an_unknown_authority(
    cluster: Cluster, authority: CertificateAuthority
) -> None:
    """So the test above shows that clients trust the new certificate."""
    assert current_certificate(cluster) != authority.pem
    with RegistryClient(Endpoint.of(cluster.sandbox)) as client, pytest.raises(RequestFailed, match="SSLError"):
        client.login()


def test_old_certificate_is_deleted_after_the_listener_was_updated(cluster: Cluster) -> None:
    """Pulumi creates the new certificate, updates the listener, and then deletes the old certificate.

    `delete_before_replace` or a fixed name would reverse this order.
    """
    declaration = cluster.sandbox.stack.declaration
    certificate = declaration.one("aws:iam/serverCertificate:ServerCertificate")
    listener = declaration.one("aws:lb/listener:Listener")
    assert listener.inputs["certificateArn"] == certificate.outputs["arn"]
    assert certificate.urn in listener.dependencies
    assert not certificate.delete_before_replace
    inputs = set(certificate.inputs)  # without values: a failed assertion would print the private key
    assert not inputs & {"name", "namePrefix"}


def current_certificate(cluster: Cluster) -> str:
    """The certificate of a new connection."""
    return ssl.get_server_certificate((cluster.balancer.address, cluster.balancer.port))
