"""How many requests a second one replica serves, by its vCPUs: the base of the target values of its scaling.

A replica of N vCPUs is a registry with GOMAXPROCS=N: Go runs its code on at most N cores at once. The client, the load
balancer and S3 need another core.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from bench import configurations, testbed
from bench.configurations import RELEASES, Configuration, RunningRegistry
from bench.load import STREAMS, paced
from bench.measure import Size, Spread, in_turn
from bench.page import Page, table
from sandbox.random_image import MB, Image
from sandbox.report import Report

_VCPUS = [count for count in (1, 2) if count < (os.cpu_count() or 1)]
_STEP = 3 * STREAMS  # requests per second
_SECONDS = 2
_ANSWERED = 0.95
_SLOWER = 2.0


@dataclass(frozen=True)
class Step:
    """The requests at one rate.

    Attributes:
        rate: The requests sent per second.
        answered: The answers per second.
        latency: The median, in seconds.
        cpu: The registry's processor seconds per request.
    """

    rate: int
    answered: float
    latency: float
    cpu: float

    @property
    def is_behind(self) -> bool:
        """Whether too few requests were answered in time."""
        return self.answered < _ANSWERED * self.rate


def measure(page: Page, size: Size, report: Report) -> None:
    image = Image.random("bench", "1", layers=1, layer_bytes=MB)
    path = f"/v2/{image.repository}/blobs/{image.blobs[-1].digest}"
    replicas = {f"{major} {count}": (major, count) for major in RELEASES for count in _VCPUS}
    with testbed.running(report) as bed, report.step("requests per replica"), ExitStack() as exits:
        registries = {
            name: exits.enter_context(
                configurations.stack(
                    bed, Configuration(name, major, instances=1, environment={"GOMAXPROCS": str(count)})
                )
            )
            for name, (major, count) in replicas.items()
        }
        for registry in registries.values():
            bed.clients.push(registry.endpoint, image)
        found = in_turn({name: partial(_stairs, each, path) for name, each in registries.items()}, size.rounds)
    head = ("Registry", "vCPUs", "Requests/s at the knee", "Median latency, ms", "At the lowest rate, ms")
    rows = [(RELEASES[major], count, *_cells(found[name], count)) for name, (major, count) in replicas.items()]
    page.add("scaling", table((*head, "Processor ms per request", "Busy at the knee"), rows))


def _stairs(registry: RunningRegistry, path: str) -> list[Step]:
    """Send requests at ever higher rates, until the registry falls behind at two of them in a row."""
    steps: list[Step] = []
    while sum(step.is_behind for step in steps[-2:]) < 2:
        steps.append(_step(registry, path, _STEP * (len(steps) + 1)))
    return steps


def _step(registry: RunningRegistry, path: str, rate: int) -> Step:
    before = registry.cpu()["registry"]
    done = paced(registry.endpoint, path, rate=rate, seconds=_SECONDS, status=307)
    cpu = registry.cpu()["registry"] - before
    return Step(rate, done.rate, done.percentile(50), cpu / len(done.latencies))


def knee(steps: Sequence[Step]) -> Step:
    """The highest rate that was answered in full, with a median latency of at most twice that at the lowest rate."""
    first = steps[0]
    good = [step for step in steps if not step.is_behind and step.latency <= _SLOWER * first.latency]
    return max([first, *good], key=lambda step: step.rate)


def _cells(rounds: Sequence[Sequence[Step]], vcpus: int) -> tuple[object, ...]:
    knees = [knee(steps) for steps in rounds]

    def spread(quantity: Callable[[Step], float], steps: Sequence[Step]) -> Spread:
        return Spread.of(quantity(step) for step in steps)

    busy = spread(lambda step: step.cpu * step.rate / vcpus, knees).median
    return (
        spread(lambda step: step.rate, knees),
        spread(lambda step: step.latency * 1000, knees),
        spread(lambda step: step.latency * 1000, [steps[0] for steps in rounds]),
        spread(lambda step: step.cpu * 1000, knees),
        f"{busy:.0%}",
    )
