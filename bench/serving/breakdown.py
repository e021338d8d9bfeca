"""From a bare registry to the declared stack, one step at a time, and the requests to S3."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from bench import configurations, plots, s3
from bench.configurations import (
    PARTS,
    PASSWORDS,
    RELEASES,
    S3_STORAGE,
    TLS,
    Configuration,
    RunningRegistry,
    Work,
    seconds,
    server_cpu,
)
from bench.measure import Size, Spread, in_turn, number
from bench.page import Page, table
from bench.testbed import Testbed
from sandbox.random_image import MB, Image

_LAYERS = 20
_S3_MILLISECONDS = 30
# A smaller difference is within the resolution: Linux counts processor time in hundredths of a second.
_SIGNIFICANT_SECONDS = 0.05

# The push and the pull of each round.
Rounds = Sequence[tuple[Work, Work]]


def measure(page: Page, bed: Testbed, size: Size) -> None:
    found: dict[int, dict[str, Rounds]] = {}
    for major in RELEASES:
        with ExitStack() as exits:
            single = partial(configurations.single_registry, bed, major)
            steps = (
                single("bare"),
                single("+ S3", [S3_STORAGE]),
                single("+ passwords", [S3_STORAGE, PASSWORDS]),
                single("+ TLS", [S3_STORAGE, PASSWORDS, TLS]),
                configurations.stack(bed, Configuration("+ load balancer", major, instances=1)),
                configurations.stack(bed, Configuration("+ second instance", major)),
            )
            registries = [exits.enter_context(step) for step in steps]
            found[major] = {**in_turn({each.name: partial(_round, bed, each) for each in registries}, size.rounds)}
    rows = [
        (
            RELEASES[major],
            name,
            *(spread(each) for each in zip(*rounds, strict=True) for spread in (seconds, server_cpu)),
        )
        for major, by_name in found.items()
        for name, rounds in by_name.items()
    ]
    head = ("Registry", "", "Push, s", "Push, processor s", "Pull, s", "Pull, processor s")
    page.add("breakdown", table(head, rows))
    page.add("shares", "\n".join(_shares(major, list(by_name.values())) for major, by_name in found.items()))
    figure, axes = plots.figure(2)
    page.picture("gap", figure)
    names = [f"{name}, {RELEASES[major]}" for major in found for name in found[major]]
    every = [rounds for by_name in found.values() for rounds in by_name.values()]
    for operation, (place, name) in enumerate(zip(axes, ("Push", "Pull"), strict=True)):
        parts = {part: [_cpu(rounds, operation, part) for rounds in every] for part in PARTS}
        plots.stacked(place, names, parts, title=f"{name} of {_LAYERS} layers of 1 MB", unit="processor seconds")
    _count_requests(page, bed)


def _round(bed: Testbed, registry: RunningRegistry) -> tuple[Work, Work]:
    image = Image.random("bench", "1", layers=_LAYERS, layer_bytes=MB)
    pushed = registry.measure(lambda: bed.clients.push(registry.endpoint, image))
    pulled = registry.measure(lambda: bed.clients.pull(registry.endpoint, image))
    registry.delete_all()
    return pushed, pulled


def _cpu(rounds: Rounds, operation: int, part: str) -> float:
    """Return the median of a part's processor seconds; operation 0 is the push, 1 the pull."""
    return Spread.of(each[operation].cpu[part] for each in rounds).median


def _shares(major: int, steps: Sequence[Rounds]) -> str:
    """Describe which parts use the processor time that the stack takes and a bare registry does not."""
    texts = []
    for operation, name in enumerate(("push", "pull")):
        more = {part: _cpu(steps[-1], operation, part) - _cpu(steps[0], operation, part) for part in PARTS[1:]}
        total = sum(more.values())
        if total < _SIGNIFICANT_SECONDS:
            texts.append(f"{name}, about as many processor seconds as bare")
        else:
            shares = ", ".join(f"{part} {extra / total:.0%}" for part, extra in more.items())
            texts.append(f"{name}, {number(total)} processor seconds more than bare: {shares}")
    return f"- {RELEASES[major]}: {'; '.join(texts)}."


def _count_requests(page: Page, bed: Testbed) -> None:
    rows = []
    with s3.serving(bed.data / "counted", bed.s3.region, logging=True) as storage:
        for major in RELEASES:
            for name, environment in (("declared", {}), configurations.CACHE):
                changed = Configuration(name, major, instances=1, environment=environment)
                with configurations.stack(bed, changed, storage) as registry:
                    pushed, pulled = _requests_per_blob(bed, storage, registry)
                wait = f"{pulled * _S3_MILLISECONDS:.0f} ms"
                rows.append((RELEASES[major], name, f"{pushed:.1f}", f"{pulled:.1f}", wait))
    head = ("Registry", "", "Per layer pushed", "By the registry, per layer pulled", "Wait per layer pulled")
    page.add("s3_requests", table(head, rows))


def _requests_per_blob(bed: Testbed, storage: s3.S3, registry: RunningRegistry) -> tuple[float, float]:
    """Return the registry's requests to S3 for a push and for a pull."""
    image, start = Image.random("bench", "1", layers=_LAYERS, layer_bytes=MB), storage.requests()
    bed.clients.push(registry.endpoint, image)
    pushed = storage.requests()
    bed.clients.pull(registry.endpoint, image)
    blobs = len(image.blobs)
    # The client downloads each blob from S3 by one request of its own.
    return (pushed - start) / blobs, (storage.requests() - pushed - blobs) / blobs
