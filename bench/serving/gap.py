"""What lies between a bare registry and the declared stack: one thing after the other is added."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from matplotlib.axes import Axes

from bench import plots, s3, sides
from bench.ground import Ground
from bench.images import MB, Image
from bench.measure import in_turn, number
from bench.report import Chapter, Picture, Table
from bench.sides import RELEASES, Side, Variant
from bench.work import PARTS, Work, measured, part, processor, seconds

_LAYERS = 20
_S3_SECONDS = 0.03
# Linux counts a process's time in hundredths of a second.
_TELLING = 0.05

Found = dict[int, dict[str, list[tuple[Work, Work]]]]


def measure(ground: Ground, rounds: int) -> list[Chapter]:
    """Both versions."""
    found: Found = {}
    for major in RELEASES:
        with ExitStack() as exits:
            running = [
                exits.enter_context(side)
                for side in (
                    sides.direct(ground, major, "bare"),
                    sides.direct(ground, major, "+ S3", s3=True),
                    sides.direct(ground, major, "+ passwords", s3=True, passwords=True),
                    sides.direct(ground, major, "+ TLS", s3=True, passwords=True, tls=True),
                    sides.stack(ground, Variant(name="+ load balancer", major=major, instances=1)),
                    sides.stack(ground, Variant(name="+ second instance", major=major)),
                )
            ]
            found[major] = in_turn({side.name: lambda side=side: _round(ground, side) for side in running}, rounds)
    return [_steps(found), _requests(ground)]


def _round(ground: Ground, side: Side) -> tuple[Work, Work]:
    image = Image.new(_LAYERS, MB)
    pushed = measured(side, lambda: ground.clients.push(side.target, image))
    pulled = measured(side, lambda: ground.clients.pull(side.target, image))
    side.forget()
    return pushed, pulled


def _steps(found: Found) -> Chapter:
    rows = []
    for major, by_side in found.items():
        for name, works in by_side.items():
            cells = []
            for each in zip(*works, strict=True):
                cells += [seconds(each).text(), processor(each).text()]
            rows.append((RELEASES[major], name, *cells))
    return Chapter(
        title="What the gap to a bare registry is made of",
        method=(
            f"{_LAYERS} layers of 1 MB, pushed and pulled; from row to row one thing is added, and the last one is the "
            "declared stack. The picture shows which processes the processor time goes to: in AWS, the load balancer "
            "and S3 are no work of the instances."
        ),
        tables=[Table(("Registry", "", "Push, s", "of processor", "Pull, s", "of processor"), rows)],
        findings="\n".join(_shares(major, by_side) for major, by_side in found.items()),
        pictures=[
            Picture(
                "gap",
                "Processor seconds of client, load balancer, registry and S3 from bare to declared",
                lambda axes: _draw(axes, found),
                columns=2,
            )
        ],
    )


def _shares(major: int, by_side: dict[str, list[tuple[Work, Work]]]) -> str:
    """Who uses what the last side, the declared one, takes beyond the first, the bare one."""
    bare, *_, declared = by_side.values()
    told = []
    for index, what in enumerate(("push", "pull")):
        more = {
            name: part([each[index] for each in declared], name) - part([each[index] for each in bare], name)
            for name in PARTS[1:]
        }
        total = sum(more.values())
        shares = ", ".join(f"{name} {seconds / total:.0%}" for name, seconds in more.items())
        told.append(
            f"{what}, {number(total)} processor seconds more than bare: {shares}"
            if total >= _TELLING
            else f"{what}, about as many processor seconds as bare"
        )
    return f"- {RELEASES[major]}: {'; '.join(told)}."


def _draw(axes: Sequence[Axes], found: Found) -> None:
    for place, what, index in zip(axes, ("Push", "Pull"), (0, 1), strict=True):
        rows = [f"{name}, {RELEASES[major]}" for major in found for name in found[major]]
        parts = {
            name: [part([work[index] for work in works], name) for each in found.values() for works in each.values()]
            for name in PARTS
        }
        plots.stacked(place, rows, parts, title=f"{what} of {_LAYERS} layers of 1 MB", unit="processor seconds")


def _requests(ground: Ground) -> Chapter:
    """Counted, not timed: what S3 is asked."""
    rows = []
    with ExitStack() as exits:
        storage = exits.enter_context(s3.serving(ground.data / "counted", ground.s3.region, logging=True))
        for major in RELEASES:
            for variant in (
                Variant(name="declared", major=major, instances=1),
                Variant(
                    name="cache in memory",
                    major=major,
                    instances=1,
                    environment={"REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR": "inmemory"},
                ),
            ):
                with sides.stack(ground, variant, storage) as side:
                    pushed, pulled = _counted(ground, storage, side)
                    # The blobs come from S3 in any case; all else is what the registry asks.
                    asked = pulled - (_LAYERS + 1)
                    rows.append(
                        (
                            RELEASES[major],
                            variant.name,
                            f"{pushed / (_LAYERS + 1):.1f}",
                            f"{asked / (_LAYERS + 1):.1f}",
                            f"{asked / (_LAYERS + 1) * _S3_SECONDS * 1000:.0f} ms",
                        )
                    )
    return Chapter(
        title="What S3 is asked",
        method=(
            "Counted in S3's log, for the same image. The S3 of this machine answers in about a millisecond; over a "
            f"network each request waits longer. The last column supposes {_S3_SECONDS * 1000:.0f} ms."
        ),
        tables=[
            Table(
                (
                    "Registry",
                    "",
                    "Requests per layer pushed",
                    "Registry's requests per layer pulled",
                    "Wait per layer pulled",
                ),
                rows,
            )
        ],
        findings=(
            "Without a cache of blob descriptors, the registry looks a layer up three times before it answers with its "
            "address in S3: in the handler, when it serves it, and for its event. Each time it reads the repository's "
            "link and asks for the data's size (a HEAD in 3.1.1, a listing in 2.8.2); serving asks once more."
        ),
    )


def _counted(ground: Ground, storage: s3.S3, side: Side) -> tuple[int, int]:
    """The requests of a push, and of a pull of the same image."""
    image, begun = Image.new(_LAYERS, MB), storage.requests()
    ground.clients.push(side.target, image)
    pushed = storage.requests()
    ground.clients.pull(side.target, image)
    return pushed - begun, storage.requests() - pushed
