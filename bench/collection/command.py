"""The registry's command that collects garbage, run with what the declared task has."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.s3 import S3
from components.args import PrivateRegistryArgs
from components.pure.container import ContainerSettings, environment, garbage_collection
from sandbox.ecs.runtime import IMAGE_CONFIG
from sandbox.errors import SandboxError
from sandbox.machine import programs
from sandbox.machine.process_tree import peak_memory
from sandbox.machine.processes import last_lines, running

_SAMPLE_SECONDS = 0.5


@dataclass(frozen=True)
class Collection:
    """What a collection took.

    Attributes:
        requests: To S3.
        memory: The command's peak, in MiB.
    """

    requests: int
    seconds: float
    memory: float

    @property
    def milliseconds(self) -> float:
        """The time per request."""
        return 1000 * self.seconds / self.requests


def collect(major: int, storage: S3, bucket: str) -> Collection:
    """Collect a bucket's garbage, with the command and environment of the declared task."""
    settings = ContainerSettings(
        image=f"registry:{major}",
        memory_limit=PrivateRegistryArgs().memory_limit,
        region=storage.region,
        bucket=bucket,
        log_group="",
        http_secret_arn="",
    )
    env = {
        **environment(settings),
        **storage.api.access_key.environment(),
        **storage.registry_environment(),
    }
    *command, _ = garbage_collection(settings.image)
    before = storage.requests()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        # In place of the image's: the command names its program, and ends with its config file.
        program, config = Path(name) / "registry", Path(name) / "config.yml"
        program.symlink_to(programs.registry(major, lambda _: None))
        config.write_text(IMAGE_CONFIG)
        path = {"PATH": f"{name}:/usr/bin:/bin"}
        seconds, memory = _measured([*command, str(config)], {**env, **path}, Path(name) / "log")
    return Collection(storage.requests() - before, seconds, memory)


def _measured(argv: Sequence[str], env: Mapping[str, str], log: Path) -> tuple[float, float]:
    """Run a process to its end, and return its seconds and the peak of its memory, in MiB.

    Raises:
        SandboxError: It failed.
    """
    start, memory = time.perf_counter(), 0.0
    with running(argv, log=log, env=env) as process:
        while process.poll() is None:
            memory = max(memory, peak_memory([process.pid]))
            with suppress(subprocess.TimeoutExpired):
                process.wait(_SAMPLE_SECONDS)
        seconds = time.perf_counter() - start
    if process.returncode:
        raise SandboxError(f"the collection failed with status {process.returncode}{last_lines(log)}")
    return seconds, memory
