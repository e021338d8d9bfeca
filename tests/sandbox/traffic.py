"""Constant background traffic, and what became of it.

Each client goes round: it logs in, pushes a new image of several layers, and pulls one of those pushed before. At the
end every image that was pushed is pulled once more, and each digest compared.

A failed operation is begun again where the test asks for it, as real clients do it: `podman push` and `podman pull`
begin the whole anew up to 3 times, after 1, 2 and 4 seconds, when the connection broke or the server said that the
fault is its own, and so does `skopeo --retry-times 3` (containers/common, pkg/retry). What was uploaded is not uploaded
again. docker is more patient with layers (5 times each; moby, distribution/xfer) and not at all with manifests.
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from tests.sandbox.registry_client import Altered, Image, RegistryClient, RequestFailed

# How often podman tries.
PODMAN = 4

_ROUND_SECONDS = 60


@dataclass
class Report:
    """What became of the traffic; it is complete when the traffic has ended.

    Attributes:
        requests: how many were sent.
        failures: the requests that got no answer or an unexpected one, whether tried again or not.
        given_up: the operations that failed for good.
        longest_wait: for one login, push or pull, in seconds, with all that was tried again.
        pushed: the images that were pushed with success.
        lost: what could not be pulled at the end, or was not what had been pushed.
    """

    requests: int = 0
    failures: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    longest_wait: float = 0.0
    pushed: list[Image] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    _rounds: Counter[int] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __str__(self) -> str:
        return (
            f"{self.requests} requests, {len(self.failures)} failed, longest wait {self.longest_wait:.1f} s, "
            f"{len(self.pushed)} images pushed, {len(self.lost)} lost or altered"
        )

    def goes_on(self, rounds: int = 1) -> None:
        """Returns when each client has gone round, from here on, so many times."""
        with self._lock:
            before = dict(self._rounds)
        wait_until(
            # The one that is under way began earlier.
            lambda: all(self._rounds[client] > count + rounds for client, count in before.items()),
            "the traffic's next round",
            seconds=_ROUND_SECONDS,
        )

    def count_request(self) -> None:
        """One was sent."""
        with self._lock:
            self.requests += 1

    def count_round(self, client: int) -> None:
        """A client has gone round."""
        self._rounds[client] += 1

    def count_wait(self, seconds: float) -> None:
        """An operation has ended."""
        with self._lock:
            self.longest_wait = max(self.longest_wait, seconds)


def persist(operation: Callable[[], None], tries: int, failed: Callable[[RequestFailed], None]) -> None:
    """Begins an operation again, as the module says, after each failure that may pass.

    Args:
        failed: is told of every failure.

    Raises:
        RequestFailed: the last one.
    """
    for attempt in range(1, tries + 1):
        try:
            return operation()
        except RequestFailed as error:
            failed(error)
            if attempt == tries or not error.passing:
                raise
        time.sleep(2 ** (attempt - 1))  # as the clients do


@contextmanager
def traffic(
    sandbox: Sandbox,
    *,
    login: tuple[str, str] | None = None,
    clients: int = 4,
    attempts: int = 1,
    layer_bytes: int = 20_000,
    trusted: Sequence[str] = (),
) -> Iterator[Report]:
    """Traffic that has begun, until the end of the block.

    Args:
        login: user and password; the sandbox's by default.
        attempts: how often an operation is tried: 1, or as often as a real client would (`PODMAN`).
        layer_bytes: each image has three layers of this size.
        trusted: certificates to trust beside the load balancer's first one, PEM.
    """
    report, stop = Report(), threading.Event()

    def operate(what: str, operation: Callable[[RegistryClient], None], tries: int = attempts) -> bool:
        def once() -> None:
            with RegistryClient(sandbox, login=login, trusted=trusted, told=report.count_request) as client:
                operation(client)

        begun = time.monotonic()
        try:
            persist(once, tries, failed=lambda error: report.failures.append(str(error)))
            return True
        except RequestFailed as error:
            report.given_up.append(f"{what}: {error}")
            return False
        finally:
            report.count_wait(time.monotonic() - begun)

    def pulled(image: Image, tries: int = attempts) -> bool:
        try:
            return operate(f"pull of {image}", lambda client: client.pull(image), tries)
        except Altered as error:
            report.lost.append(str(error))
            return True

    def go_round(number: int) -> None:
        repository, mine = f"traffic/{secrets.token_hex(4)}", []
        while not stop.is_set():
            operate("login", RegistryClient.login)
            image = Image.random(repository, str(len(mine)), layer_bytes=layer_bytes)
            if operate(f"push of {image}", lambda client, image=image: client.push(image)):
                mine.append(image)
                report.pushed.append(image)
            if mine:
                pulled(random.choice(mine))
            report.count_round(number)

    def check(image: Image) -> None:
        if not pulled(image, PODMAN):
            report.lost.append(f"{image}: it could not be pulled")

    with ThreadPoolExecutor(clients) as pool:
        rounds = [pool.submit(go_round, number) for number in range(clients)]
        try:
            wait_until(lambda: len(report._rounds) == clients, "the traffic's first round", seconds=_ROUND_SECONDS)
            yield report
        finally:
            stop.set()
        for done in [*rounds, *(pool.submit(check, image) for image in report.pushed)]:
            done.result()
