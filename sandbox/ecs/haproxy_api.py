"""HAProxy's runtime API ("HAProxy Management Guide", 9.3): one command per connection, answered in text."""

from __future__ import annotations

import csv
import io
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError

_SECONDS = 5
# What it answers when a command was carried out; otherwise it says why not.
_DONE = ("", "New server registered.", "Transaction created", "Success!")


@dataclass(frozen=True)
class HaproxyApi:
    """Where a HAProxy listens for commands: a Unix socket, which its owner alone may open."""

    path: Path

    def do(self, command: str) -> None:
        """Raises:
        SandboxError: HAProxy did not do it.
        """
        answer = self.ask(command).strip()
        # The last line: before it may stand what it did in the meantime.
        if not answer.rpartition("\n")[2].startswith(_DONE[1:]) and answer not in _DONE:
            # Without the command's end, where a private key may stand.
            raise SandboxError(f"HAProxy did not {' '.join(command.split()[:2])}: {answer}")

    def servers(self, backend: str) -> list[dict[str, str]]:
        """The statistics of each server of a backend; none while HAProxy is not there."""
        try:
            text = self.ask("show stat")
        except OSError:
            return []
        rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
        return [row for row in rows if row["pxname"] == backend and row["svname"] != "BACKEND"]

    def ask(self, command: str) -> str:
        """Raises:
        OSError: HAProxy is not there.
        """
        answer = b""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_SECONDS)
            self._connect(connection)
            connection.sendall(f"{command}\n".encode())
            while part := connection.recv(65536):
                answer += part
        return answer.decode()

    def _connect(self, connection: socket.socket) -> None:
        # unix(7): a socket's path has 107 characters at most. By its folder's descriptor, any path is short enough.
        folder = os.open(self.path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            connection.connect(f"/proc/self/fd/{folder}/{self.path.name}")
        finally:
            os.close(folder)
