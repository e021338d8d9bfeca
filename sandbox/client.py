"""The docker client: skopeo, which logs in, pushes and pulls, and verifies the certificate that the listener shows.

That certificate names what the program declared: the domain, or the load balancer's own name. Neither leads to this
machine, and glibc does not promise that *.localhost does. So the client has an /etc/hosts of its own, in a mount
namespace: no config is changed for the sandbox's sake, the declared name and certificate are what is verified, and
the machine's own files stay as they are.
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
        registry: "NAME:PORT", the first part of an image's name.
        wrapper: runs any command with the client's view of the names; a person may use it too.
        ca_folder: holds the certificate that clients must trust.
        auth_file: where a login is kept.
    """

    registry: str
    wrapper: Path
    ca_folder: Path
    auth_file: Path

    def login(self, user: str, password: str, *, auth_file: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Logs in; the password goes through stdin."""
        where = ["--authfile", str(auth_file or self.auth_file), "--cert-dir", str(self.ca_folder)]
        return self._skopeo(["login", *where, "--username", user, "--password-stdin", self.registry], password)

    def push(self, source: Path, name: str, *, auth_file: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Pushes the image in a folder; `name` is such as "library/image:tag"."""
        options = ["--dest-cert-dir", str(self.ca_folder), "--dest-authfile", str(auth_file or self.auth_file)]
        return self._skopeo(["copy", *options, f"oci:{source}:{_tag(name)}", f"docker://{self.registry}/{name}"])

    def pull(self, name: str, target: Path, *, auth_file: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Pulls an image into a folder."""
        options = ["--src-cert-dir", str(self.ca_folder), "--src-authfile", str(auth_file or self.auth_file)]
        return self._skopeo(["copy", *options, f"docker://{self.registry}/{name}", f"oci:{target}:{_tag(name)}"])

    def _skopeo(self, arguments: list[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
        argv = [str(self.wrapper), "skopeo", "--insecure-policy", *arguments]
        env = {"PATH": programs.SEARCH_PATH, "HOME": str(self.ca_folder.parent), "TMPDIR": "/tmp"}
        return subprocess.run(argv, input=stdin, env=env, capture_output=True, text=True, timeout=120)


def client(balancer: LoadBalancer, name: str, folder: Path) -> Client:
    """A client that knows the load balancer by `name`, and trusts its certificate."""
    ca_folder, hosts, wrapper = folder / "ca", folder / "hosts", folder / "with-names"
    ca_folder.mkdir(parents=True)
    (ca_folder / "ca.crt").write_text(balancer.certificate)
    hosts.write_text(f"127.0.0.1 localhost\n{balancer.address} {name}\n")
    bwrap = ["bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--ro-bind", str(hosts), "/etc/hosts"]
    wrapper.touch(mode=0o755)
    wrapper.write_text(
        f'#!/bin/sh\n# Runs a command for which {name} is this machine.\nexec {shlex.join(bwrap)} -- "$@"\n'
    )
    return Client(f"{name}:{balancer.port}", wrapper, ca_folder, folder / "auth.json")


def _tag(name: str) -> str:
    return name.rpartition(":")[2]
