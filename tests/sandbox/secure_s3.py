"""The emulated S3 behind TLS, as AWS serves it, for clients that follow redirects to HTTPS only."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.aws.emulator import AwsApi
from sandbox.machine import processes, programs
from tests.sandbox.events.certificate_authority import CertificateAuthority

_ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class SecureS3:
    """The emulated AWS API at its HTTPS address.

    Attributes:
        certificate: the file with the certificate that clients must trust, PEM.
    """

    api: AwsApi
    certificate: Path


@contextmanager
def secure_s3(api: AwsApi, folder: Path) -> Iterator[SecureS3]:
    """Terminate TLS in front of the emulated AWS API, until the end of the block."""
    folder.mkdir()
    authority, port = CertificateAuthority(_ADDRESS), processes.free_port(_ADDRESS)
    pem, trusted, config, log = (folder / name for name in ("tls.pem", "ca.pem", "haproxy.cfg", "haproxy.log"))
    pem.touch(mode=0o600)
    pem.write_text(authority.certificate() + authority.key_pem)
    trusted.write_text(authority.pem)
    config.write_text(f"""\
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen s3
    bind {_ADDRESS}:{port} ssl crt {pem.name} alpn http/1.1
    server api {urlsplit(api.url).netloc}
""")
    argv = [programs.require(["haproxy"])["haproxy"], "-db", "-f", config.name]
    with processes.running(argv, env={}, log=log, cwd=folder) as process:
        serving = partial(processes.serves_tls, _ADDRESS, port)
        processes.wait_until(serving, "the S3 behind TLS", seconds=10, process=process, log=log)
        yield SecureS3(dataclasses.replace(api, url=f"https://{_ADDRESS}:{port}"), trusted)
