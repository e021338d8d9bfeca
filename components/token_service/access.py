"""The rules and the static users, read from the file that a deployment writes."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .rules import Rule
from .static_users import HashedPassword

_SECONDS = 60

# Reads the file. Raises Unreadable.
Read = Callable[[], bytes]


class Unreadable(Exception):
    """The file cannot be read."""


@dataclass(frozen=True)
class Access:
    """The content of the file: the rules, and the static users by name."""

    rules: tuple[Rule, ...]
    users: Mapping[str, HashedPassword]


def parsed(content: bytes) -> Access:
    """Return the content of the file.

    Raises:
        Unreadable: it is malformed.
    """
    try:
        values = json.loads(content)
        rules = [Rule(each["who"], tuple(each["repositories"]), tuple(each["actions"])) for each in values["rules"]]
        users = {
            name: HashedPassword(base64.b64decode(each["salt"]), base64.b64decode(each["hash"]))
            for name, each in values["users"].items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"the rules are malformed ({type(error).__name__})") from None
    return Access(tuple(rules), users)


class AccessFile:
    """The file, read again after a minute, so that a change needs no restart.

    If that fails, its last content stays in use.

    Args:
        read: reads the file.
        now: the time in seconds. A monotonic clock may stand still while Lambda freezes the function.
        failed: is called with the reason when the last content stays in use.
    """

    def __init__(self, read: Read, now: Callable[[], float], failed: Callable[[str], None]) -> None:
        self._read = read
        self._now = now
        self._failed = failed
        self._access: Access | None = None
        self._read_at = 0.0

    def current(self) -> Access:
        """Return the content.

        Raises:
            Unreadable: it could never be read.
        """
        if self._access is None or not 0 <= self._now() - self._read_at < _SECONDS:
            self._access = self._content_or(self._access)
            self._read_at = self._now()
        return self._access

    def _content_or(self, last: Access | None) -> Access:
        try:
            return parsed(self._read())
        except Unreadable as error:
            if last is None:
                raise
            self._failed(str(error))
            return last
