"""Latency and throughput by the number of instances and of clients."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from bench import configurations, plots
from bench.configurations import Configuration, RunningRegistry
from bench.load import Load, load
from bench.measure import Size, Spread, in_turn, number
from bench.page import Page, table
from bench.testbed import Testbed
from sandbox.random_image import MB, Image

_INSTANCES = (1, 2, 4)
_CLIENTS = (1, 2, 4, 8, 16, 32, 64)
_REQUESTS = 192


@dataclass(frozen=True)
class _Step:
    """The requests of a number of clients.

    Attributes:
        cpu: The registries' processor seconds per request.
        evenness: The requests of the least busy instance over those of the busiest.
    """

    load: Load
    cpu: float
    evenness: float


def measure(page: Page, bed: Testbed, size: Size) -> None:
    image = Image.random("bench", "1", layers=1, layer_bytes=MB)
    path = f"/v2/{image.repository}/blobs/{image.blobs[-1].digest}"
    # By the number of instances and of clients, the rounds.
    found: dict[int, dict[int, list[_Step]]] = {count: {} for count in _INSTANCES}
    with ExitStack() as exits:
        registries = [
            exits.enter_context(configurations.stack(bed, Configuration(str(count), instances=count)))
            for count in _INSTANCES
        ]
        for registry in registries:
            bed.clients.push(registry.endpoint, image)
        for clients in _CLIENTS:
            steps = in_turn({each.name: partial(_step, each, path, clients) for each in registries}, size.rounds)
            for count in _INSTANCES:
                found[count][clients] = steps[str(count)]

    def spreads(count: int, quantity: Callable[[Load], float]) -> list[Spread]:
        return [Spread.of(quantity(step.load) for step in found[count][clients]) for clients in _CLIENTS]

    rates, distribution = [], []
    for count in _INSTANCES:
        columns = (spreads(count, quantity) for quantity in (_rate, _median, _percentile_99))
        rates += [(count, *row) for row in zip(_CLIENTS, *columns, strict=True)]
        steps = [step for each in found[count].values() for step in each]
        cpu, evenness = Spread.of(step.cpu * 1000 for step in steps), Spread.of(step.evenness for step in steps)
        distribution.append((count, cpu, f"{evenness.median:.0%}", number(1000 / cpu.median)))
    head = ("Instances", "Registry's processor ms per request", "Least / most busy instance", "Requests/s per core")
    page.add(
        "growth",
        table(("Instances", "Clients", "Requests/s", "Median latency, ms", "99th percentile, ms"), rates),
        table(head, distribution),
    )
    figure, (left, right) = plots.figure(2)
    page.picture("growth", figure)
    names = {f"{count} instance{'s' if count > 1 else ''}": count for count in _INSTANCES}
    for axes, title, unit, quantity in (
        (left, "Throughput, on shared cores", "requests/s", _rate),
        (right, "Median latency", "ms", _median),
    ):
        series = {name: spreads(count, quantity) for name, count in names.items()}
        plots.lines(axes, _CLIENTS, series, title=title, labels=("clients", unit))


def _step(registry: RunningRegistry, path: str, clients: int) -> _Step:
    assert registry.balancer
    before, cpu = registry.balancer.request_counts(), registry.cpu()["registry"]
    done = load(registry.endpoint, path, clients=clients, requests=_REQUESTS, status=307)
    requests = [count - before[address] for address, count in registry.balancer.request_counts().items()]
    return _Step(done, (registry.cpu()["registry"] - cpu) / _REQUESTS, min(requests) / max(requests))


def _rate(load: Load) -> float:
    return load.rate


def _median(load: Load) -> float:
    return load.percentile(50) * 1000


def _percentile_99(load: Load) -> float:
    return load.percentile(99) * 1000
