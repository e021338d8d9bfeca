"""The checks of a running sandbox.

To add a check, write a function that takes the sandbox, raises SandboxError if the check fails, and returns a short
result for the report. Add it to CHECKS.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from sandbox import oci_image
from sandbox.errors import SandboxError
from sandbox.local import Sandbox

IMAGE = "sandbox/hello:1"
_LAYERS = 3
_LAYER_BYTES = 1_000_000
_NO_LOGIN = ("authentication required", "log in first")  # of the registry, and of the token service


def log_in(sandbox: Sandbox) -> str:
    """Log in with the generated password."""
    _require_success(sandbox.client.login(sandbox.user, sandbox.password), "the login")
    return f"as {sandbox.user}"


def push(sandbox: Sandbox) -> str:
    """Push an image of several layers through the load balancer."""
    oci_image.make(_pushed(sandbox), tag=IMAGE.rpartition(":")[2], layers=_LAYERS, layer_bytes=_LAYER_BYTES)
    _require_success(sandbox.client.push(_pushed(sandbox), IMAGE), "the push")
    return f"{IMAGE}, {_LAYERS} layers of {_LAYER_BYTES // 1_000_000} MB"


def pull(sandbox: Sandbox) -> str:
    """Pull the image into another folder."""
    _require_success(sandbox.client.pull(IMAGE, _pulled(sandbox)), "the pull")
    return IMAGE


def compare_digests(sandbox: Sandbox) -> str:
    """Compare the digests of the manifest and of every blob, computed from the content."""
    pushed, pulled = oci_image.digests(_pushed(sandbox)), oci_image.digests(_pulled(sandbox))
    if pushed != pulled:
        raise SandboxError(f"the pulled image differs from the pushed image: {pushed} became {pulled}")
    return f"{len(pushed)} equal, {pushed['manifest'][:19]}..."


def refuse_wrong_password(sandbox: Sandbox) -> str:
    """A login with a wrong password fails."""
    # In its own auth file: if the login succeeded, skopeo would store it.
    refused = sandbox.client.login(sandbox.user, "wrong", auth_file=sandbox.folder / "client" / "wrong.json")
    _require_refusal(refused, "a wrong password", ("invalid username/password",))
    return "refused"


def refuse_no_password(sandbox: Sandbox) -> str:
    """A push and a pull without a login fail."""
    no_login = sandbox.folder / "client" / "no-login.json"
    pulled = sandbox.client.pull(IMAGE, sandbox.folder / "client" / "refused", auth_file=no_login)
    _require_refusal(pulled, "a pull without a password", _NO_LOGIN)
    pushed = sandbox.client.push(_pushed(sandbox), "sandbox/refused:1", auth_file=no_login)
    _require_refusal(pushed, "a push without a password", _NO_LOGIN)
    return "pull and push refused"


def use_every_instance(sandbox: Sandbox) -> str:
    """Every instance has served requests."""
    requests = sandbox.balancer.request_counts()
    if idle := [address for address, count in requests.items() if not count]:
        raise SandboxError(f"no request reached {', '.join(idle)}: {requests}")
    return ", ".join(f"{address}: {count} requests" for address, count in requests.items())


# By name, in the order in which they run.
CHECKS = {
    "log in": log_in,
    "push an image": push,
    "pull the image": pull,
    "compare digests": compare_digests,
    "refuse a wrong password": refuse_wrong_password,
    "refuse requests without a login": refuse_no_password,
    "use every instance": use_every_instance,
}


def _pushed(sandbox: Sandbox) -> Path:
    return sandbox.folder / "client" / "pushed"


def _pulled(sandbox: Sandbox) -> Path:
    return sandbox.folder / "client" / "pulled"


def _require_success(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode:
        raise SandboxError(f"{what} failed: {done.stderr.strip()}")


def _require_refusal(done: subprocess.CompletedProcess[str], what: str, reasons: Sequence[str]) -> None:
    if not done.returncode:
        raise SandboxError(f"{what} was not refused")
    if not any(reason in done.stderr for reason in reasons):
        expected = " or ".join(map(repr, reasons))
        raise SandboxError(f"{what} failed, but not with {expected}: {done.stderr.strip()}")
