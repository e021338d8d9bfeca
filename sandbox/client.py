"""The docker client: skopeo, which logs in, pushes, pulls, and verifies the load balancer's certificate.

The certificate is for the declared name: the domain, or the DNS name of the load balancer. Neither resolves to this
machine. So the client runs in a mount namespace with its own /etc/hosts: the declared name and certificate are
verified as in AWS, and the machine's own /etc/hosts stays as it is.
"""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sandbox.ecs.load_balancer import LoadBalancer
from sandbox.machine import programs


@dataclass(frozen=True)
class Client:
    """Runs skopeo against one registry.

    Attributes:
        registry: "NAME:PORT", as in an image's name.
        wrapper: a script that runs a command with the client's /etc/hosts.
        ca_folder: holds the certificate that the client trusts.
        auth_file: where skopeo stores the login.
    """

    registry: str
    wrapper: Path
    ca_folder: Path
    auth_file: Path

    def login(self, user: str, password: str, *, auth_file: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Log in. The password goes through stdin."""
        options = ["--authfile", str(auth_file or self.auth_file), "--cert-dir", str(self.ca_folder)]
        return self._skopeo(["login", *options, "--username", user, "--password-stdin", self.registry], password)

    def push(self, source: Path, name: str, *, auth_file: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Push the image in a folder as `name`, such as "library/image:tag"."""
        options = ["--dest-cert-dir", str(self.ca_folder), "--dest-authfile", str(auth_file or self.auth_file)]
        return self._skopeo(["copy", *options, f"oci:{source}:{_tag(name)}", f"docker://{self.registry}/{name}"])

    def pull(self, name: str, target: Path, *, auth_file: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Pull an image into a folder."""
        options = ["--src-cert-dir", str(self.ca_folder), "--src-authfile", str(auth_file or self.auth_file)]
        return self._skopeo(["copy", *options, f"docker://{self.registry}/{name}", f"oci:{target}:{_tag(name)}"])

    def delete(self, name: str, *, auth_file: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Delete the manifest of an image from the registry."""
        options = ["--cert-dir", str(self.ca_folder), "--authfile", str(auth_file or self.auth_file)]
        return self._skopeo(["delete", *options, f"docker://{self.registry}/{name}"])

    def _skopeo(self, arguments: list[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
        argv = [str(self.wrapper), "skopeo", "--insecure-policy", *arguments]
        env = {"PATH": programs.SEARCH_PATH, "HOME": str(self.ca_folder.parent), "TMPDIR": "/tmp"}  # noqa: S108
        return subprocess.run(argv, input=stdin, env=env, capture_output=True, text=True, timeout=120)


def create_client(balancer: LoadBalancer, name: str, folder: Path) -> Client:
    """Create a client that resolves `name` to the load balancer and trusts its certificate."""
    ca_folder, hosts, wrapper = folder / "ca", folder / "hosts", folder / "with-hosts"
    ca_folder.mkdir(parents=True)
    (ca_folder / "ca.crt").write_text(balancer.certificate)
    hosts.write_text(f"127.0.0.1 localhost\n{balancer.address} {name}\n")
    bwrap = ["bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--ro-bind", str(hosts), "/etc/hosts"]
    wrapper.touch(mode=0o755)
    wrapper.write_text(f'#!/bin/sh\n# Runs a command with {name} in /etc/hosts.\nexec {shlex.join(bwrap)} -- "$@"\n')
    return Client(f"{name}:{balancer.port}", wrapper, ca_folder, folder / "auth.json")


def _tag(name: str) -> str:
    return name.rpartition(":")[2]
