"""An unreliable network: a TCP proxy that resets some connections."""

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
# A connection is reset before it has sent this many bytes in one direction: in a TLS handshake, a request or a layer.
_MOST_BYTES = 4000
_START_SECONDS = _STOP_SECONDS = 10


@dataclass
class ResettingProxy:
    """A proxy that counts its connections.

    Attributes:
        server: the address and port to which it forwards.
        every: the proxy resets one of this many connections, after a random number of bytes.
        address: where it listens.
        port: where it listens.
        connections: the number of connections.
        resets: the number of reset connections.
    """

    server: tuple[str, int]
    every: int
    address: str = "127.0.0.1"
    port: int = 0
    connections: int = 0
    resets: int = 0

    async def listen(self) -> None:
        """Start to accept connections."""
        listener = await asyncio.start_server(self._serve, self.address, 0, backlog=256)
        self.port = listener.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        limit = None if self.connections % self.every else random.randrange(_MOST_BYTES)
        server_reader, server_writer = await asyncio.open_connection(*self.server)
        directions = [_forward(reader, server_writer, limit), _forward(server_reader, writer, limit)]
        tasks = [asyncio.create_task(direction) for direction in directions]
        try:
            for first in asyncio.as_completed(tasks):
                if await first:
                    self.resets += 1
                    _reset_at_close(writer, server_writer)
                    break
        finally:
            for task in tasks:
                task.cancel()
            for stream in (writer, server_writer):
                stream.transport.abort()


@contextmanager
def resetting_proxy(address: str, port: int, *, every: int) -> Iterator[ResettingProxy]:
    """Run a proxy for a server until the end of the block."""
    proxy, loop = ResettingProxy((address, port), every), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(proxy.listen(), loop).result(_START_SECONDS)
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(_STOP_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _cancel_all() -> None:
    """Close every connection that is still open."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None) -> bool:
    """Forward one direction to its end. Return True if it reached the limit of bytes before."""
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            if limit is not None:
                limit -= len(piece)
                if limit < 0:
                    return True
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
    return False


def _reset_at_close(*streams: asyncio.StreamWriter) -> None:
    for stream in streams:
        # socket(7), SO_LINGER with a timeout of 0: closing sends RST.
        stream.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
