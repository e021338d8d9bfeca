"""Users change without a restart: from the bootstrap bucket, by the instances' timers, to the registries."""

from __future__ import annotations

import bcrypt

from sandbox.ecs.runtime import RunningContainer
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from tests.sandbox.helpers import registry_process, status


def test_a_broken_htpasswd_is_refused_and_the_old_one_serves_on(hasty: Sandbox) -> None:
    upload(hasty, "alice:in clear\n")
    for instance in hasty.instances:
        journal = instance.journal
        wait_until(lambda log=journal: "not NAME:BCRYPT-HASH" in log.read_text(), "the refusal", seconds=20)
        assert "in clear" not in journal.read_text()
    assert all(login(container, hasty.user, hasty.password) == 200 for container in hasty.containers)


def test_a_new_htpasswd_is_picked_up_and_the_processes_stay(hasty: Sandbox) -> None:
    processes = [registry_process(int(container.id)) for container in hasty.containers]
    assert all(login(container, "alice", "in wonderland") == 401 for container in hasty.containers)
    line = "alice:" + bcrypt.hashpw(b"in wonderland", bcrypt.gensalt(4)).decode()
    upload(hasty, f"{line}\n")
    for container in hasty.containers:
        wait_until(lambda c=container: login(c, "alice", "in wonderland") == 200, "alice", seconds=20)
        assert login(container, hasty.user, hasty.password) == 401
    assert [registry_process(int(container.id)) for container in hasty.containers] == processes


def upload(sandbox: Sandbox, htpasswd: str) -> None:
    (bucket,) = {o.inputs["bucket"] for o in sandbox.stack.declaration.all("aws:s3/bucketObjectv2:BucketObjectv2")}
    sandbox.stack.aws("s3").put_object(Bucket=bucket, Key="htpasswd", Body=htpasswd.encode())


def login(container: RunningContainer, user: str, password: str) -> int:
    return status(container.address, container.port, "/v2/", (user, password))
