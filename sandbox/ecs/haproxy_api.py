"""HAProxy's Runtime API ("HAProxy Management Guide", 9.3): one command per connection, answered with text."""

from __future__ import annotations

import csv
import io
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError

_SECONDS = 5
# The answers to a command that succeeded. Other answers are error messages.
_DONE = ("", "New server registered.", "Transaction created", "Success!")


@dataclass(frozen=True)
class HaproxyApi:
    """The Runtime API of a HAProxy, at a Unix socket that only its owner may use."""

    path: Path

    def do(self, command: str) -> None:
        """Run a command.

        Raises:
            SandboxError: the command failed.
        """
        answer = self.ask(command).strip()
        # The last line, since HAProxy prints its progress before it.
        if not answer.rpartition("\n")[2].startswith(_DONE[1:]) and answer not in _DONE:
            # The command's first words, since its end may be a private key.
            raise SandboxError(f"HAProxy failed to {' '.join(command.split()[:2])}: {answer}")

    def servers(self, backend: str) -> list[dict[str, str]]:
        """Return the statistics of each server of a backend, or none while HAProxy does not answer."""
        try:
            text = self.ask("show stat")
        except OSError:
            return []
        rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
        return [row for row in rows if row["pxname"] == backend and row["svname"] != "BACKEND"]

    def ask(self, command: str) -> str:
        """Send a command and return the answer.

        Raises:
            OSError: HAProxy does not answer.
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
        # unix(7): a socket's path has at most 107 characters. By the folder's descriptor, the path is short.
        folder = os.open(self.path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            connection.connect(f"/proc/self/fd/{folder}/{self.path.name}")
        finally:
            os.close(folder)
