"""Requests per second with passwords, by the cost of bcrypt."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from bench import configurations, plots
from bench.configurations import RELEASES, Configuration, RunningRegistry
from bench.load import Load, load
from bench.measure import Size, Spread, in_turn
from bench.page import Page, table
from bench.testbed import Testbed

_CLIENTS = 8
_GOAL = 40
_COST_12 = "cost 12"
_REQUESTS = {"declared": 600, _COST_12: 24, "no passwords": 2000}  # each takes a second or two


def measure(page: Page, bed: Testbed, size: Size) -> None:
    found: dict[int, dict[str, list[Load]]] = {}
    for major in RELEASES:
        compared = (
            Configuration("declared", major),
            Configuration(_COST_12, major, bcrypt_cost=12),
            Configuration("no passwords", major, passwords=False),
        )
        with ExitStack() as exits:
            registries = [exits.enter_context(configurations.stack(bed, each)) for each in compared]
            found[major] = in_turn({each.name: partial(_load, each) for each in registries}, size.rounds)
    rows = []
    for major, by_name in found.items():
        for name, loads in by_name.items():
            latency = Spread.of(each.percentile(50) * 1000 for each in loads)
            ratio = "" if name == "declared" else _rate(by_name["declared"]).over(_rate(loads)).times()
            rows.append((RELEASES[major], name, _rate(loads), latency, ratio))
        ratio = _rate(by_name["declared"]).over(_rate(by_name[_COST_12]))
        goal = f"{RELEASES[major]}: at least {_GOAL} times the requests/s of bcrypt cost 12"
        page.goal(goal, ratio.times(), ratio.median >= _GOAL)
    page.add("passwords", table(("Registry", "Passwords", "Requests/s", "Median latency, ms", "Declared / this"), rows))
    figure, (axes,) = plots.figure(1)
    page.picture("passwords", figure)
    plots.bars(
        axes,
        [f"registry {RELEASES[major]}" for major in found],
        {name: [_rate(found[major][name]) for major in found] for name in _REQUESTS},
        title="Authenticated requests through the load balancer",
        unit="requests/s, logarithmic",
        log=True,
    )


def _load(registry: RunningRegistry) -> Load:
    return load(registry.endpoint, "/v2/", clients=_CLIENTS, requests=_REQUESTS[registry.name])


def _rate(loads: Sequence[Load]) -> Spread:
    return Spread.of(each.rate for each in loads)
