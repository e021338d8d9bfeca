"""Stand-in for systemd's sockets with Accept=yes: runs the service of a socket, given by its unit file, per connection.

Instances share the machine's network. Therefore it listens on the address in SANDBOX_HOST, on a free port, which it
writes to a file with the name of the declared address.
"""

from __future__ import annotations

import configparser
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

_SOCKETS = Path("/run/sockets")


def main(unit: Path) -> None:
    declared = _settings(unit, "Socket")
    service = _settings(unit.with_name(f"{unit.stem}@.service"), "Service")
    if declared["Accept"] != "yes":
        sys.exit(f"systemctl: the sandbox supports only sockets with Accept=yes, unlike {unit.name}")
    listener = socket.create_server((os.environ["SANDBOX_HOST"], 0))
    host, port = listener.getsockname()
    _SOCKETS.mkdir(exist_ok=True)
    (_SOCKETS / declared["ListenStream"]).write_text(f"{host}:{port}")
    if os.fork():
        return  # the unit is active
    os.setsid()
    while True:
        connection, source = listener.accept()
        threading.Thread(target=_serve, args=(connection, source, service), daemon=True).start()


def _settings(unit: Path, section: str) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(unit)
    return parser[section]


def _serve(connection: socket.socket, source: tuple[str, int], service: configparser.SectionProxy) -> None:
    limit = float(service["RuntimeMaxSec"].removesuffix("s"))
    environment = {**os.environ, "REMOTE_ADDR": source[0], "REMOTE_PORT": str(source[1])}
    with connection:
        try:
            subprocess.run(
                service["ExecStart"],
                stdin=connection.fileno(),
                stdout=connection.fileno(),
                env=environment,
                timeout=limit,
            )
        except subprocess.TimeoutExpired:
            print(f"{service['ExecStart']}: killed after {limit:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
