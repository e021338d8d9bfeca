"""An instance cannot get its files: those that it has stay, and its registry goes on with them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest

from sandbox.ecs.runtime import RunningContainer
from sandbox.ecs.instance import Instance, launched
from sandbox.machine.processes import wait_until
from tests.sandbox import figures
from tests.sandbox.events.bootstrap import Bootstrap
from tests.sandbox.faulty_s3 import Fault, FaultyS3, faulty_s3
from tests.sandbox.fleet import TIMER_SCALE, Fleet
from tests.sandbox.helpers import status


@dataclass(frozen=True)
class Synced:
    """An instance with a task, whose S3 can be taken away."""

    instance: Instance
    task: RunningContainer
    s3: FaultyS3
    bootstrap: Bootstrap


Breaking = Callable[[Synced], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def synced(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    folder = tmp_path_factory.mktemp("synced")
    stack = fleet.sandbox.stack
    with (
        faulty_s3(stack.api) as s3,
        launched(stack.declaration, folder, address="127.0.0.9", api=s3.api, timer_scale=TIMER_SCALE) as instance,
    ):
        fleet.instances.append(instance)
        task = fleet.start_task(instance)
        yield Synced(instance, task, s3, Bootstrap(fleet.sandbox))
        fleet.stop_task(task)
        fleet.forget_task(task)
        fleet.instances.remove(instance)


@pytest.mark.parametrize(
    ("breaking", "told"),
    [
        # No two neighbours are told in the same words: a sync that is still under way could be taken for the next.
        (lambda synced: synced.bootstrap.without("htpasswd"), "htpasswd is missing or empty in s3://.*"),
        (lambda synced: synced.bootstrap.with_htpasswd(b"eve:in clear\n"), "htpasswd in s3://.* has a line that is .*"),
        (lambda synced: synced.bootstrap.with_htpasswd(b""), "htpasswd is missing or empty in s3://.*"),
        (lambda synced: synced.s3.failing(Fault(away=True)), "s3://.* could not be read"),
    ],
    ids=["missing", "malformed", "empty", "unreachable"],
)
def test_the_last_good_files_stay(
    fleet: Fleet, synced: Synced, breaking: Breaking, told: str, request: pytest.FixtureRequest
) -> None:
    files = contents(synced.instance)
    assert sorted(files) == ["domain.crt", "domain.key", "htpasswd"]
    before = len(synced.instance.journal.read_text())
    refusal = re.compile(f"^registry-sync: {told}; the files in use stay as they are$", re.MULTILINE)
    with breaking(synced):
        begun = time.monotonic()
        wait_until(lambda: refusal.search(news(synced, before)) is not None, "the refusal", seconds=45)
        seconds = time.monotonic() - begun
        assert contents(synced.instance) == files
        assert status(synced.task.address, synced.task.port, "/v2/", fleet.login) == 200
    assert "in clear" not in news(synced, before)
    # A registry without htpasswd makes up a user, and logs the password.
    assert "provisioning" not in synced.task.output()
    figures.record(f"the sync fails, {request.node.callspec.id}", f"told after {seconds:.1f} s, the files stay")


def contents(instance: Instance) -> dict[str, tuple[bytes, int]]:
    """Of the files that the registry sees, and when they were last changed."""
    # Beside these, what a sync has fetched and not yet judged.
    files = [
        file for folder in ("auth", "certs") for file in instance.host_path(f"/docker-registry/{folder}").iterdir()
    ]
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in files}


def news(synced: Synced, before: int) -> str:
    """What the timer's service has logged since."""
    return synced.instance.journal.read_text()[before:]
