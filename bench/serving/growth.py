"""How latency and throughput grow with instances and clients."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from matplotlib.axes import Axes

from bench import plots, sides
from bench.ground import Ground
from bench.images import MB, Image
from bench.load import Load, load
from bench.measure import Spread, in_turn, number
from bench.report import Chapter, Picture, Table
from bench.sides import Side, Variant

_INSTANCES = (1, 2, 4)
_CLIENTS = (1, 2, 4, 8, 16, 32, 64)
_REQUESTS = 192


@dataclass(frozen=True)
class _Step:
    """Attributes:
    registry: the registries' processor seconds for each request.
    evenness: the requests of the instance with the fewest, over those of the one with the most.
    """

    load: Load
    registry: float
    evenness: float


Found = dict[int, dict[int, list[_Step]]]


def measure(ground: Ground, rounds: int) -> Chapter:
    """1, 2 and 4 instances in turn, for each number of clients."""
    with ExitStack() as exits:
        running = {
            count: exits.enter_context(sides.stack(ground, Variant(name=str(count), instances=count)))
            for count in _INSTANCES
        }
        paths = {}
        for count, side in running.items():
            image = Image.new(1, MB)
            ground.clients.push(side.target, image)
            paths[count] = f"/v2/{image.repository}/blobs/{image.layers[-1].digest}"
        found: Found = {count: {} for count in _INSTANCES}
        for clients in _CLIENTS:
            steps = in_turn(
                {
                    str(count): lambda count=count, clients=clients: _step(running[count], paths[count], clients)
                    for count in _INSTANCES
                },
                rounds,
            )
            for count in _INSTANCES:
                found[count][clients] = steps[str(count)]
    return _chapter(found)


def _step(side: Side, path: str, clients: int) -> _Step:
    assert side.balancer
    served, used = side.balancer.requests(), side.cpu()["registry"]
    done = load(side.target, path, clients=clients, requests=_REQUESTS, status=307)
    new = [count - served[address] for address, count in side.balancer.requests().items()]
    return _Step(done, (side.cpu()["registry"] - used) / _REQUESTS, min(new) / max(new))


def _rates(found: Found, count: int) -> list[Spread]:
    return [Spread.of([step.load.rate for step in found[count][clients]]) for clients in _CLIENTS]


def _latencies(found: Found, count: int, percent: float) -> list[Spread]:
    return [Spread.of([step.load.percentile(percent) * 1000 for step in found[count][clients]]) for clients in _CLIENTS]


def _chapter(found: Found) -> Chapter:
    rows = []
    for count in _INSTANCES:
        table = zip(
            _CLIENTS, _rates(found, count), _latencies(found, count, 50), _latencies(found, count, 99), strict=True
        )
        rows += [(str(count), str(clients), *(value.text() for value in values)) for clients, *values in table]
    steps = {count: [step for each in found[count].values() for step in each] for count in _INSTANCES}
    costs = {count: Spread.of([step.registry * 1000 for step in steps[count]]) for count in _INSTANCES}
    even = {count: Spread.of([step.evenness for step in steps[count]]) for count in _INSTANCES}
    spreading = [
        (str(count), costs[count].text(), f"{even[count].median:.0%}", number(1000 / costs[count].median))
        for count in _INSTANCES
    ]
    return Chapter(
        title="Instances and clients",
        method=(
            f"{_REQUESTS} requests for a layer's address (authenticated, answered by a redirect), registry 2.8.2, by 1 "
            f"to {_CLIENTS[-1]} connections that are kept, each of which asks again as soon as it has its answer. All "
            "instances, the load balancer and the client share the machine's 2 cores: more instances cannot make it "
            "faster here. What more instances would bring where each has cores of its own is in the second table: what "
            "a request costs the registries, and how evenly the load balancer spreads them."
        ),
        tables=[
            Table(("Instances", "Clients", "Requests/s", "Median latency, ms", "99 % within, ms"), rows),
            Table(
                ("Instances", "Registry's processor time per request, ms", "Least to most busy", "Requests/s per core"),
                spreading,
            ),
        ],
        pictures=[
            Picture(
                "growth",
                "Requests per second and median latency by clients, for 1, 2 and 4 instances",
                lambda axes: _draw(axes, found),
                columns=2,
            )
        ],
    )


def _draw(axes: Sequence[Axes], found: Found) -> None:
    by_count = {f"{count} instance{'s' if count > 1 else ''}": count for count in _INSTANCES}
    rates = {name: _rates(found, count) for name, count in by_count.items()}
    plots.lines(axes[0], _CLIENTS, rates, title="Throughput, on 2 cores for all", labels=("clients", "requests/s"))
    medians = {name: _latencies(found, count, 50) for name, count in by_count.items()}
    plots.lines(axes[1], _CLIENTS, medians, title="Median latency", labels=("clients", "ms"))
