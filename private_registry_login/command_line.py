"""`private-registry`: log a client in by AWS identity."""

from __future__ import annotations

import argparse
import shutil
import sys

from .address import Address
from .docker_config import HELPER, use_helper
from .errors import LoginError
from .login import USER, sign_in

_LOGIN = f"""print a password, which is valid for some minutes:
private-registry login HOST | docker login --username {USER} --password-stdin HOST"""
_CONFIGURE = "let Docker log in to the registries by itself, at each pull and push"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="private-registry", description="Log in to a private registry by AWS identity."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    login = commands.add_parser("login", help=_LOGIN, description=_LOGIN)
    login.add_argument("address", metavar="HOST", help="the registry's address, as in the names of its images")
    configure = commands.add_parser("configure-docker", help=_CONFIGURE, description=_CONFIGURE)
    configure.add_argument("addresses", metavar="HOST", nargs="+", help="a registry's address")
    return parser


def main() -> None:
    """Run the console script."""
    arguments = parser().parse_args()
    try:
        if arguments.command == "login":
            print(sign_in(Address.parse(arguments.address)))
        else:
            _configure([Address.parse(address) for address in arguments.addresses])
    except LoginError as error:
        sys.exit(f"private-registry: {error}")


def _configure(addresses: list[Address]) -> None:
    file = use_helper(addresses)
    print(f"{file}: {', '.join(map(str, addresses))} by AWS identity")
    if not shutil.which(f"docker-credential-{HELPER}"):
        sys.exit(f"private-registry: docker-credential-{HELPER} is not on the PATH, where Docker looks for it")


if __name__ == "__main__":
    main()
