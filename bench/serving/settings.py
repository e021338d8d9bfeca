"""Settings that might close the gap, each tried against what is declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from bench import cpu, s3, sides
from bench.ground import Ground
from bench.images import MB, Image
from bench.load import load
from bench.measure import Spread, in_turn
from bench.report import Chapter, Table
from bench.s3 import S3
from bench.sides import Side, Variant
from bench.size import Size
from bench.work import measured

_CLIENTS = 8
_REQUESTS = 400
_AT_ONCE = 8
_LAYERS = 10
_LARGE = 64 * MB
_S3_MILLISECONDS = 20
_S3 = "REGISTRY_STORAGE_S3_"
_MIB = 1 << 20
# What a setting must bring in every round.
_WORTH = 0.95


_DECISIONS = """\
What is declared, and why: there is no cache of blob descriptors, though each layer that is pulled then costs seven
requests to S3, because a replica would serve from its own what was deleted through another one. A cache in Redis, which
replicas could share, was as fast as one in memory, but a replica that has asked S3 just before a delete fills it again
just after, for good. Redirects are on. Chunks stay at 10 MiB: a registry buffers them for each
upload, and a task reserves 256 MiB. How S3 is told to copy a layer to its place stays at the driver's values: 64 MB are
two parts, and the copying is S3's own work, of which a folder on this machine tells little. TLS to the registry stays
on, on connections that the load balancer keeps, with an ECDSA certificate. Clients may speak HTTP/2 to the load
balancer; an ALB's targets get HTTP/1.1. bcrypt's cost 4, the least there is, would save about a millisecond of each
request; generated passwords stay at 5, and 40 times as fast as by passlib's default needs no more."""


@dataclass(frozen=True)
class _Result:
    """Attributes:
    seconds: how long it took.
    processor: the processor seconds of the registries.
    memory: the most that a registry has ever had, in MiB.
    """

    seconds: float
    processor: float
    memory: float


@dataclass(frozen=True)
class _Try:
    """A setting with another value.

    Attributes:
        name: for the table.
        environment: variables over the declared ones.
        cost: of bcrypt, if another.
        http2: whether clients speak HTTP/2.
        fresh: whether clients make a new connection for each request.
    """

    name: str
    environment: Mapping[str, str | None] = field(default_factory=dict)
    cost: int | None = None
    http2: bool = False
    fresh: bool = False


_DECLARED = _Try("declared")
_Measurement = Callable[[Ground, Side, _Try], _Result]


@dataclass(frozen=True)
class _Experiment:
    """What several settings are measured by.

    Attributes:
        what: for the table.
        measurement: of one try on its side, again in each round.
        stored: an image that each side gets before the first round.
        quick: its turns are short, and before the first round there is one that does not count.
    """

    what: str
    measurement: _Measurement
    tries: Sequence[_Try]
    stored: Image | None = None
    quick: bool = False


def measure(ground: Ground, size: Size) -> Chapter:
    """Every setting, by what it might change."""
    rows: list[Sequence[str]] = []
    with s3.distant(ground.s3, ground.data / "distant", _S3_MILLISECONDS) as storage:
        for experiment in _experiments():
            rows += _rows(experiment, ground, storage, size)
    return Chapter(
        title="Settings that were tried",
        method=(
            "Each against what is declared, on registry 2.8.2 with one instance, in turn; less is better. S3 answers "
            f"{_S3_MILLISECONDS} ms later than it could: most of these settings are about waiting for it. Memory is "
            "the most that a registry has had since its start. A setting is *faster* if it takes "
            f"{1 - _WORTH:.0%} or more off the time in every round."
        ),
        tables=[
            Table(
                (
                    "Measured by",
                    "Setting",
                    "Seconds",
                    "Time / declared",
                    "Registry's processor time",
                    "Memory, MiB",
                    "",
                ),
                rows,
            )
        ],
        findings=_DECISIONS,
    )


def _rows(experiment: _Experiment, ground: Ground, storage: S3, size: Size) -> list[Sequence[str]]:
    tries = (_DECLARED, *experiment.tries)
    with ExitStack() as exits:
        # What differs in the client alone needs no registry of its own.
        own = {
            each.name: exits.enter_context(
                sides.stack(
                    ground,
                    Variant(name=each.name, instances=1, environment=each.environment, cost=each.cost),
                    storage,
                )
            )
            for each in tries
            if not (each.http2 or each.fresh)
        }
        if experiment.stored:
            for side in own.values():
                ground.clients.push(side.target, experiment.stored)
        measurements = {
            each.name: partial(experiment.measurement, ground, own.get(each.name, own[_DECLARED.name]), each)
            for each in tries
        }
        if experiment.quick:
            in_turn(measurements, 1)
        results = in_turn(measurements, size.short_rounds if experiment.quick else size.rounds)
    base = results[_DECLARED.name]
    return [_row(experiment.what, name, mine, base) for name, mine in results.items()]


def _row(what: str, name: str, mine: Sequence[_Result], base: Sequence[_Result]) -> Sequence[str]:
    seconds = Spread.of([each.seconds for each in mine])
    if mine is base:
        return what, name, seconds.text(), "", "", f"{mine[-1].memory:.0f}", ""
    time = seconds.over(Spread.of([each.seconds for each in base]))
    processor = Spread.of([each.processor for each in mine]).over(Spread.of([each.processor for each in base]))
    worth = time.high <= _WORTH
    return what, name, seconds.text(), time.times(), processor.times(), f"{mine[-1].memory:.0f}", "faster" * worth


def _push_of(layers: int, layer_bytes: int) -> _Measurement:
    def push(ground: Ground, side: Side, _: _Try) -> _Result:
        image = Image.new(layers, layer_bytes)
        work = measured(side, lambda: ground.clients.push(side.target, image))
        side.forget()
        return _Result(work.seconds, work.cpu["registry"], cpu.peak_memory(side.processes["registry"]))

    return push


def _pulls_of(image: Image) -> _Measurement:
    def pull(ground: Ground, side: Side, _: _Try) -> _Result:
        work = measured(side, lambda: ground.clients.pull(side.target, image, at_once=_AT_ONCE))
        return _Result(work.seconds, work.cpu["registry"], cpu.peak_memory(side.processes["registry"]))

    return pull


def _requests(_: Ground, side: Side, how: _Try) -> _Result:
    before = side.cpu()["registry"]
    done = load(side.target, "/v2/", clients=_CLIENTS, requests=_REQUESTS, http2=how.http2, fresh=how.fresh)
    used = side.cpu()["registry"] - before
    return _Result(_REQUESTS / done.rate, used, cpu.peak_memory(side.processes["registry"]))


def _experiments() -> Sequence[_Experiment]:
    image = Image.new(_LAYERS, MB)
    return (
        _Experiment(
            f"push of {_LARGE // MB} MB",
            _push_of(1, _LARGE),
            (
                _Try("chunks of 5 MiB, not 10", {f"{_S3}CHUNKSIZE": str(5 * _MIB)}),
                _Try("chunks of 32 MiB", {f"{_S3}CHUNKSIZE": str(32 * _MIB)}),
                _Try("copied one part at a time, not up to 100", {f"{_S3}MULTIPARTCOPYMAXCONCURRENCY": "1"}),
                _Try("copied whole, not in parts of 32 MiB", {f"{_S3}MULTIPARTCOPYTHRESHOLDSIZE": str(5_000_000_000)}),
            ),
        ),
        _Experiment(
            f"push of {_LAYERS} layers of 1 MB",
            _push_of(_LAYERS, MB),
            (_Try("cache in memory", {"REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR": "inmemory"}),),
        ),
        _Experiment(
            f"{_AT_ONCE} pulls of {_LAYERS} layers of 1 MB",
            _pulls_of(image),
            (
                _Try("cache in memory", {"REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR": "inmemory"}),
                _Try("no redirects", {"REGISTRY_STORAGE_REDIRECT_DISABLE": "true"}),
            ),
            stored=image,
            quick=True,
        ),
        _Experiment(
            f"{_REQUESTS} requests",
            _requests,
            (
                _Try("bcrypt cost 4, not 5", cost=4),
                _Try("errors alone logged", {"REGISTRY_LOG_LEVEL": "error"}),
                _Try("access log too", {"REGISTRY_LOG_ACCESSLOG_DISABLED": "false"}),
                _Try("TLS 1.3 alone to the registry", {"REGISTRY_HTTP_TLS_MINIMUMTLS": "tls1.3"}),
                _Try("no HTTP/2 in the registry", {"REGISTRY_HTTP_HTTP2_DISABLED": "true"}),
                _Try("HTTP/2 clients", http2=True),
                _Try("new connections", fresh=True),
            ),
            quick=True,
        ),
    )
