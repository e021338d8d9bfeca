"""Push and pull against the article's settings and a bare registry, and what passes the load balancer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from matplotlib.axes import Axes

from bench import plots, sides
from bench.ground import Ground
from bench.images import MB, Image
from bench.measure import Spread, in_turn
from bench.report import Chapter, Goal, Picture, Table
from bench.sides import RELEASES, Side, Variant
from bench.size import Size
from bench.work import Work, measured, processor, seconds

_AT_ONCE = 16
_SHARE = 0.01
_SIDES = ("declared", "article", "bare")

_ARTICLE_CHANGES = """\
What had to be changed in the article's settings so that they run here: the bucket's name in place of its domain name;
an htpasswd file with bcrypt (the declared one; the article's `htpasswd -c` makes a hash that the registry refuses);
one `REGISTRY_HTTP_SECRET` for both instances (without it, two replicas cannot finish each other's uploads); address,
port and S3 endpoint, as for the declared ones. What is left as a difference is a second log line for each request, and
a check of S3 every ten seconds. The stack behind the settings is the same: the article's instances in one picture with
a classic load balancer were not built."""

Found = dict[str, dict[int, dict[str, list[Work]]]]


def measure(ground: Ground, size: Size) -> list[Chapter]:
    """All sides of both versions, in turn."""
    found: Found = {}
    for major in RELEASES:
        variants = (Variant(name="declared", major=major), Variant(name="article", major=major, article=True))
        with ExitStack() as exits:
            running = [exits.enter_context(sides.stack(ground, variant)) for variant in variants]
            running.append(exits.enter_context(sides.direct(ground, major, "bare")))
            for side in running:
                _prove(ground, side)
            one = {side.name: partial(_round, ground, side, 1, size.large_mb * MB) for side in running}
            many = {side.name: partial(_round, ground, side, 40, MB, _AT_ONCE) for side in running}
            rounds = (*in_turn(one, size.rounds).items(), *in_turn(many, size.short_rounds).items())
        for name, each in rounds:
            for works in each:
                for what, work in works.items():
                    found.setdefault(what, {}).setdefault(major, {}).setdefault(name, []).append(work)
    return [_transfers(found), _balancer(found)]


def _prove(ground: Ground, side: Side) -> None:
    """What is pulled has the digests of what was pushed."""
    image = Image.new(2, 3 * MB)
    ground.clients.push(side.target, image)
    ground.clients.pull(side.target, image, verify=True)


def _round(ground: Ground, side: Side, layers: int, layer_bytes: int, at_once: int = 0) -> dict[str, Work]:
    """A push and a pull, and another by so many clients at once, if any."""
    clients, target, image = ground.clients, side.target, Image.new(layers, layer_bytes)
    what = f"{layers} {'layer' if layers == 1 else 'layers'} of {layer_bytes // MB} MB"
    works = {
        f"push of {what}": measured(side, lambda: clients.push(target, image)),
        f"pull of {what}": measured(side, lambda: clients.pull(target, image)),
    }
    if at_once:
        works[f"{at_once} pulls of them at once"] = measured(side, lambda: clients.pull(target, image, at_once=at_once))
    side.forget()
    return works


def _transfers(found: Found) -> Chapter:
    rows = []
    for what, by_major in found.items():
        for major, by_side in by_major.items():
            mine = by_side["declared"]
            article, bare = (
                seconds(by_side["article"]).over(seconds(mine)),
                seconds(mine).over(seconds(by_side["bare"])),
            )
            rows.append(
                (
                    what,
                    RELEASES[major],
                    *(seconds(by_side[name]).text() for name in _SIDES),
                    article.times(),
                    bare.times(),
                )
            )
    used = [
        (
            what,
            RELEASES[major],
            *(processor(by_side[name]).text() for name in _SIDES),
            processor(by_side["article"]).over(processor(by_side["declared"])).times(),
            processor(by_side["declared"]).over(processor(by_side["bare"])).times(),
        )
        for what, by_major in found.items()
        for major, by_side in by_major.items()
    ]
    head = ("What", "Registry", *(f"{name}" for name in _SIDES), "Article / declared", "Declared / bare")
    client = max(
        work.cpu["client"] / work.seconds
        for by_major in found.values()
        for by_side in by_major.values()
        for works in by_side.values()
        for work in works
    )
    return Chapter(
        title="Push and pull",
        method=(
            "*Declared* is the dev stack with two instances. *Article* is the same with the environment of the "
            "article's task definition. *Bare* is one registry on a local folder with no TLS, no passwords and no load "
            "balancer: the practical limit. Five layers go up at once and three come down, as docker does it. The "
            "first table has the seconds until the last byte; the second one the processor seconds of load balancer, "
            "registries and S3, which other work on the machine disturbs less. Both end with the ratios. "
            f"The clients took up to {client:.1f} cores themselves."
        ),
        tables=[Table(head, rows), Table(head, used)],
        findings=_ARTICLE_CHANGES,
        pictures=[
            Picture(
                "transfers",
                "The time of each push and pull over that of a bare registry, declared and with the article's settings",
                lambda axes: _draw(axes, found),
                columns=len(RELEASES),
            )
        ],
    )


def _draw(axes: Sequence[Axes], found: Found) -> None:
    for place, major in zip(axes, RELEASES, strict=True):
        limit = [seconds(found[what][major]["bare"]) for what in found]
        others = {
            name: [seconds(found[what][major][name]).over(bare) for what, bare in zip(found, limit, strict=True)]
            for name in _SIDES[:-1]
        }
        title = f"Time over a bare registry's, {RELEASES[major]}"
        plots.bars(place, [_short(what) for what in found], others, title=title, unit="times")
        place.axhline(1, color="#333333", linewidth=0.8)


def _short(what: str) -> str:
    """In two lines, for a plot."""
    if what.startswith(str(_AT_ONCE)):
        return f"{_AT_ONCE} pulls\n40 x 1 MB"
    verb, _, image = what.partition(" of ")
    count, size = re.findall(r"\d+", image)
    return f"{verb}\n{size} MB" if count == "1" else f"{verb}\n{count} x {size} MB"


def _balancer(found: Found) -> Chapter:
    rows, worst = [], 0.0
    for what, by_major in found.items():
        if "pull" not in what:
            continue
        for major, by_side in by_major.items():
            works = by_side["declared"]
            share = Spread.of([work.balanced / work.size for work in works])
            worst = max(worst, share.high)
            size, sent = works[-1].size / MB, works[-1].balanced / MB
            rows.append((what, RELEASES[major], f"{size:.0f} MB", f"{sent:.2f} MB", f"{share.high:.3%}"))
    return Chapter(
        title="Image data through the load balancer",
        method=(
            "What the load balancer sent to clients during the pulls above, by its own counters: manifests and "
            "redirects with all headers. The layers themselves come from S3."
        ),
        tables=[Table(("What", "Registry", "Image data", "Through the load balancer", "Share"), rows)],
        goals=[Goal("less than 1 % of the bytes of a pull", f"{worst:.3%} at most", worst < _SHARE)],
    )
