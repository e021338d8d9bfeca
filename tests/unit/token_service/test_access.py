"""The file with rules and static users."""

from __future__ import annotations

import json

import pytest

from components.token_service.access import AccessFile, Unreadable
from components.token_service.rules import Rule
from components.token_service.static_users import hashed
from tests.unit.token_service.services import access_json

OLD, NEW = (Rule(who, ("team/*", "x"), ("pull", "push")) for who in ("user:old", "user:new"))


class Disk:
    """Has the file, and counts reads. A content of None cannot be read."""

    def __init__(self) -> None:
        self.content: bytes | None = access_json([OLD], {"old": "secret"})
        self.reads = 0
        self.time = 1_000.0
        self.failures: list[str] = []

    def read(self) -> bytes:
        self.reads += 1
        if self.content is None:
            raise Unreadable("S3 is down")
        return self.content

    def file(self) -> AccessFile:
        return AccessFile(self.read, lambda: self.time, self.failures.append)


def test_file_is_read_again_after_a_minute() -> None:
    disk = Disk()
    file = disk.file()
    assert file.current().rules == (OLD,)
    disk.content = access_json([NEW], {})
    disk.time += 59.9
    assert file.current().rules == (OLD,)
    disk.time += 0.1
    assert (file.current().rules, file.current().users, disk.reads) == ((NEW,), {}, 2)


@pytest.mark.parametrize(
    "content", [None, b"", b"[]", b"{}", b'{"rules": [{}], "users": {}}', b'{"rules": [], "users": {"a": {}}}', b"\xff"]
)
def test_last_content_stays_in_use(content: bytes | None) -> None:
    """One failure a minute: a slow S3 must not slow down each request."""
    disk = Disk()
    file = disk.file()
    file.current()
    disk.content = content
    disk.time += 60
    assert file.current().rules == file.current().rules == (OLD,)
    assert (disk.reads, len(disk.failures)) == (2, 1)
    disk.content = access_json([NEW], {})
    disk.time += 60
    assert file.current().rules == (NEW,)


def test_clock_that_was_set_back_does_not_keep_the_old_rules() -> None:
    disk = Disk()
    file = disk.file()
    file.current()
    disk.content = access_json([NEW], {})
    disk.time -= 1_000
    assert file.current().rules == (NEW,)


def test_first_content_is_required_and_read_until_it_is_there() -> None:
    disk = Disk()
    file, content, disk.content = disk.file(), disk.content, None
    for _ in range(2):
        with pytest.raises(Unreadable):
            file.current()
    disk.content = content
    assert file.current().rules == (OLD,)


def test_message_of_a_malformed_file_shows_nothing_of_it() -> None:
    disk = Disk()
    disk.content = json.dumps({"rules": [], "users": {"sentinel": {"salt": "sentinel", "hash": 1}}}).encode()
    with pytest.raises(Unreadable) as raised:
        disk.file().current()
    assert "sentinel" not in str(raised.value)


def test_hash_is_scrypt_of_the_cost_for_logins() -> None:
    """RFC 7914, section 12: the third vector is of the same cost. Its first half is its result of 32 bytes."""
    expected = "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"  # pragma: allowlist secret
    assert hashed("pleaseletmein", b"SodiumChloride").hex() == expected
