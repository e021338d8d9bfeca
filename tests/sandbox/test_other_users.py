"""Protection from other users of the machine, who can connect to its loopback addresses."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sandbox.local import Sandbox

_LISTENING = "0A"  # proc_pid_net(5), the state of a TCP socket


def test_only_the_owner_can_control_the_load_balancer(dev: Sandbox) -> None:
    assert listening_ports(dev.balancer.pid()) == {dev.balancer.port}
    assert (dev.folder / "load-balancer/api.sock").stat().st_mode & 0o777 == 0o600


def listening_ports(pid: int) -> set[int]:
    """The TCP ports on which a process listens."""
    sockets = {
        found[1]
        for descriptor in Path(f"/proc/{pid}/fd").iterdir()
        if (found := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(descriptor)))
    }
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == _LISTENING and row[9] in sockets}
