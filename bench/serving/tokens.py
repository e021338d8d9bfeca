"""Requests per second with tokens, as with `access`, and without any authentication."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from bench import configurations
from bench.configurations import RELEASES, Configuration, RunningRegistry
from bench.load import Load, load
from bench.measure import Size, Spread, in_turn
from bench.page import Page, table
from bench.testbed import Testbed
from sandbox.random_image import Image
from sandbox.registry_client import RegistryClient

_CLIENTS = 8
_GOAL = 0.9
# The first does nothing else. The other is the first request of a pull, for which the registry reads from S3.
_CHECK, _MANIFEST = "/v2/", "/v2/team/app/manifests/1"
_REQUESTS = {_CHECK: 3000, _MANIFEST: 400}  # each takes a second or two


def measure(page: Page, bed: Testbed, size: Size) -> None:
    rows = []
    for major in RELEASES:
        compared = (
            Configuration("tokens", major, tokens=True),
            Configuration("no authentication", major, passwords=False),
        )
        with ExitStack() as exits:
            registries = [exits.enter_context(configurations.stack(bed, each)) for each in compared]
            for registry in registries:
                with RegistryClient(registry.endpoint) as client:
                    client.push(Image.random("team/app", "1"))
            for path in _REQUESTS:
                found = in_turn({each.name: partial(_load, path, each) for each in registries}, size.rounds)
                tokens, none = (
                    Spread.of(each.rate for each in found[configuration.name]) for configuration in compared
                )
                ratio = tokens.over(none)
                rows.append((RELEASES[major], f"`GET {path}`", tokens, none, ratio.times()))
                if path == _MANIFEST:
                    goal = (
                        f"{RELEASES[major]}: with tokens, at least {_GOAL} times the manifests/s of no authentication"
                    )
                    page.goal(goal, ratio.times(), ratio.median >= _GOAL)
    page.add("tokens", table(("Registry", "Request", "Tokens, requests/s", "None, requests/s", "Tokens / none"), rows))


def _load(path: str, registry: RunningRegistry) -> Load:
    return load(registry.endpoint, path, clients=_CLIENTS, requests=_REQUESTS[path])
