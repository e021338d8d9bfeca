"""One push or pull, and what it took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.clients import Done
from bench.measure import Spread
from bench.sides import Side

PARTS = ("client", "load balancer", "registry", "S3")


@dataclass(frozen=True)
class Work:
    """What it took.

    Attributes:
        seconds: until it was done.
        cpu: the processor seconds of each of `PARTS`.
        size: the bytes of image data.
        balanced: the bytes that the load balancer sent to clients; 0 without one.
    """

    seconds: float
    cpu: Mapping[str, float]
    size: int
    balanced: int

    @property
    def processor(self) -> float:
        """The processor seconds of all but the client."""
        return sum(self.cpu.values()) - self.cpu["client"]


def measured(side: Side, do: Callable[[], Done]) -> Work:
    """Does it, on a side that does nothing else."""
    balancer = side.balancer
    sent, before = balancer.bytes_sent() if balancer else 0, side.cpu()
    done = do()
    after = side.cpu()
    cpu = {part: after.get(part, 0.0) - before.get(part, 0.0) for part in PARTS}
    return Work(done.seconds, {**cpu, "client": done.cpu}, done.size, balancer.bytes_sent() - sent if balancer else 0)


def seconds(works: Sequence[Work]) -> Spread:
    """How long they took."""
    return Spread.of([work.seconds for work in works])


def processor(works: Sequence[Work]) -> Spread:
    """Their processor seconds, the client's apart."""
    return Spread.of([work.processor for work in works])


def part(works: Sequence[Work], name: str) -> float:
    """The median of a part's processor seconds."""
    return Spread.of([work.cpu[name] for work in works]).median
