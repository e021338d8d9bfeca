"""Requests per second with passwords: what a bcrypt cost of 5 is worth."""

from __future__ import annotations

from contextlib import ExitStack

from bench import plots, sides
from bench.ground import Ground
from bench.load import Load, load
from bench.measure import Spread, in_turn, number
from bench.report import Chapter, Goal, Picture, Table
from bench.sides import RELEASES, Side, Variant

_CLIENTS = 8
_GOAL = 40
# As many as take a second or two.
_REQUESTS = {"declared": 600, "cost 12": 24, "no passwords": 2000}


def measure(ground: Ground, rounds: int) -> Chapter:
    """Both versions, each with the declared passwords, with passlib's default cost, and with none."""
    found: dict[int, dict[str, list[Load]]] = {}
    for major in RELEASES:
        variants = (
            Variant(name="declared", major=major),
            Variant(name="cost 12", major=major, cost=12),
            Variant(name="no passwords", major=major, passwords=False),
        )
        with ExitStack() as exits:
            running = [exits.enter_context(sides.stack(ground, variant)) for variant in variants]
            found[major] = in_turn({side.name: lambda side=side: _load(side) for side in running}, rounds)
    return _chapter(found)


def _load(side: Side) -> Load:
    return load(side.target, "/v2/", clients=_CLIENTS, requests=_REQUESTS[side.name])


def _rate(loads: list[Load]) -> Spread:
    return Spread.of([each.rate for each in loads])


def _median(loads: list[Load]) -> str:
    return Spread.of([each.percentile(50) * 1000 for each in loads]).text()


def _chapter(found: dict[int, dict[str, list[Load]]]) -> Chapter:
    rows, ratios = [], {}
    for major, by_side in found.items():
        ratios[major] = _rate(by_side["declared"]).over(_rate(by_side["cost 12"]))
        for name, loads in by_side.items():
            ratio = "" if name == "declared" else _rate(by_side["declared"]).over(_rate(loads)).times()
            rows.append((RELEASES[major], name, _rate(loads).text(), _median(loads), ratio))
    worst = min(ratio.median for ratio in ratios.values())
    share = max(
        load.cpu * load.rate / _REQUESTS[name] for each in found.values() for name in each for load in each[name]
    )
    return Chapter(
        title="Requests per second with passwords",
        method=(
            f"`GET /v2/` through the load balancer, by {_CLIENTS} connections that are kept, each of which asks again "
            "as soon as it has its answer. The registry computes bcrypt at every request. *Declared* is the hash of "
            "the generated password, cost 5; *cost 12* is passlib's default; *no passwords* is the same stack without "
            f"htpasswd. h2load, the client, took {share:.0%} of one core at most."
        ),
        tables=[Table(("Registry", "Passwords", "Requests/s", "Median latency, ms", "Declared is"), rows)],
        goals=[
            Goal(
                f"{_GOAL} times the requests/s of bcrypt cost 12, or more",
                ", ".join(f"{RELEASES[major]}: {ratio.times()}" for major, ratio in ratios.items()),
                worst >= _GOAL,
            )
        ],
        pictures=[
            Picture(
                "passwords",
                f"Requests per second by registry and passwords; declared is {number(worst)} times cost 12 or more",
                lambda axes: plots.bars(
                    axes[0],
                    [f"registry {RELEASES[major]}" for major in found],
                    {name: [_rate(found[major][name]) for major in found] for name in _REQUESTS},
                    title="Authenticated requests through the load balancer",
                    unit="requests/s, logarithmic",
                    log=True,
                ),
            )
        ],
    )
