"""Logins, pushes and pulls with the dev stack."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sandbox import acceptance, oci_image
from sandbox.local import Sandbox
from tests.sandbox.https import ask
from tests.unit.pems import Issued, issue


@pytest.fixture(scope="module")
def logged_in(dev: Sandbox) -> Sandbox:
    """The dev stack with a logged-in client."""
    assert dev.client.login(dev.user, dev.password).returncode == 0
    return dev


def test_pulled_image_equals_the_pushed_image(logged_in: Sandbox, tmp_path: Path) -> None:
    digest = oci_image.make(tmp_path / "pushed", tag="1", layers=4, layer_bytes=200_000)
    pushed = logged_in.client.push(tmp_path / "pushed", "test/layers:1")
    pulled = logged_in.client.pull("test/layers:1", tmp_path / "pulled")
    assert pushed.returncode == 0, pushed.stderr
    assert pulled.returncode == 0, pulled.stderr
    assert oci_image.digests(tmp_path / "pulled") == oci_image.digests(tmp_path / "pushed")
    assert oci_image.digests(tmp_path / "pulled")["manifest"] == digest


def test_images_are_in_the_declared_bucket(logged_in: Sandbox, tmp_path: Path) -> None:
    digest = oci_image.make(tmp_path / "pushed", tag="1", layers=1, layer_bytes=1000)
    assert logged_in.client.push(tmp_path / "pushed", "test/bucket:1").returncode == 0
    bucket = logged_in.stack.declaration.exports["bucketName"]
    listed = logged_in.stack.aws("s3").list_objects_v2(Bucket=bucket, Prefix="docker/registry/v2/blobs/")
    assert any(digest.removeprefix("sha256:") in object_["Key"] for object_ in listed["Contents"])


def test_pulled_layers_bypass_the_load_balancer(logged_in: Sandbox, tmp_path: Path) -> None:
    oci_image.make(tmp_path / "pushed", tag="1", layers=2, layer_bytes=500_000)
    assert logged_in.client.push(tmp_path / "pushed", "test/redirects:1").returncode == 0
    before = logged_in.balancer.bytes_sent()
    assert logged_in.client.pull("test/redirects:1", tmp_path / "pulled").returncode == 0
    # Only the manifest and redirects, with headers.
    assert logged_in.balancer.bytes_sent() - before < 10_000


def test_both_instances_serve_one_push(logged_in: Sandbox, tmp_path: Path) -> None:
    before = logged_in.balancer.request_counts()
    oci_image.make(tmp_path / "pushed", tag="1", layers=4, layer_bytes=1000)
    assert logged_in.client.push(tmp_path / "pushed", "test/both:1").returncode == 0
    after = logged_in.balancer.request_counts()
    assert after.keys() == {"127.0.0.2", "127.0.0.3"}
    assert all(after[address] > before[address] for address in after)
    # Each registry has logged a request of the push.
    assert all("test/both" in container.output() for container in logged_in.containers)


def test_wrong_password_is_refused(dev: Sandbox) -> None:
    assert acceptance.refuse_wrong_password(dev) == "refused"


@pytest.mark.parametrize("path", ["/v2/", "/v2/_catalog", "/v2/test/layers/manifests/1"])
@pytest.mark.parametrize("password", [None, "wrong"])
def test_every_path_needs_the_password(dev: Sandbox, path: str, password: str | None) -> None:
    login = None if password is None else (dev.user, password)
    assert ask(dev.balancer, "GET", path, login=login).status == 401


def test_push_and_pull_without_a_login_are_refused(logged_in: Sandbox, tmp_path: Path) -> None:
    oci_image.make(tmp_path / "image", tag="1", layers=1, layer_bytes=1000)
    assert logged_in.client.push(tmp_path / "image", "test/refused:1").returncode == 0
    no_login = tmp_path / "no-login.json"
    pushed = logged_in.client.push(tmp_path / "image", "test/refused:1", auth_file=no_login)
    pulled = logged_in.client.pull("test/refused:1", tmp_path / "pulled", auth_file=no_login)
    for refused in (pushed, pulled):
        assert refused.returncode != 0
        assert "authentication required" in refused.stderr


def test_client_verifies_the_certificate(dev: Sandbox, tmp_path: Path) -> None:
    (dev.client.ca_folder / "ca.crt").rename(tmp_path / "ca.crt")
    try:
        refused = dev.client.login(dev.user, dev.password, auth_file=tmp_path / "auth.json")
    finally:
        (tmp_path / "ca.crt").rename(dev.client.ca_folder / "ca.crt")
    assert refused.returncode != 0
    assert "certificate signed by unknown authority" in refused.stderr


def test_key_of_the_self_signed_certificate_signs_no_other(dev: Sandbox, tmp_path: Path) -> None:
    """As an authority, the certificate would let the holder of its key pose as every host of the trusting clients."""
    declared = dev.stack.declaration.one("aws:iam/serverCertificate:ServerCertificate").inputs
    certificate = x509.load_pem_x509_certificate(declared["certificateBody"].encode())
    key = load_pem_private_key(declared["privateKey"].encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    forged = issue(dev.balancer.name, by=Issued(certificate, key), now=datetime.now(timezone.utc))
    dev.balancer.replace_certificate(forged.pem, forged.key_pem)
    try:
        refused = dev.client.login(dev.user, dev.password, auth_file=tmp_path / "auth.json")
    finally:
        dev.balancer.replace_certificate(declared["certificateBody"], declared["privateKey"])
    assert refused.returncode != 0
    assert "certificate signed by unknown authority" in refused.stderr


def test_tls_1_1_is_refused(dev: Sandbox) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # OpenSSL's default excludes TLS 1.1
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    address = (dev.balancer.address, dev.balancer.port)
    with socket.create_connection(address) as plain, pytest.raises(ssl.SSLError, match="alert protocol version"):
        context.wrap_socket(plain)


def test_secrets_stay_out_of_command_lines_and_logs(dev: Sandbox) -> None:
    passwords = dev.stack.declaration.all("random:index/randomPassword:RandomPassword")
    secrets = {dev.password, *(password.outputs["result"] for password in passwords)}
    assert len(secrets) == 2  # the user's password and the HTTP secret
    public = list(_command_lines())
    public += [container.output().encode() for container in dev.containers]
    public += [log.read_bytes() for log in dev.folder.rglob("*.log")]
    assert not [secret for secret in secrets if any(secret.encode() in text for text in public)]
    assert dev.password_file.stat().st_mode & 0o077 == 0


def _command_lines() -> Iterator[bytes]:
    """The command lines of all processes."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):  # the process has ended
            yield file.read_bytes()
