"""A drill through a registry's HTTP API, as its clients read it: finds what tags lead to."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from sandbox.drill.check import THREADS, Item, Unreadable
from sandbox.registry_client import RegistryClient, RequestFailed


class RegistrySource:
    """The tagged manifests of a registry, and everything to which they refer."""

    def __init__(self, client: RegistryClient) -> None:
        self._client = client

    def manifests(self) -> Iterator[tuple[Item, str]]:
        tags = [
            (repository, tag) for repository in self._client.repositories() for tag in self._client.tags(repository)
        ]
        with ThreadPoolExecutor(THREADS) as threads:
            yield from threads.map(self._tagged, tags)

    def _tagged(self, place: tuple[str, str]) -> tuple[Item, str]:
        repository, tag = place
        try:
            return Item(repository, self._client.digest(repository, tag)), tag
        except RequestFailed:  # reading it by its tag shows why
            return Item(repository, tag), tag

    def read_manifest(self, item: Item) -> bytes:
        try:
            return self._client.read_manifest(item.repository, item.digest)
        except RequestFailed as error:
            raise _unreadable(error) from error

    def read_blob(self, item: Item) -> Iterator[bytes]:
        try:
            yield from self._client.read_blob(item.repository, item.digest)
        except RequestFailed as error:
            raise _unreadable(error) from error

    def find_blob(self, item: Item) -> None:
        try:
            found = self._client.has_blob(item.repository, item.digest)
        except RequestFailed as error:
            raise _unreadable(error) from error
        if not found:
            raise Unreadable("missing")


def _unreadable(error: RequestFailed) -> Unreadable:
    return Unreadable("missing" if error.reason == "status 404" else f"unreadable, {error.reason}")
