"""The sides that are compared: the declared stack, the same with something changed, the article's, a bare registry."""

from __future__ import annotations

import base64
import dataclasses
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import cpu
from bench.client import Target
from bench.ground import Ground
from bench.s3 import S3
from components.pure.htpasswd import htpasswd_line
from components.pure.image import registry_version
from sandbox.ecs import agent, load_balancer
from sandbox.ecs.agent import Container, Mount
from sandbox.ecs.bubblewrap_runtime import BubblewrapRuntime
from sandbox.ecs.containers import IMAGE_CONFIG
from sandbox.ecs.load_balancer import LoadBalancer
from sandbox.evaluation.declared import Declaration
from sandbox.machine import programs
from sandbox.machine.processes import free_port, running, wait_until

# What Debian and the Go module of each major version are.
RELEASES = {2: "2.8.2", 3: "3.1.1"}

# The task definition's list in the article, as it is written there, less what cannot run here (see docs).
_ARTICLE = {
    "REGISTRY_AUTH": "htpasswd",
    "REGISTRY_AUTH_HTPASSWD_REALM": "Registry Realm",
    "REGISTRY_AUTH_HTPASSWD_PATH": "/auth/htpasswd",
    "REGISTRY_HTTP_TLS_CERTIFICATE": "/certs/domain.crt",
    "REGISTRY_HTTP_TLS_KEY": "/certs/domain.key",
    "REGISTRY_HTTP_ADDR": "0.0.0.0:443",
    "REGISTRY_STORAGE": "s3",
}
_KEPT = ("REGISTRY_STORAGE_S3_REGION", "REGISTRY_STORAGE_S3_BUCKET", "REGISTRY_HTTP_SECRET")

# versitygw does not know "Expect: 100-Continue" in the capitals of registry 2's SDK, which would wait a second for the
# answer before each part of more than 2 MB. With this its HTTP client waits for none (read in its S3 driver). S3 does.
_SKIP_EXPECT = {"REGISTRY_STORAGE_S3_SKIPVERIFY": "true"}

# What `direct` has only if it is told to.
_SEPARATE = ("REGISTRY_AUTH", "REGISTRY_HTTP_TLS_", "REGISTRY_STORAGE_S3_")

_ADDRESS = "127.0.0.1"
_START_SECONDS = 20
_CHECK_SECONDS = 1


@dataclass(frozen=True, kw_only=True)
class Variant:
    """How a side differs from what is declared.

    Attributes:
        name: for tables.
        major: the registry's version.
        instances: how many.
        environment: variables over the declared ones; None takes one away.
        article: whether the article's environment stands in place of the declared one.
        passwords: whether it asks for any.
        cost: of bcrypt, if not the declared one.
    """

    name: str
    major: int = 2
    instances: int = 2
    environment: Mapping[str, str | None] = field(default_factory=dict)
    article: bool = False
    passwords: bool = True
    cost: int | None = None


@dataclass(frozen=True)
class Side:
    """A registry that serves.

    Attributes:
        target: where its clients go.
        processes: the process ids of each part, by its name.
        stored: where its blobs are.
        balancer: None if there is none.
    """

    name: str
    target: Target
    processes: Mapping[str, tuple[int, ...]]
    stored: Path
    balancer: LoadBalancer | None

    def forget(self) -> None:
        """Deletes all that was pushed, so that the memory it takes does not grow."""
        for path in self.stored.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def cpu(self) -> dict[str, float]:
        """The processor seconds that each part has used."""
        return {name: cpu.seconds(roots) for name, roots in self.processes.items()}


@contextmanager
def stack(ground: Ground, variant: Variant, storage: S3 | None = None) -> Iterator[Side]:
    """The declared stack, with a variant's differences, on a bucket of its own.

    Args:
        storage: the S3 to use, if not the ground's.
    """
    s3 = storage or ground.s3
    id_ = f"side-{secrets.token_hex(4)}"
    folder = ground.sandbox.folder / id_
    bucket = s3.make_bucket(id_)
    sandbox, declared = ground.sandbox, _checked(ground.sandbox.stack.declaration, variant)
    runtime = BubblewrapRuntime(s3.api, lambda _: None)
    with ExitStack() as exits:
        containers = []
        for instance in sandbox.instances[: variant.instances]:
            own = folder / instance.address
            own.mkdir(parents=True)
            container = agent.container(declared, instance, sandbox.stack.aws("ssm"))
            container = _changed(container, variant, s3, id_, own, sandbox.user, sandbox.password)
            containers.append(
                exits.enter_context(runtime.running(container, role={}, address=instance.address, folder=own))
            )
        processes = {
            "registry": tuple(int(container.id) for container in containers),
            "S3": (s3.process,),
        }
        login = _basic(sandbox.user, sandbox.password) if variant.passwords else ""
        balancer = exits.enter_context(load_balancer.balancing(declared, containers, folder / "load-balancer"))
        name = sandbox.client.registry.partition(":")[0]
        target = Target(balancer.address, balancer.port, name, balancer.certificate, login)
        processes["load balancer"] = (balancer.process(),)
        yield Side(variant.name, target, processes, bucket, balancer)


@contextmanager
def direct(
    ground: Ground, major: int, name: str, *, s3: bool = False, passwords: bool = False, tls: bool = False
) -> Iterator[Side]:
    """A registry with no load balancer before it, and by default with nothing else either: it stores in a folder.

    Args:
        s3: whether it stores in S3, with the declared settings of it.
        passwords: whether it asks for the declared ones.
        tls: whether it has the declared backend certificate.
    """
    sandbox, id_ = ground.sandbox, f"direct-{secrets.token_hex(4)}"
    folder = ground.data / id_
    folder.mkdir()
    container = agent.container(sandbox.stack.declaration, sandbox.instances[0], sandbox.stack.aws("ssm"))
    files = {mount.target: mount.source for mount in container.mounts}
    declared = {**container.environment, "REGISTRY_STORAGE_S3_BUCKET": id_, **_for_s3(ground.s3)}
    port, config = free_port(_ADDRESS), folder / "config.yml"
    config.write_text(IMAGE_CONFIG)
    stored = ground.s3.make_bucket(id_) if s3 else folder / "data"
    env = {
        **{name: value for name, value in declared.items() if not name.startswith(_SEPARATE)},
        **({name: value for name, value in declared.items() if name.startswith("REGISTRY_STORAGE_S3_")} if s3 else {}),
        "REGISTRY_HTTP_ADDR": f"{_ADDRESS}:{port}",
        **registry_version(f"registry:{major}").environment,
    }
    if s3:
        env |= {"REGISTRY_STORAGE_S3_REGIONENDPOINT": ground.s3.api.url, "REGISTRY_STORAGE_S3_FORCEPATHSTYLE": "true"}
    else:
        env |= {"REGISTRY_STORAGE": "filesystem", "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(stored)}
    if passwords:
        env |= {name: value for name, value in declared.items() if name.startswith("REGISTRY_AUTH")}
        env["REGISTRY_AUTH_HTPASSWD_PATH"] = str(files["/auth"] / "htpasswd")
    if tls:
        env |= {
            "REGISTRY_HTTP_TLS_CERTIFICATE": str(files["/certs"] / "domain.crt"),
            "REGISTRY_HTTP_TLS_KEY": str(files["/certs"] / "domain.key"),
        }
    target = Target(
        _ADDRESS,
        port,
        # As for the load balancer, whoever the backend's certificate is from.
        "registry" if tls else "",
        "",
        _basic(sandbox.user, sandbox.password) if passwords else "",
    )
    program = programs.registry(major, lambda _: None)
    with running([str(program), "serve", str(config)], log=folder / "log", env=env) as process:
        wait_until(lambda: _answers(target), name, seconds=_START_SECONDS, process=process, log=folder / "log")
        processes = {"registry": (process.pid,), **({"S3": (ground.s3.process,)} if s3 else {})}
        yield Side(name, target, processes, stored, None)


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _for_s3(s3: S3) -> dict[str, str]:
    """What the bench's S3 needs: another server than the sandbox's, with keys of its own."""
    return {**_SKIP_EXPECT, **s3.api.keys.environment()}


def _changed(
    container: Container, variant: Variant, s3: S3, bucket: str, folder: Path, user: str, password: str
) -> Container:
    image = f"registry:{variant.major}"
    declared = {**container.environment, "REGISTRY_STORAGE_S3_BUCKET": bucket}
    if variant.article:
        environment = {**_ARTICLE, **{name: declared[name] for name in _KEPT}}
    else:
        environment = {**declared, **registry_version(image).environment}
    if not variant.passwords:
        environment = {name: value for name, value in environment.items() if not name.startswith("REGISTRY_AUTH")}
    wanted = {**environment, **_for_s3(s3), **variant.environment}
    mounts = container.mounts
    if variant.cost is not None:
        line = htpasswd_line(user, password, base64.b64encode(os.urandom(16)).decode(), variant.cost)
        (folder / "auth").mkdir()
        (folder / "auth/htpasswd").write_text(f"{line}\n")
        own = Mount(folder / "auth", "/auth", read_only=True)
        mounts = tuple(own if mount.target == "/auth" else mount for mount in mounts)
    return dataclasses.replace(
        container,
        image=image,
        mounts=mounts,
        environment={name: value for name, value in wanted.items() if value is not None},
    )


def _checked(declaration: Declaration, variant: Variant) -> Declaration:
    """With more frequent health checks: a side is up as soon as its load balancer has seen its targets' health."""
    checked = load_balancer.checked_every(declaration, _CHECK_SECONDS)
    if variant.passwords:
        return checked
    return checked.with_inputs(
        "aws:lb/targetGroup:TargetGroup", lambda inputs: {"healthCheck": {**inputs["healthCheck"], "matcher": "200"}}
    )


def _answers(target: Target) -> bool:
    connection = target.connect()
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status in (200, 401)
    except OSError:
        return False
    finally:
        connection.close()
