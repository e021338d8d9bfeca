"""What registries have, by regctl: https://regclient.org/usage/regctl/."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

_PAGE = 1000


class RegctlError(Exception):
    """A registry did not answer, or refused, with regctl's message. Or there is no regctl."""


def repositories(registry: str) -> Iterator[str]:
    """Yield the names of all repositories. regctl prints one page of them."""
    last = ""
    while page := (_regctl("repo", "ls", "--limit", str(_PAGE), "--last", last, registry) or "").split():
        if page[-1] == last:  # a registry without pages
            return
        yield from page
        last = page[-1]


def tags(repository: str) -> list[str] | None:
    """Return the tags of a repository, or None if it does not exist."""
    found = _regctl("tag", "ls", repository)
    return None if found is None else found.split()


def digest(image: str) -> str | None:
    """Return the digest of an image, or None if it does not exist."""
    found = _regctl("manifest", "head", "--require-digest", image)
    return found and found.strip()


def _regctl(*arguments: str) -> str | None:
    """Run regctl and return its output, or None for the answer 404."""
    try:
        command = ["regctl", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 (no shell; found on the user's PATH)
    except FileNotFoundError as error:
        raise RegctlError("regctl is not on the PATH; README.md has the command that installs it") from error
    if done.returncode == 0:
        return done.stdout
    if "[http 404]" in done.stderr:
        return None
    raise RegctlError(f"regctl {' '.join(arguments)}: {done.stderr.strip()}")
