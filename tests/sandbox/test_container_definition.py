"""The container definition in Docker Engine, as the ECS agent would apply it."""

from __future__ import annotations

import dataclasses
import io
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.transport import UnixHTTPAdapter

from sandbox import oci_image
from sandbox.ecs import agent
from sandbox.ecs.agent import Container
from sandbox.ecs.credentials import CredentialsEndpoint, serving
from sandbox.ecs.docker_runtime import DockerRuntime, docker_runtime
from sandbox.ecs.instance import Instance, launched
from sandbox.ecs.runtime import RunningContainer, wait_until_serving
from sandbox.ecs.task import running_task
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from sandbox.machine.programs import SEARCH_PATH
from tests.sandbox.helpers import install_docker
from tests.sandbox.https import login_status
from tests.sandbox.replicas import with_load_balancer

# Mount points that Docker Engine creates in every container.
_ENGINE_PATHS = {"/dev", "/dev/console", "/etc", "/etc/hostname", "/etc/hosts", "/etc/mtab", "/etc/resolv.conf"}


@dataclasses.dataclass(frozen=True)
class Started:
    """A container in Docker Engine, and the sandbox of its stack."""

    sandbox: Sandbox
    instance: Instance
    container: RunningContainer
    runtime: DockerRuntime
    credentials: CredentialsEndpoint


@pytest.fixture(params=["dev", "prod"], ids=["registry:2", "registry:3"], scope="module")
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def runtime(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRuntime]:
    install_docker()
    with docker_runtime(sandbox.stack.api, tmp_path_factory.mktemp("docker"), print) as started:
        yield started


@pytest.fixture(scope="module")
def instance(sandbox: Sandbox, runtime: DockerRuntime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance whose relay the containers of the engine reach."""
    folder = tmp_path_factory.mktemp("instance")
    booting = launched(sandbox.stack.declaration, folder, address="127.0.0.8", api=sandbox.stack.api, host=runtime.host)
    with booting as booted:
        yield booted


@pytest.fixture(params=["1000:1000", "0:0"], scope="module")
def started(
    sandbox: Sandbox,
    runtime: DockerRuntime,
    instance: Instance,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Started]:
    """The declared container, with its declared user and with root."""

    def with_user(declared: Container) -> Container:
        assert declared.user == "1000:1000"
        return dataclasses.replace(declared, user=request.param)

    with (
        serving(runtime.host, sandbox.stack.api.access_key) as credentials,
        running_task(
            sandbox.stack.declaration,
            instance,
            runtime=runtime,
            credentials=credentials,
            ssm=sandbox.stack.aws("ssm"),
            folder=tmp_path_factory.mktemp("container"),
            change=with_user,
        ) as container,
    ):
        wait_until_serving(container)
        yield Started(sandbox, instance, container, runtime, credentials)


def test_registry_serves_tls_on_the_published_port(started: Started) -> None:
    assert login_status(started.container) == 401
    assert login_status(started.container, (started.sandbox.user, started.sandbox.password)) == 200


def test_process_has_the_user_and_no_capabilities(started: Started) -> None:
    state = started.runtime.client.containers.get(started.container.id).attrs["State"]
    lines = Path(f"/proc/{state['Pid']}/status").read_text().splitlines()
    process = {key: value.split() for key, value in (line.split(":", 1) for line in lines)}
    uid, gid = started.container.definition.user.split(":")
    assert process["Uid"] == [uid] * 4
    assert process["Gid"] == [gid] * 4
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(process[kind][0], 16) == 0, kind
    assert process["NoNewPrivs"] == ["1"]


def test_engine_gets_the_settings_of_the_definition(started: Started) -> None:
    attributes = started.runtime.client.containers.get(started.container.id).attrs
    host = attributes["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert not host["Privileged"]
    assert host["Memory"] == 1536 * 1024**2
    assert host["MemoryReservation"] == 256 * 1024**2
    assert [limit["Name"] for limit in host["Ulimits"]] == ["nofile"]
    scaled = started.sandbox.stack.declaration.all("aws:appautoscaling/target:Target")
    assert host["CpuShares"] == (2048 if scaled else 2)  # both vCPUs of a t3.small, or the kernel's minimum
    assert sorted(bind.partition(":")[2] for bind in host["Binds"]) == ["/auth:ro", "/certs:ro"]
    environment = _environment(started)
    assert environment["REGISTRY_HTTP_ADDR"] == "0.0.0.0:443"
    assert len(environment["REGISTRY_HTTP_SECRET"]) == 64


def test_agent_adds_region_and_endpoints(started: Started) -> None:
    environment = _environment(started)
    region = started.sandbox.stack.region
    assert (environment["AWS_REGION"], environment["AWS_DEFAULT_REGION"]) == (region, region)
    assert environment["ECS_CONTAINER_METADATA_URI_V4"].startswith("http://169.254.170.2/v4/")
    assert environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"].startswith("/v2/credentials/")
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in environment


def test_push_and_pull_write_nothing_to_the_container(started: Started, tmp_path: Path) -> None:
    sandbox = started.sandbox
    name = f"docker/{started.container.definition.user.partition(':')[0]}:1"
    oci_image.make(tmp_path / "pushed", tag="1", layers=3, layer_bytes=100_000)
    declaration = sandbox.stack.declaration
    with with_load_balancer(sandbox, [started.container], tmp_path, declaration=declaration) as balanced:
        logged_in = balanced.client.login(sandbox.user, sandbox.password)
        pushed = balanced.client.push(tmp_path / "pushed", name)
        pulled = balanced.client.pull(name, tmp_path / "pulled")
    assert [logged_in.returncode, pushed.returncode, pulled.returncode] == [0, 0, 0], pushed.stderr + pulled.stderr
    assert oci_image.digests(tmp_path / "pulled") == oci_image.digests(tmp_path / "pushed")
    assert started.credentials.request_counts.total()
    container = started.runtime.client.containers.get(started.container.id)
    mounts = [Path(mount["Destination"]) for mount in container.attrs["Mounts"]]
    mount_points = {str(path) for mount in mounts for path in (mount, *mount.parents)}
    assert {change["Path"] for change in container.diff() or []} <= mount_points | _ENGINE_PATHS
    # The volume of the image is the only place that the registry could write to.
    content, _ = container.get_archive("/var/lib/registry")
    with tarfile.open(fileobj=io.BytesIO(b"".join(content))) as archive:
        assert archive.getnames() == ["registry"]


def test_relay_finds_the_container_in_docker_engine(started: Started) -> None:
    """The relay's program, with the real Docker CLI and the agent's real address."""
    relay = started.instance.host_path("/usr-local-sbin/registry-credentials")
    api = started.runtime.client.api
    adapter = api.get_adapter(api.base_url)
    assert isinstance(adapter, UnixHTTPAdapter)
    for caller, expected in [(started.container.source, "200 OK"), ("169.254.170.99", "503 Service Unavailable")]:
        answer = subprocess.run(
            ["bash", relay],
            input="GET /latest/meta-data/iam/security-credentials/task HTTP/1.1\r\n\r\n",
            env={"PATH": SEARCH_PATH, "REMOTE_ADDR": caller, "DOCKER_HOST": f"unix://{adapter.socket_path}"},
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert answer.stdout.startswith(f"HTTP/1.1 {expected}\n"), answer.stderr
        assert ('"AccessKeyId"' in answer.stdout) == (expected == "200 OK")


def test_missing_folder_stops_the_registry(sandbox: Sandbox, runtime: DockerRuntime, tmp_path: Path) -> None:
    """Docker creates a missing folder. A registry that could write to it would create a user and log the password."""
    instance = sandbox.instances[0]
    declared = agent.container(agent.service_task(sandbox.stack.declaration), instance, sandbox.stack.aws("ssm"))
    mounts = tuple(
        dataclasses.replace(mount, source=tmp_path / "missing") if mount.target == "/auth" else mount
        for mount in declared.mounts
    )
    definition = dataclasses.replace(declared, mounts=mounts)
    with runtime.running(definition, role={}, address=instance.address, folder=tmp_path) as container:
        wait_until(container.ended, "the end of the registry", seconds=20)
        output = container.output()
    assert list((tmp_path / "missing").iterdir()) == []
    assert "read-only file system" in output
    assert "password" not in output


def _environment(started: Started) -> dict[str, str]:
    attributes = started.runtime.client.containers.get(started.container.id).attrs
    return dict(entry.split("=", 1) for entry in attributes["Config"]["Env"])
