"""The configurations that are compared: the declared stack, the same with changes, and a registry without the stack."""

from __future__ import annotations

import base64
import dataclasses
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import tokens
from bench.clients import Transfer
from bench.measure import Spread
from bench.s3 import S3
from bench.testbed import Testbed
from components.pure.htpasswd import htpasswd_line
from components.pure.image import registry_version
from sandbox.ecs import agent, load_balancer
from sandbox.ecs.agent import Container, Mount
from sandbox.ecs.bubblewrap_runtime import BubblewrapRuntime
from sandbox.ecs.load_balancer import LoadBalancer
from sandbox.ecs.runtime import IMAGE_CONFIG
from sandbox.machine import programs
from sandbox.machine.process_tree import cpu_seconds
from sandbox.machine.processes import free_port, running, wait_until
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed

RELEASES = {major: program.release for major, program in programs.REGISTRIES.items()}
PARTS = ("client", "load balancer", "registry", "S3")

# The environment of the article's task definition, except what cannot run here (performance.md names it).
_ARTICLE = {
    "REGISTRY_AUTH": "htpasswd",
    "REGISTRY_AUTH_HTPASSWD_REALM": "Registry Realm",
    "REGISTRY_AUTH_HTPASSWD_PATH": "/auth/htpasswd",
    "REGISTRY_HTTP_TLS_CERTIFICATE": "/certs/domain.crt",
    "REGISTRY_HTTP_TLS_KEY": "/certs/domain.key",
    "REGISTRY_HTTP_ADDR": "0.0.0.0:443",
    "REGISTRY_STORAGE": "s3",
}
_DECLARED_IN_ARTICLE = ("REGISTRY_STORAGE_S3_REGION", "REGISTRY_STORAGE_S3_BUCKET", "REGISTRY_HTTP_SECRET")

# registry 2's AWS SDK sends "Expect: 100-Continue" with capitals, which versitygw does not understand: the SDK would
# wait a second before each part of more than 2 MB. S3 understands it. With this setting, the S3 driver's HTTP client
# does not wait (registry/storage/driver/s3-aws/s3.go: a transport without ExpectContinueTimeout).
_DO_NOT_WAIT = {"REGISTRY_STORAGE_S3_SKIPVERIFY": "true"}

# A setting that several chapters compare, with its name.
CACHE = "cache in memory", {"REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR": "inmemory"}
# The prefixes of the settings that a single registry may have.
S3_STORAGE, PASSWORDS, TLS = "REGISTRY_STORAGE_S3_", "REGISTRY_AUTH", "REGISTRY_HTTP_TLS_"
_ADDRESS = "127.0.0.1"
_START_SECONDS = 20
_CHECK_SECONDS = 1


@dataclass(frozen=True)
class Configuration:
    """The differences from the declared stack.

    Attributes:
        name: For tables.
        major: The registry's major version.
        instances: How many.
        environment: Variables that replace the declared ones.
        article: Whether the article's environment replaces the declared one.
        passwords: Whether the registry asks for a password.
        tokens: Whether it asks for a token, as with `access`, instead of a password.
        bcrypt_cost: Of the password's hash, if not the declared one.
    """

    name: str
    major: int = 2
    instances: int = 2
    environment: Mapping[str, str] = field(default_factory=dict)
    article: bool = False
    passwords: bool = True
    tokens: bool = False
    bcrypt_cost: int | None = None


@dataclass(frozen=True)
class Work:
    """What a push or a pull took.

    Attributes:
        cpu: The processor seconds of each of `PARTS`.
        size: The bytes of image data.
        balanced: The bytes that the load balancer sent to clients; 0 without one.
    """

    seconds: float
    cpu: Mapping[str, float]
    size: int
    balanced: int

    @property
    def server_cpu(self) -> float:
        """The processor seconds of all parts but the client."""
        return sum(self.cpu.values()) - self.cpu["client"]

    @property
    def share_balanced(self) -> float:
        return self.balanced / self.size


@dataclass(frozen=True)
class RunningRegistry:
    """A configuration that serves.

    Attributes:
        processes: The process ids of each part.
        stored: The folder of its blobs.
        balancer: None if there is none.
    """

    name: str
    endpoint: Endpoint
    processes: Mapping[str, tuple[int, ...]]
    stored: Path
    balancer: LoadBalancer | None = None

    def delete_all(self) -> None:
        """Delete all images, so that memory does not fill up."""
        for path in self.stored.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def cpu(self) -> dict[str, float]:
        """Return the processor seconds that each part has used."""
        return {name: cpu_seconds(roots) for name, roots in self.processes.items()}

    def measure(self, transfer: Callable[[], Transfer]) -> Work:
        """Measure a push or a pull, while nothing else uses this registry."""
        sent, before = self._bytes_sent(), self.cpu()
        done = transfer()
        after = self.cpu()
        cpu = {part: after.get(part, 0.0) - before.get(part, 0.0) for part in PARTS}
        return Work(done.seconds, {**cpu, "client": done.cpu}, done.size, self._bytes_sent() - sent)

    def _bytes_sent(self) -> int:
        return self.balancer.bytes_sent() if self.balancer else 0


def seconds(works: Sequence[Work]) -> Spread:
    return Spread.of(work.seconds for work in works)


def server_cpu(works: Sequence[Work]) -> Spread:
    return Spread.of(work.server_cpu for work in works)


@contextmanager
def stack(bed: Testbed, configuration: Configuration, storage: S3 | None = None) -> Iterator[RunningRegistry]:
    """Run the declared stack with a configuration's changes, on a bucket of its own.

    Args:
        storage: Default: the test bed's S3.
    """
    s3, sandbox, id_ = storage or bed.s3, bed.sandbox, f"stack-{secrets.token_hex(4)}"
    # More frequent health checks than declared: the load balancer waits for them at the start.
    declaration = load_balancer.with_check_interval(sandbox.stack.declaration, _CHECK_SECONDS)
    if not configuration.passwords:
        declaration = load_balancer.with_health_check(declaration, {"matcher": "200"})
    bucket, runtime = s3.make_bucket(id_), BubblewrapRuntime(s3.api, lambda _: None)
    with ExitStack() as exits:
        containers = []
        for instance in sandbox.instances[: configuration.instances]:
            folder = sandbox.folder / id_ / instance.address
            folder.mkdir(parents=True)
            declared = agent.container(agent.service_task(declaration), instance, sandbox.stack.aws("ssm"))
            container = dataclasses.replace(
                declared,
                image=f"registry:{configuration.major}",
                environment=_environment(declared, configuration, s3, id_),
                mounts=_mounts(declared, configuration, folder, (sandbox.user, sandbox.password)),
            )
            if configuration.tokens:
                container = tokens.with_tokens(container)
            started = runtime.running(container, role={}, address=instance.address, folder=folder)
            containers.append(exits.enter_context(started))
        balancer = exits.enter_context(
            load_balancer.running(declaration, containers, sandbox.folder / id_ / "load-balancer")
        )
        endpoint = Endpoint.of(dataclasses.replace(sandbox, balancer=balancer))
        processes = {
            "load balancer": (balancer.pid(),),
            "registry": tuple(int(container.id) for container in containers),
            "S3": (s3.process,),
        }
        if not configuration.passwords:
            endpoint = dataclasses.replace(endpoint, login=None)
        if configuration.tokens:
            endpoint = dataclasses.replace(endpoint, login=None, token=tokens.token())
        yield RunningRegistry(configuration.name, endpoint, processes, bucket, balancer)


@contextmanager
def single_registry(
    bed: Testbed, major: int, name: str, declared_settings: Sequence[str] = ()
) -> Iterator[RunningRegistry]:
    """Run one registry without a load balancer.

    Args:
        declared_settings: Which of S3_STORAGE, PASSWORDS and TLS it has as declared. By default it stores in a local
            folder, without passwords and TLS.
    """
    sandbox, id_ = bed.sandbox, f"single-{secrets.token_hex(4)}"
    folder, port = bed.data / id_, free_port(_ADDRESS)
    folder.mkdir()
    (folder / "config.yml").write_text(IMAGE_CONFIG)
    task = agent.service_task(sandbox.stack.declaration)
    container = agent.container(task, sandbox.instances[0], sandbox.stack.aws("ssm"))
    left_out = tuple({S3_STORAGE, PASSWORDS, TLS} - set(declared_settings))
    files = {mount.target: mount.source for mount in container.mounts}
    env = {
        **_environment(container, Configuration(name, major), bed.s3, id_),
        "REGISTRY_HTTP_ADDR": f"{_ADDRESS}:{port}",
        "REGISTRY_AUTH_HTPASSWD_PATH": str(files["/auth"] / "htpasswd"),
        "REGISTRY_HTTP_TLS_CERTIFICATE": str(files["/certs"] / "domain.crt"),
        "REGISTRY_HTTP_TLS_KEY": str(files["/certs"] / "domain.key"),
        **bed.s3.registry_environment(),
    }
    env = {name: value for name, value in env.items() if not name.startswith(left_out)}
    processes: dict[str, tuple[int, ...]] = {"S3": (bed.s3.process,)}
    if S3_STORAGE in declared_settings:
        stored = bed.s3.make_bucket(id_)
    else:
        processes, stored = {}, folder / "data"
        env |= {"REGISTRY_STORAGE": "filesystem", "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(stored)}
    endpoint = Endpoint(
        _ADDRESS,
        port,
        certificates=(files["/certs"] / "domain.crt").read_text() if TLS in declared_settings else "",
        login=(sandbox.user, sandbox.password) if PASSWORDS in declared_settings else None,
    )
    argv = [str(programs.registry(major, lambda _: None)), "serve", str(folder / "config.yml")]
    with running(argv, log=folder / "log", env=env) as process:
        wait_until(lambda: _serves(endpoint), name, seconds=_START_SECONDS, process=process, log=folder / "log")
        yield RunningRegistry(name, endpoint, {**processes, "registry": (process.pid,)}, stored)


def _environment(container: Container, configuration: Configuration, s3: S3, bucket: str) -> dict[str, str]:
    environment = {**container.environment, "REGISTRY_STORAGE_S3_BUCKET": bucket}
    if configuration.article:
        environment = {**_ARTICLE, **{name: environment[name] for name in _DECLARED_IN_ARTICLE}}
    else:
        environment |= registry_version(f"registry:{configuration.major}").environment
    if not configuration.passwords:
        environment = {name: value for name, value in environment.items() if not name.startswith(PASSWORDS)}
    return {**environment, **_DO_NOT_WAIT, **s3.api.access_key.environment(), **configuration.environment}


def _mounts(
    container: Container, configuration: Configuration, folder: Path, login: tuple[str, str]
) -> tuple[Mount, ...]:
    if configuration.bcrypt_cost is None:
        return container.mounts
    salt = base64.b64encode(os.urandom(16)).decode()
    (folder / "auth").mkdir()
    (folder / "auth/htpasswd").write_text(f"{htpasswd_line(*login, salt, configuration.bcrypt_cost)}\n")
    own = Mount(folder / "auth", "/auth", read_only=True)
    return tuple(own if mount.target == "/auth" else mount for mount in container.mounts)


def _serves(endpoint: Endpoint) -> bool:
    try:
        with RegistryClient(endpoint) as client:
            client.login()
        return True
    except RequestFailed:
        return False
