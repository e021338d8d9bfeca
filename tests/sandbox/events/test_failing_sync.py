"""An instance that cannot fetch its files keeps the old ones, and its registry serves with them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest

from sandbox.ecs.instance import Instance, launched
from sandbox.ecs.runtime import RunningContainer
from sandbox.machine.processes import wait_until
from tests.sandbox import figures
from tests.sandbox.bootstrap import Bootstrap
from tests.sandbox.cluster import TIMER_SCALE, Cluster
from tests.sandbox.faulty_s3 import Fault, FaultyS3, faulty_s3
from tests.sandbox.https import login_status


@dataclass(frozen=True)
class Synced:
    """An instance with a task, and with an S3 that can fail."""

    instance: Instance
    task: RunningContainer
    s3: FaultyS3
    bootstrap: Bootstrap


Failure = Callable[[Synced], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def synced(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    folder = tmp_path_factory.mktemp("synced")
    stack = cluster.sandbox.stack
    with (
        faulty_s3(stack.api) as s3,
        launched(stack.declaration, folder, address="127.0.0.9", api=s3.api, timer_scale=TIMER_SCALE) as instance,
    ):
        cluster.instances.append(instance)
        task = cluster.start_task(instance)
        yield Synced(instance, task, s3, Bootstrap(cluster.sandbox))
        cluster.stop_task(task)
        cluster.remove_task(task)
        cluster.instances.remove(instance)


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        # Consecutive messages differ: the end of an active sync cannot be taken for the next failure.
        (lambda synced: synced.bootstrap.without("htpasswd"), "htpasswd is missing or empty in s3://.*"),
        (
            lambda synced: synced.bootstrap.with_htpasswd(b"eve:in clear\n"),
            "htpasswd in s3://.* has a line that is not NAME:BCRYPT-HASH.*",
        ),
        (lambda synced: synced.bootstrap.with_htpasswd(b""), "htpasswd is missing or empty in s3://.*"),
        (lambda synced: synced.s3.failing(Fault(reset=True)), "s3://.* could not be read"),
    ],
    ids=["missing", "malformed", "empty", "unreachable"],
)
def test_failed_sync_keeps_the_files(
    cluster: Cluster, synced: Synced, failure: Failure, message: str, request: pytest.FixtureRequest
) -> None:
    files = contents(synced.instance)
    assert sorted(files) == ["domain.crt", "domain.key", "htpasswd"]
    start = len(synced.instance.journal.read_text())
    refusal = re.compile(f"^registry-sync: {message}; the files in use stay as they are$", re.MULTILINE)
    with failure(synced):
        failed_at = time.monotonic()
        wait_until(
            lambda: refusal.search(journal_since(synced, start)) is not None,
            "the log line of the failed sync",
            seconds=45,
        )
        seconds = time.monotonic() - failed_at
        assert contents(synced.instance) == files
        assert login_status(synced.task, cluster.login) == 200
    assert "in clear" not in journal_since(synced, start)
    # A registry without htpasswd creates a user and logs the password.
    assert "provisioning" not in synced.task.output()
    figures.record(f"the sync fails, {request.node.callspec.id}", f"logged after {seconds:.1f} s, the files stay")


def contents(instance: Instance) -> dict[str, tuple[bytes, int]]:
    """The content and modification time of the files that the registry reads."""
    # Other folders have the files of an active sync.
    files = [
        file for folder in ("auth", "certs") for file in instance.host_path(f"/docker-registry/{folder}").iterdir()
    ]
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in files}


def journal_since(synced: Synced, start: int) -> str:
    """The log of the timer's service from an offset on."""
    return synced.instance.journal.read_text()[start:]
