"""Clients that cost little: processes that push and pull as docker does.

Each is a process of its own, which waits for work on stdin and answers on stdout, both pickled.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from sandbox.errors import SandboxError
from sandbox.random_image import Image
from sandbox.registry_client import Altered, Endpoint, RegistryClient, RequestFailed

_UPLOADS, _DOWNLOADS = 5, 3  # dockerd's defaults of max-concurrent-uploads and max-concurrent-downloads


@dataclass(frozen=True)
class Transfer:
    """A push or a pull, of one client or of several at once.

    Attributes:
        seconds: Until the last client was done.
        cpu: The clients' own processor time, in seconds.
        size: The bytes of image data.
    """

    seconds: float
    cpu: float
    size: int


class Clients:
    """The processes of up to 16 clients."""

    def __init__(self, processes: list[subprocess.Popen[bytes]]) -> None:
        self._processes = processes

    def push(self, endpoint: Endpoint, image: Image) -> Transfer:
        return self._run(partial(_push, endpoint, image), image, 1)

    def pull(self, endpoint: Endpoint, image: Image, *, clients: int = 1, verify: bool = False) -> Transfer:
        """Pull the whole image by each of several clients at once.

        Args:
            verify: Whether to compute and compare digests.
        """
        return self._run(partial(_pull, endpoint, image, verify), image, clients)

    def _run(self, work: Callable[[], None], image: Image, clients: int) -> Transfer:
        start = time.perf_counter()
        for process in self._processes[:clients]:
            assert process.stdin
            pickle.dump(work, process.stdin)
            process.stdin.flush()
        answers: list[float | str] = []
        for process in self._processes[:clients]:
            assert process.stdout
            answers.append(pickle.load(process.stdout))
        seconds = time.perf_counter() - start
        if errors := [answer for answer in answers if isinstance(answer, str)]:
            raise SandboxError(f"a client failed: {errors[0]}")
        return Transfer(seconds, sum(cpu for cpu in answers if isinstance(cpu, float)), image.size * clients)


@contextmanager
def running(count: int) -> Iterator[Clients]:
    """Start clients; they end with the block."""
    argv = [sys.executable, "-m", "bench.clients"]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            processes.append(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        yield Clients(processes)
    finally:
        for process in processes:
            process.communicate()  # closes its stdin, at which it ends


def _push(endpoint: Endpoint, image: Image) -> None:
    with RegistryClient(endpoint, connections=_UPLOADS) as client, ThreadPoolExecutor(_UPLOADS) as threads:
        list(threads.map(partial(client.push_blob, image.repository), image.blobs))
        client.push_manifest(image)


def _pull(endpoint: Endpoint, image: Image, verify: bool) -> None:
    with RegistryClient(endpoint, connections=_DOWNLOADS) as client, ThreadPoolExecutor(_DOWNLOADS) as threads:
        client.pull_manifest(image)
        list(threads.map(partial(client.pull_blob, image, verify=verify), image.blobs))


def _serve() -> None:
    """Do what is asked for, until stdin is closed. Answer with the processor seconds used, or with an error's text."""
    while True:
        try:
            work = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        start = time.process_time()
        try:
            work()
            answer = time.process_time() - start
        except (RequestFailed, Altered) as error:
            answer = str(error)
        pickle.dump(answer, sys.stdout.buffer)
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
