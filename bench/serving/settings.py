"""Settings that might make the registry faster, each compared with what is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from bench import configurations, s3
from bench.configurations import CACHE, Configuration, RunningRegistry
from bench.load import load
from bench.measure import Size, Spread, in_turn
from bench.page import Page, table
from bench.s3 import S3
from bench.testbed import Testbed
from sandbox.machine.process_tree import peak_memory
from sandbox.random_image import MB, Image

_CLIENTS = 8
_REQUESTS = 400
_S3_MILLISECONDS = 20
_S3 = "REGISTRY_STORAGE_S3_"
_FASTER = 0.95  # in every round
_IMAGE = Image.random("bench", "pulled", layers=10, layer_bytes=MB)


@dataclass(frozen=True)
class _Setting:
    """One value of one setting.

    Attributes:
        environment: Variables of the registry that differ from the declared ones.
        bcrypt_cost: If it differs from the declared one.
        clients: Options of `load`. With these, the clients of the declared registry differ.
    """

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    bcrypt_cost: int | None = None
    clients: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class _Result:
    """What a setting took.

    Attributes:
        cpu: The registry's processor seconds.
        memory: Its peak since its start, in MiB.
    """

    seconds: float
    cpu: float
    memory: float


# Measures the seconds of a registry and its clients.
_Measurement = Callable[[Testbed, RunningRegistry, _Setting], float]


def measure(page: Page, bed: Testbed, size: Size) -> None:
    with s3.distant(bed.s3, bed.data / "distant", _S3_MILLISECONDS) as storage:
        rows = [
            row
            for name, (measurement, settings) in _experiments().items()
            for row in _rows(name, measurement, [_Setting("declared"), *settings], bed, storage, size.rounds)
        ]
    head = ("Measured by", "Setting", "Seconds", "Time / declared", "Registry's processor time", "Memory, MiB", "")
    page.add("settings", table(head, rows))


def _experiments() -> Mapping[str, tuple[_Measurement, Sequence[_Setting]]]:
    """Return the settings by what they might make faster."""
    cache, mib = _Setting(*CACHE), 1 << 20
    return {
        "push of 64 MB": (
            partial(_push, 1, 64 * MB),
            [
                _Setting("chunks of 5 MiB, not 10", {f"{_S3}CHUNKSIZE": str(5 * mib)}),
                _Setting("chunks of 32 MiB", {f"{_S3}CHUNKSIZE": str(32 * mib)}),
                _Setting("copied one part at a time, not up to 100", {f"{_S3}MULTIPARTCOPYMAXCONCURRENCY": "1"}),
                _Setting("copied whole, not in parts of 32 MiB", {f"{_S3}MULTIPARTCOPYTHRESHOLDSIZE": "5000000000"}),
            ],
        ),
        "push of 10 layers of 1 MB": (partial(_push, 10, MB), [cache]),
        f"{_CLIENTS} pulls of 10 layers of 1 MB": (
            _pull,
            [cache, _Setting("no redirects", {"REGISTRY_STORAGE_REDIRECT_DISABLE": "true"})],
        ),
        f"{_REQUESTS} requests": (
            _request,
            [
                _Setting("bcrypt cost 4, not 5", bcrypt_cost=4),
                _Setting("only errors logged", {"REGISTRY_LOG_LEVEL": "error"}),
                _Setting("access log too", {"REGISTRY_LOG_ACCESSLOG_DISABLED": "false"}),
                _Setting("only TLS 1.3 to the registry", {"REGISTRY_HTTP_TLS_MINIMUMTLS": "tls1.3"}),
                _Setting("no HTTP/2 in the registry", {"REGISTRY_HTTP_HTTP2_DISABLED": "true"}),
                _Setting("HTTP/2 clients", clients={"http2": True}),
                _Setting("new connections", clients={"keep_alive": False}),
            ],
        ),
    }


def _push(layers: int, layer_bytes: int, bed: Testbed, registry: RunningRegistry, _: _Setting) -> float:
    image = Image.random("bench", "1", layers=layers, layer_bytes=layer_bytes)
    return bed.clients.push(registry.endpoint, image).seconds


def _pull(bed: Testbed, registry: RunningRegistry, _: _Setting) -> float:
    return bed.clients.pull(registry.endpoint, _IMAGE, clients=_CLIENTS).seconds


def _request(_: Testbed, registry: RunningRegistry, setting: _Setting) -> float:
    done = load(registry.endpoint, "/v2/", clients=_CLIENTS, requests=_REQUESTS, **setting.clients)
    return _REQUESTS / done.rate


def _rows(
    name: str, measurement: _Measurement, settings: Sequence[_Setting], bed: Testbed, storage: S3, rounds: int
) -> Iterator[Sequence[object]]:
    with ExitStack() as exits:
        registries = {
            each.name: exits.enter_context(
                configurations.stack(
                    bed,
                    Configuration(each.name, instances=1, environment=each.environment, bcrypt_cost=each.bcrypt_cost),
                    storage,
                )
            )
            for each in settings
            if not each.clients
        }
        declared, *_ = registries.values()
        if measurement is _pull:
            for registry in registries.values():
                bed.clients.push(registry.endpoint, _IMAGE)
        turns = {
            each.name: partial(_result, measurement, bed, registries.get(each.name, declared), each)
            for each in settings
        }
        in_turn(turns, 1)  # warms up connections and caches
        results = in_turn(turns, rounds)
    for setting, result in results.items():
        yield name, setting, *_cells(result, results[settings[0].name])


def _result(measurement: _Measurement, bed: Testbed, registry: RunningRegistry, setting: _Setting) -> _Result:
    before = registry.cpu()["registry"]
    seconds = measurement(bed, registry, setting)
    return _Result(seconds, registry.cpu()["registry"] - before, peak_memory(registry.processes["registry"]))


def _cells(results: Sequence[_Result], declared: Sequence[_Result]) -> tuple[object, ...]:
    seconds, memory = Spread.of(each.seconds for each in results), f"{results[-1].memory:.0f}"
    if results is declared:
        return seconds, "", "", memory, ""
    time = seconds.over(Spread.of(each.seconds for each in declared))
    cpu = Spread.of(each.cpu for each in results).over(Spread.of(each.cpu for each in declared))
    return seconds, time.times(), cpu.times(), memory, "faster" if time.high <= _FASTER else ""
