"""`docker-credential-private-registry`: signs at each pull and push, so that nothing is stored and nothing expires.

It speaks the protocol of docker/docker-credential-helpers: an action as argument, input by stdin, and the result or the
error on stdout.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, TextIO

from .address import Address
from .errors import LoginError, NoIdentity
from .login import USER, sign_in

_USAGE = "usage: docker-credential-private-registry <store|get|erase|list>"
# Clients know these texts (docker-credential-helpers, credentials/error.go). After the first, they log in anonymously.
_NOT_FOUND = "credentials not found in native keychain"
_NO_SERVER = "no credentials server URL"
_NO_USER = "no credentials username"


def main() -> None:
    """Run the console script."""
    try:
        print(answer(sys.argv[1:], sys.stdin), end="")
    except NoIdentity as error:
        _fail(_NOT_FOUND, reason=error)
    except LoginError as error:
        _fail(str(error), reason=error)


def answer(arguments: Sequence[str], given: TextIO) -> str:
    """Carry out an action.

    Args:
        arguments: the action.
        given: its input: the registry's address, or for `store` a login as JSON.

    Raises:
        LoginError: it cannot be carried out.
    """
    match arguments:
        case ["get"]:
            server = _server(given.read())
            return json.dumps({"ServerURL": server, "Username": USER, "Secret": sign_in(Address.parse(server))})
        case ["store"]:
            _refuse_other_users(json.load(given))
            return ""
        case ["erase"]:
            _server(given.read())
            return ""
        case ["list"]:
            return "{}"
        case _:
            raise LoginError(_USAGE)


def _server(given: str) -> str:
    if not (server := given.strip()):
        raise LoginError(_NO_SERVER)
    return server


def _refuse_other_users(login: Any) -> None:
    """Accept what `get` returned, which `docker login` stores after a login. Any other user would not be used again."""
    server = _server(login.get("ServerURL", ""))
    user = login.get("Username", "")
    if not user:
        raise LoginError(_NO_USER)
    if user != USER:
        raise LoginError(
            f"{user!r} is not stored: this helper logs in by AWS identity. To log in as {user!r}, remove {server!r} "
            "from credHelpers in Docker's config.json"
        )


def _fail(message: str, reason: Exception) -> NoReturn:
    """Report an error: to the client on stdout, and to the person on stderr, which clients leave alone."""
    print(message)
    print(f"docker-credential-private-registry: {reason}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
