"""Prepares and checks the copy of repositories from one registry to another. README.md has the commands."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import regctl
import regsync
import repositories
from comparison import compare
from repositories import InvalidList, Repository


def main() -> int:
    """Run the command of the command line.

    Returns:
        The exit status: 0; 1 if images are missing or differ; 2 for wrong input, or if a registry cannot be read.
    """
    options = _parser().parse_args()
    try:
        return options.run(options)
    except InvalidList as error:
        print(f"{options.list} cannot be used:\n{error}", file=sys.stderr)
    except (OSError, regctl.RegctlError) as error:
        print(error, file=sys.stderr)
    return 2


def _list(options: argparse.Namespace) -> int:
    for name in regctl.repositories(options.registry):
        print(name)
    return 0


def _config(options: argparse.Namespace) -> int:
    print(json.dumps(regsync.configuration(*_direction(options)), indent=2))
    return 0


def _compare(options: argparse.Namespace) -> int:
    images = compare(*_direction(options))
    expected = [image for image in images if not image.is_extra]
    same = [image for image in expected if image.is_same]
    for image in images:
        if not image.is_same:
            print(image.difference())
    print(f"{len(same)} of {len(expected)} images of the source are the same in the target")
    return 0 if len(same) == len(expected) else 1


def _direction(options: argparse.Namespace) -> tuple[str, str, list[Repository]]:
    """Return from where to where, and the repositories to copy."""
    listed = repositories.parse(options.list.read_text())
    if options.reverse:
        return options.target, options.source, [repository.reversed() for repository in listed]
    return options.source, options.target, listed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("list", help="print the names of a registry's repositories")
    command.add_argument("registry", type=_registry, metavar="HOST")
    command.set_defaults(run=_list)
    for name, run, text in (
        ("config", _config, "print the configuration for regsync"),
        ("compare", _compare, "compare the digests of all images in both registries"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--source", required=True, type=_registry, metavar="HOST", help="the old registry")
        command.add_argument("--target", required=True, type=_registry, metavar="HOST", help="the new registry")
        command.add_argument("--reverse", action="store_true", help="from the new registry to the old one")
        command.add_argument("list", type=Path, metavar="FILE", help="the list of repositories")
        command.set_defaults(run=run)
    return parser


def _registry(text: str) -> str:
    if repositories.is_registry(text):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is not HOST, HOST:PORT or HOST/PREFIX; leave out https://")


if __name__ == "__main__":
    sys.exit(main())
