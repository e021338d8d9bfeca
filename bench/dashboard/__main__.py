"""The command line: python -m bench.dashboard."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.dashboard.drawing import draw
from bench.dashboard.observations import observations_of_log, observations_of_s3, sampling
from sandbox.local import Options, Sandbox, sandbox
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from sandbox.report import Report
from tests.sandbox.faulty_s3 import Fault, FaultyS3, faulty_s3
from tests.sandbox.replicas import replicas

_PROJECT = Path(__file__).parents[2]
_REPOSITORIES = ("shop/web", "shop/api", "tools/builder")
_PULLS_PER_PUSH = 3
_PAUSE_SECONDS = 0.5
_LAYER_BYTES = (100_000, 4_000_000)
_WRONG_LOGINS = 30


def main(arguments: Sequence[str]) -> int:
    """Run the prod stack under traffic with a fault, and draw its dashboard."""
    parser = argparse.ArgumentParser(prog="python -m bench.dashboard", description="Draws docs/dashboard.png.")
    parser.add_argument("--seconds", type=int, default=90, help="of traffic; default: %(default)s")
    parser.add_argument("--output", type=Path, default=_PROJECT / "docs" / "dashboard.png")
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="dashboard-") as folder,
        sandbox(Options(_PROJECT, "prod", Path(folder)), Report(Console(highlight=False))) as prod,
        faulty_s3(prod.stack.api) as s3,
        replicas(prod, Path(folder) / "replicas", s3=s3.api) as running,
        sampling(running) as sampler,
    ):
        start = time.time()
        _send_traffic(running, s3, options.seconds)
        end = time.time()
        lines = [line for container in running.containers for line in container.output().splitlines()]
    declared = prod.stack.declaration
    log_group = declared.one("aws:cloudwatch/logGroup:LogGroup", "registry-log").outputs["name"]
    body = json.loads(declared.one("aws:cloudwatch/dashboard:Dashboard").inputs["dashboardBody"])
    observed = {**sampler.observations, **observations_of_s3(s3), **observations_of_log(lines, log_group)}
    draw(body, observed, lines, start=start, end=end).savefig(options.output, dpi=80)
    return 0


def _send_traffic(running: Sandbox, s3: FaultyS3, seconds: int) -> None:
    """Push and pull. After a third of the time, wrong passwords are tried; after two thirds, S3 refuses requests."""
    stop = threading.Event()
    workers = [threading.Thread(target=_push_and_pull, args=(running, name, stop)) for name in _REPOSITORIES]
    for worker in workers:
        worker.start()
    try:
        time.sleep(seconds / 3)
        _try_wrong_passwords(running)
        time.sleep(seconds / 3)
        with s3.failing(Fault(slow_down=True)):
            time.sleep(seconds / 6)
        time.sleep(seconds / 6)
    finally:
        stop.set()
        for worker in workers:
            worker.join()


def _push_and_pull(running: Sandbox, repository: str, stop: threading.Event) -> None:
    endpoint, tag = Endpoint.of(running), 0
    while not stop.wait(_PAUSE_SECONDS):
        tag += 1
        size = random.randint(*_LAYER_BYTES)  # noqa: S311 (no secret)
        image = Image.random(repository, f"1.{tag}", layers=3, layer_bytes=size)
        try:
            with RegistryClient(endpoint) as client:
                client.push(image)
                for _ in range(_PULLS_PER_PUSH):
                    client.pull(image)
        except RequestFailed:
            continue  # the graphs show it


def _try_wrong_passwords(running: Sandbox) -> None:
    with RegistryClient(Endpoint.of(running, login=(running.user, "a wrong password"))) as client:
        for _ in range(_WRONG_LOGINS):
            try:
                client.login()
            except RequestFailed:
                continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
