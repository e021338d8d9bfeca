"""What a registry must do, shown on a running sandbox. Each check tells how it went in a few words."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sandbox import oci_image
from sandbox.errors import SandboxError
from sandbox.local import Sandbox

IMAGE = "sandbox/hello:1"
_LAYERS = 3
_LAYER_BYTES = 1_000_000


def log_in(sandbox: Sandbox) -> str:
    """With the generated password, which goes through stdin."""
    _require(sandbox.client.login(sandbox.user, sandbox.password), "logging in")
    return f"as {sandbox.user}"


def push(sandbox: Sandbox) -> str:
    """An image of several layers, through the load balancer."""
    oci_image.make(_pushed(sandbox), tag=IMAGE.rpartition(":")[2], layers=_LAYERS, layer_bytes=_LAYER_BYTES)
    _require(sandbox.client.push(_pushed(sandbox), IMAGE), "the push")
    return f"{IMAGE}, {_LAYERS} layers of {_LAYER_BYTES // 1_000_000} MB"


def pull(sandbox: Sandbox) -> str:
    """The same image, back into another folder."""
    _require(sandbox.client.pull(IMAGE, _pulled(sandbox)), "the pull")
    return IMAGE


def compare(sandbox: Sandbox) -> str:
    """The digests of the manifest and of every blob, computed anew from what came back."""
    pushed, pulled = oci_image.digests(_pushed(sandbox)), oci_image.digests(_pulled(sandbox))
    if pushed != pulled:
        raise SandboxError(f"what was pulled is not what was pushed: {pushed} became {pulled}")
    return f"{len(pushed)} equal, {pushed['manifest'][:19]}..."


def refuse_wrong_password(sandbox: Sandbox) -> str:
    """A login with a wrong password fails, for that reason."""
    # skopeo keeps a login that succeeds: not among ours.
    refused = sandbox.client.login(sandbox.user, "wrong", auth_file=sandbox.folder / "client" / "wrong.json")
    _require_refusal(refused, "a wrong password", "invalid username/password")
    return "refused"


def refuse_no_password(sandbox: Sandbox) -> str:
    """Push and pull without a login fail, for that reason."""
    nobody = sandbox.folder / "client" / "nobody.json"
    pulled = sandbox.client.pull(IMAGE, sandbox.folder / "client" / "refused", auth_file=nobody)
    _require_refusal(pulled, "a pull without a password", "authentication required")
    pushed = sandbox.client.push(_pushed(sandbox), "sandbox/refused:1", auth_file=nobody)
    _require_refusal(pushed, "a push without a password", "authentication required")
    return "pull and push refused"


def all_served(sandbox: Sandbox) -> str:
    """Each instance has answered requests of the client's."""
    requests = sandbox.balancer.requests()
    if idle := [address for address, count in requests.items() if not count]:
        raise SandboxError(f"no request reached {', '.join(idle)}: {requests}")
    return ", ".join(f"{address}: {count} requests" for address, count in requests.items())


# In the order in which a person would do it.
CHECKS = {
    "log in": log_in,
    "push through the load balancer": push,
    "pull it back": pull,
    "compare digests": compare,
    "wrong password": refuse_wrong_password,
    "no password": refuse_no_password,
    "every instance served": all_served,
}


def _pushed(sandbox: Sandbox) -> Path:
    return sandbox.folder / "client" / "pushed"


def _pulled(sandbox: Sandbox) -> Path:
    return sandbox.folder / "client" / "pulled"


def _require(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode:
        raise SandboxError(f"{what} failed: {done.stderr.strip()}")


def _require_refusal(done: subprocess.CompletedProcess[str], what: str, reason: str) -> None:
    if not done.returncode:
        raise SandboxError(f"{what} was not refused")
    if reason not in done.stderr:
        raise SandboxError(f"{what} failed, but not with {reason!r}: {done.stderr.strip()}")
