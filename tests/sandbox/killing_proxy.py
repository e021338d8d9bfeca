"""A network that breaks: a TCP proxy that resets some connections in the middle."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_PIECE = 64 * 1024
# A connection to be killed lives for fewer bytes than this, in one direction: of a TLS handshake, a request, a layer.
# Few connections are done before.
_LONGEST_LIFE = 4000
_START_SECONDS = _STOP_SECONDS = 10


@dataclass
class KillingProxy:
    """The proxy: how many connections it has had, and how many of them it has killed.

    Args:
        server: the address and port that it leads to.
        every: of so many connections one is killed, after a random number of bytes.
    """

    server: tuple[str, int]
    every: int
    address: str = "127.0.0.1"
    port: int = 0
    connections: int = 0
    killed: int = 0

    async def listen(self) -> None:
        """Begins to take connections."""
        listener = await asyncio.start_server(self._serve, self.address, 0, backlog=256)
        self.port = listener.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        life = None if self.connections % self.every else random.randrange(_LONGEST_LIFE)
        server_reader, server_writer = await asyncio.open_connection(*self.server)
        ways = [_pass_on(reader, server_writer, life), _pass_on(server_reader, writer, life)]
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            for first in asyncio.as_completed(tasks):
                if await first:
                    self.killed += 1
                    _reset_at_close(writer, server_writer)
                    break
        finally:
            for task in tasks:
                task.cancel()
            for end in (writer, server_writer):
                end.transport.abort()


@contextmanager
def killing_proxy(address: str, port: int, *, every: int) -> Iterator[KillingProxy]:
    """A proxy on loopback before a server, until the end."""
    proxy, loop = KillingProxy((address, port), every), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(proxy.listen(), loop).result(_START_SECONDS)
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(_end_all(), loop).result(_STOP_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_all() -> None:
    """Ends every connection that is still open."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, life: int | None) -> bool:
    """Copies one direction to its end; True if its life was over before."""
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            if life is not None:
                life -= len(piece)
                if life < 0:
                    return True
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
    return False


def _reset_at_close(*ends: asyncio.StreamWriter) -> None:
    for end in ends:
        # With nothing to linger for, closing sends RST.
        end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
