"""The registry that a client names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import LoginError

# Clients pass what their user typed: a host name, or a URL such as https://HOST/v2/.
_ADDRESS = re.compile(
    r"(?:https://)?(?=[^/:]{1,253}(?:[/:]|$))(?P<host>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)"
    r"(?P<port>:[0-9]{1,5})?(?:/.*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Address:
    """The address of a registry.

    Attributes:
        host: the DNS name, lowercase. A login is valid for this name only.
        port: ":PORT", or "" for the default port.
    """

    host: str
    port: str = ""

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address as users and clients write it.

        Raises:
            LoginError: it is none.
        """
        found = _ADDRESS.fullmatch(text.strip())
        if not found:
            raise LoginError(f"{text.strip()!r} is no address of a registry; give HOST or HOST:PORT, without http://")
        return cls(found["host"].lower(), found["port"] or "")

    def __str__(self) -> str:
        return self.host + self.port
