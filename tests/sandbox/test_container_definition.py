"""The container definition under Docker Engine: what the ECS agent would ask of it holds."""

from __future__ import annotations

import dataclasses
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import oci_image
from sandbox.client import client
from sandbox.ecs import agent, load_balancer
from sandbox.ecs.agent import Container
from sandbox.ecs.runtime import RunningContainer, wait_until_serving
from sandbox.ecs.credentials import CredentialsEndpoint, serving
from sandbox.ecs.docker_runtime import DockerRuntime, docker_runtime
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from tests.sandbox.helpers import install_docker, status

# What the engine itself makes in any container before its first process: mount points of its own.
_ENGINES_OWN = {"/dev", "/dev/console", "/etc", "/etc/hostname", "/etc/hosts", "/etc/mtab", "/etc/resolv.conf"}


@dataclasses.dataclass(frozen=True)
class Started:
    """A container in an engine, and what it was started from."""

    stack: Sandbox
    definition: Container
    container: RunningContainer
    runtime: DockerRuntime
    credentials: CredentialsEndpoint


@pytest.fixture(params=["dev", "prod"], ids=["registry:2", "registry:3"], scope="module")
def stack(request: pytest.FixtureRequest) -> Sandbox:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def runtime(stack: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRuntime]:
    install_docker()
    with docker_runtime(stack.stack.api, tmp_path_factory.mktemp("docker"), print) as started:
        yield started


@pytest.fixture(params=["1000:1000", "0:0"], scope="module")
def started(
    stack: Sandbox, runtime: DockerRuntime, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Started]:
    """The declared container, as its user and as root."""
    instance = stack.instances[0]
    declared = agent.container(stack.stack.declaration, instance, stack.stack.aws("ssm"))
    assert declared.user == "1000:1000"
    definition = dataclasses.replace(declared, user=request.param)
    role = stack.stack.declaration.one("aws:ecs/taskDefinition:TaskDefinition").inputs["taskRoleArn"]
    with (
        serving(runtime.host, stack.stack.api.keys) as credentials,
        runtime.running(
            definition,
            role=credentials.environment_for(role),
            address=instance.address,
            folder=tmp_path_factory.mktemp("container"),
        ) as container,
    ):
        wait_until_serving(container)
        yield Started(stack, definition, container, runtime, credentials)


def test_it_serves_tls_on_the_published_port(started: Started) -> None:
    assert status(started.container.address, started.container.port, "/v2/") == 401
    login = (started.stack.user, started.stack.password)
    assert status(started.container.address, started.container.port, "/v2/", login) == 200


def test_its_process_has_the_user_and_no_capability(started: Started) -> None:
    state = started.runtime.client.containers.get(started.container.id).attrs["State"]
    lines = Path(f"/proc/{state['Pid']}/status").read_text().splitlines()
    process = {key: value.split() for key, value in (line.split(":", 1) for line in lines)}
    uid, gid = started.definition.user.split(":")
    assert process["Uid"] == [uid] * 4
    assert process["Gid"] == [gid] * 4
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(process[kind][0], 16) == 0, kind
    assert process["NoNewPrivs"] == ["1"]


def test_the_engine_was_given_what_the_definition_says(started: Started) -> None:
    attributes = started.runtime.client.containers.get(started.container.id).attrs
    host = attributes["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert not host["Privileged"]
    assert host["MemoryReservation"] == 256 * 1024**2
    assert [limit["Name"] for limit in host["Ulimits"]] == ["nofile"]
    assert host["CpuShares"] == 2
    assert sorted(bind.partition(":")[2] for bind in host["Binds"]) == ["/auth:ro", "/certs:ro"]
    environment = _environment(started)
    assert environment["REGISTRY_HTTP_ADDR"] == "0.0.0.0:443"
    assert len(environment["REGISTRY_HTTP_SECRET"]) == 64


def test_agent_adds_region_and_endpoints(started: Started) -> None:
    environment = _environment(started)
    region = started.stack.stack.aws("ssm").meta.region_name
    assert (environment["AWS_REGION"], environment["AWS_DEFAULT_REGION"]) == (region, region)
    assert environment["ECS_CONTAINER_METADATA_URI_V4"].startswith("http://169.254.170.2/v4/")
    assert environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"].startswith("/v2/credentials/")
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in environment


def test_push_and_pull_work_and_leave_nothing_in_the_container(started: Started, tmp_path: Path) -> None:
    sandbox = started.stack
    name = f"docker/{started.definition.user.partition(':')[0]}:1"
    oci_image.make(tmp_path / "pushed", tag="1", layers=3, layer_bytes=100_000)
    with load_balancer.balancing(sandbox.stack.declaration, [started.container], tmp_path / "balancer") as balancer:
        registry = client(balancer, balancer.name, tmp_path / "client")
        logged_in = registry.login(sandbox.user, sandbox.password)
        pushed = registry.push(tmp_path / "pushed", name)
        pulled = registry.pull(name, tmp_path / "pulled")
    assert [logged_in.returncode, pushed.returncode, pulled.returncode] == [0, 0, 0], pushed.stderr + pulled.stderr
    assert oci_image.digests(tmp_path / "pulled") == oci_image.digests(tmp_path / "pushed")
    asked = started.credentials.asked.total()
    assert asked == 0 if started.definition.major == 2 else asked > 0  # version 2 knows no task role
    engines = started.runtime.client.containers.get(started.container.id)
    mounts = [Path(mount["Destination"]) for mount in engines.attrs["Mounts"]]
    mount_points = {str(path) for mount in mounts for path in (mount, *mount.parents)}
    assert {change["Path"] for change in engines.diff() or []} <= mount_points | _ENGINES_OWN
    # The image's own volume is the one place where it could have written.
    content, _ = engines.get_archive("/var/lib/registry")
    with tarfile.open(fileobj=io.BytesIO(b"".join(content))) as archive:
        assert archive.getnames() == ["registry"]


def test_missing_folder_stops_the_registry(stack: Sandbox, runtime: DockerRuntime, tmp_path: Path) -> None:
    """Docker makes an empty folder for it. Registries that may write there invent a user and log the password."""
    instance = stack.instances[0]
    declared = agent.container(stack.stack.declaration, instance, stack.stack.aws("ssm"))
    mounts = tuple(
        dataclasses.replace(mount, source=tmp_path / "missing") if mount.target == "/auth" else mount
        for mount in declared.mounts
    )
    definition = dataclasses.replace(declared, mounts=mounts)
    with runtime.running(definition, role={}, address=instance.address, folder=tmp_path) as container:
        wait_until(container.ended, "the registry's end", seconds=20)
        printed = container.output()
    assert list((tmp_path / "missing").iterdir()) == []
    assert "read-only file system" in printed
    assert "password" not in printed


def _environment(started: Started) -> dict[str, str]:
    attributes = started.runtime.client.containers.get(started.container.id).attrs
    return dict(entry.split("=", 1) for entry in attributes["Config"]["Env"])
