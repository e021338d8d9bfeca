"""HAProxy's runtime API ("HAProxy Management Guide", 9.3): one command per connection, answered in text."""

from __future__ import annotations

import csv
import io
import socket
from dataclasses import dataclass

from sandbox.errors import SandboxError

_SECONDS = 5
# What it answers when a command was carried out; otherwise it says why not.
_DONE = ("", "New server registered.", "Transaction created", "Success!")


@dataclass(frozen=True)
class HaproxyApi:
    """Where a HAProxy listens for commands."""

    address: str
    port: int

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
        with socket.create_connection((self.address, self.port), timeout=_SECONDS) as connection:
            connection.sendall(f"{command}\n".encode())
            while part := connection.recv(65536):
                answer += part
        return answer.decode()
