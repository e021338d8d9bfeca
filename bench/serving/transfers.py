"""Push and pull with the declared settings, with the article's, and with a bare registry."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from bench import configurations, plots
from bench.configurations import RELEASES, Configuration, RunningRegistry, Work, seconds, server_cpu
from bench.measure import Size, in_turn
from bench.page import Page, table
from bench.testbed import Testbed
from sandbox.random_image import MB, Image

_CLIENTS = 16
_SHARE = 0.01
_NAMES = ("declared", "article", "bare")

# By operation, major version and configuration, the rounds.
Found = dict[str, dict[int, dict[str, list[Work]]]]


def measure(page: Page, bed: Testbed, size: Size) -> None:
    found: Found = {}
    for major in RELEASES:
        declared = Configuration("declared", major)
        article = Configuration("article", major, article=True)
        with ExitStack() as exits:
            registries = [exits.enter_context(configurations.stack(bed, each)) for each in (declared, article)]
            registries.append(exits.enter_context(configurations.single_registry(bed, major, "bare")))
            for each in registries:
                _verify(bed, each)
            rounds = in_turn({each.name: partial(_round, bed, each, size.large_mb) for each in registries}, size.rounds)
        for name, each in rounds.items():
            for operation in each[0]:
                found.setdefault(operation, {}).setdefault(major, {})[name] = [works[operation] for works in each]
    _add_transfers(page, found)
    _add_load_balancer(page, found)


def _verify(bed: Testbed, registry: RunningRegistry) -> None:
    """Check that what is pulled has the digests of what was pushed."""
    image = Image.random("bench", "1", layer_bytes=3 * MB)
    bed.clients.push(registry.endpoint, image)
    bed.clients.pull(registry.endpoint, image, verify=True)


def _round(bed: Testbed, registry: RunningRegistry, large_mb: int) -> dict[str, Work]:
    large = Image.random("bench", "1", layers=1, layer_bytes=large_mb * MB)
    small = Image.random("bench", "1", layers=40, layer_bytes=MB)
    endpoint, clients = registry.endpoint, bed.clients
    works = {
        f"push of 1 layer of {large_mb} MB": registry.measure(lambda: clients.push(endpoint, large)),
        f"pull of 1 layer of {large_mb} MB": registry.measure(lambda: clients.pull(endpoint, large)),
        "push of 40 layers of 1 MB": registry.measure(lambda: clients.push(endpoint, small)),
        "pull of 40 layers of 1 MB": registry.measure(lambda: clients.pull(endpoint, small)),
        f"{_CLIENTS} pulls of them at once": registry.measure(lambda: clients.pull(endpoint, small, clients=_CLIENTS)),
    }
    registry.delete_all()
    return works


def _add_transfers(page: Page, found: Found) -> None:
    head = ("What", "Registry", *_NAMES, "Article / declared", "Declared / bare")
    by_seconds, by_cpu = (
        table(
            head,
            [
                (
                    operation,
                    RELEASES[major],
                    *(quantity(works[name]) for name in _NAMES),
                    quantity(works["article"]).over(quantity(works["declared"])).times(),
                    quantity(works["declared"]).over(quantity(works["bare"])).times(),
                )
                for operation, by_major in found.items()
                for major, works in by_major.items()
            ],
        )
        for quantity in (seconds, server_cpu)
    )
    page.add("transfers", by_seconds, by_cpu)
    figure, axes = plots.figure(len(RELEASES))
    page.picture("transfers", figure)
    for place, major in zip(axes, RELEASES, strict=True):
        ratios = {
            name: [seconds(found[what][major][name]).over(seconds(found[what][major]["bare"])) for what in found]
            for name in _NAMES[:-1]
        }
        labels = [what.replace(" of them ", "\n").replace(" of ", "\n") for what in found]
        plots.bars(place, labels, ratios, title=f"Time over a bare registry's, {RELEASES[major]}", unit="times")
        place.axhline(1, color="#333333", linewidth=0.8)


def _add_load_balancer(page: Page, found: Found) -> None:
    rows, worst = [], 0.0
    for operation, by_major in found.items():
        for major, by_name in by_major.items():
            work = max(by_name["declared"], key=lambda work: work.share_balanced)
            if "pull" in operation:
                worst = max(worst, work.share_balanced)
                size, sent = f"{work.size / MB:.0f} MB", f"{work.balanced / MB:.2f} MB"
                rows.append((operation, RELEASES[major], size, sent, f"{work.share_balanced:.3%}"))
    page.add("balanced", table(("What", "Registry", "Image data", "Through the load balancer", "Share"), rows))
    page.goal("less than 1 % of a pull's bytes through the load balancer", f"{worst:.3%} at most", worst < _SHARE)
