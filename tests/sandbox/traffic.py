"""Constant background traffic, and a report on it.

Each client repeats a round: it logs in, pushes a new image of several layers, and pulls one of its earlier images. At
the end every pushed image is pulled once more, and each digest is compared.

A failed operation is retried where the test asks for it, as real clients do: `podman push` and `podman pull` repeat the
whole operation up to 3 times, after 1, 2 and 4 seconds, if the connection broke or the status was 500 or above, and so
does `skopeo --retry-times 3` (containers/common, pkg/retry). They do not upload again what the registry has. docker
retries each layer 5 times (moby, distribution/xfer) and manifests never.
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
from sandbox.random_image import Image
from sandbox.registry_client import Altered, Endpoint, RegistryClient, RequestFailed

PODMAN_ATTEMPTS = 4

_ROUND_SECONDS = 60


@dataclass
class Report:
    """What happened to the traffic. It is complete when the traffic has ended.

    Attributes:
        requests: How many were sent.
        failures: The requests that got no answer or an unexpected one, whether retried or not.
        abandoned_operations: The operations that failed at their last attempt.
        longest_wait: For one login, push or pull with all its attempts, in seconds.
        pushed: The images whose push succeeded.
        lost: What could not be pulled at the end, or differed from what was pushed.
    """

    requests: int = 0
    failures: list[str] = field(default_factory=list)
    abandoned_operations: list[str] = field(default_factory=list)
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

    def assert_continues(self) -> None:
        """Return when each client has started and completed another round."""
        with self._lock:
            before = dict(self._rounds)
        wait_until(
            # Two more: the current round started earlier.
            lambda: all(self._rounds[client] >= count + 2 for client, count in before.items()),
            "the traffic's next round",
            seconds=_ROUND_SECONDS,
        )

    def count_request(self) -> None:
        with self._lock:
            self.requests += 1

    def count_round(self, client: int) -> None:
        with self._lock:
            self._rounds[client] += 1

    def count_wait(self, seconds: float) -> None:
        """Record how long an operation took."""
        with self._lock:
            self.longest_wait = max(self.longest_wait, seconds)


def retry(operation: Callable[[], None], attempts: int, on_failure: Callable[[RequestFailed], None]) -> None:
    """Repeat an operation after each retryable failure, with podman's pauses.

    Args:
        on_failure: Called after every failed attempt.

    Raises:
        RequestFailed: The last attempt failed, or the failure is not retryable.
    """
    for attempt in range(1, attempts + 1):
        try:
            operation()
            return
        except RequestFailed as error:
            on_failure(error)
            if attempt == attempts or not error.retryable:
                raise
        time.sleep(2 ** (attempt - 1))


@contextmanager
def traffic(
    sandbox: Sandbox,
    *,
    login: tuple[str, str] | None = None,
    clients: int = 4,
    attempts: int = 1,
    layer_bytes: int = 20_000,
    pause: float = 0,
    trusted: Sequence[str] = (),
) -> Iterator[Report]:
    """Send traffic until the end of the block. The block starts when each client has completed a round.

    Args:
        login: User and password. Default: the sandbox's.
        attempts: How often an operation is tried; `PODMAN_ATTEMPTS` is what a real client does.
        layer_bytes: The size of each of an image's two layers.
        pause: The seconds between two rounds of a client.
        trusted: Certificates, PEM, to trust in addition to the load balancer's.
    """
    report, stop = Report(), threading.Event()
    endpoint = Endpoint.of(sandbox, login=login, trusted=trusted)

    def operate(name: str, operation: Callable[[RegistryClient], None], attempts: int = attempts) -> bool:
        def once() -> None:
            with RegistryClient(endpoint, on_request=report.count_request) as client:
                operation(client)

        start = time.monotonic()
        try:
            retry(once, attempts, on_failure=lambda error: report.failures.append(str(error)))
            return True
        except RequestFailed as error:
            report.abandoned_operations.append(f"{name}: {error}")
            return False
        finally:
            report.count_wait(time.monotonic() - start)

    def pull(image: Image, attempts: int = attempts) -> bool:
        try:
            return operate(f"pull of {image}", lambda client: client.pull(image), attempts)
        except Altered as error:
            report.lost.append(str(error))
            return True

    def repeat_rounds(number: int) -> None:
        repository, own = f"traffic/{secrets.token_hex(4)}", []
        while not stop.is_set():
            operate("login", RegistryClient.login)
            image = Image.random(repository, str(len(own)), layer_bytes=layer_bytes)
            if operate(f"push of {image}", lambda client, image=image: client.push(image)):
                own.append(image)
                report.pushed.append(image)
            if own:
                pull(random.choice(own))
            report.count_round(number)
            stop.wait(pause)

    def check(image: Image) -> None:
        if not pull(image, PODMAN_ATTEMPTS):
            report.lost.append(f"{image}: it could not be pulled")

    with ThreadPoolExecutor(clients) as pool:
        rounds = [pool.submit(repeat_rounds, number) for number in range(clients)]
        try:
            wait_until(lambda: len(report._rounds) == clients, "the traffic's first round", seconds=_ROUND_SECONDS)
            yield report
        finally:
            stop.set()
        for done in [*rounds, *(pool.submit(check, image) for image in report.pushed)]:
            done.result()
