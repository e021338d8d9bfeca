"""An AWS identity, and a registry that answers over HTTPS."""

import http.server
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import pytest

from private_registry_login.address import Address
from tests.unit.pems import issue


@dataclass
class Registry:
    """A registry at localhost, with a certificate that no authority issued.

    Attributes:
        address: where it answers.
        status, body, headers: what it answers to every request.
        paths: the paths of the requests that it got.
    """

    address: Address
    certificate: str
    status: int = 200
    body: bytes = b'{"region": "eu-central-1"}'
    headers: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's empty home, on a machine without AWS identity and proxies."""
    for variable in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "DOCKER_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv("PRIVATE_REGISTRY_REGION", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("no_proxy", "localhost")
    return tmp_path


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "an-invented-secret")


@pytest.fixture
def untrusted(tmp_path: Path) -> Iterator[Registry]:
    """A registry whose certificate this machine does not trust."""
    issued = issue("localhost", now=datetime.now(timezone.utc))
    pem = tmp_path / "server.pem"
    pem.write_text(issued.pem + issued.key_pem)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.paths.append(self.path)
            self.send_response(registry.status)
            for name, value in {**registry.headers, "Content-Length": str(len(registry.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(registry.body)

        def log_message(self, format: str, *args: object) -> None: ...

    with http.server.ThreadingHTTPServer(("localhost", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        registry = Registry(Address("localhost", f":{server.server_port}"), issued.pem)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield registry
        server.shutdown()


@pytest.fixture
def registry(untrusted: Registry, home: Path) -> Registry:
    """A registry whose certificate Podman trusts on this machine."""
    folder = home / "config" / "containers" / "certs.d" / str(untrusted.address)
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_text(untrusted.certificate)
    return untrusted
