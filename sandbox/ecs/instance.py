"""A container instance: the user data of the launch template runs in it for real."""

from __future__ import annotations

import base64
import dataclasses
import re
import secrets
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.aws.emulator import AwsApi
from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Declaration
from sandbox.machine import bubblewrap
from sandbox.machine.processes import last_lines, wait_until

_STANDINS = Path(__file__).parent / "standins"
_FOLDERS = (
    *("docker-registry", "etc/alternatives", "etc/ecs", "etc/systemd/system", "run"),
    *("usr-local-sbin", "var/lib/cloud", "var/log"),
)
_BOOT_SECONDS = 60
_REDIRECT = re.compile(
    r"^PREROUTING -p tcp -d 169\.254\.169\.254 --dport 80 -j DNAT --to-destination (\S+)$", re.MULTILINE
)
# The boot script is root on its own files, and has no access to the rest of the machine.
_CAPABILITIES = ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID")


@dataclass(frozen=True)
class Instance:
    """A booted instance. Its boot may have failed.

    Attributes:
        id: such as "i-0123456789abcdef0".
        address: its loopback address.
        root: the folder with its writable folders: etc, docker-registry, var, run.
        pid: the process with which all its other processes end.
    """

    id: str
    address: str
    root: Path
    pid: int = 0

    @property
    def log(self) -> Path:
        """The log of the user data."""
        return self.root / "var/log/cloud-init-output.log"

    @property
    def journal(self) -> Path:
        """The log of the timers' services."""
        return self.root / "var/log/journal.log"

    @property
    def launch_result(self) -> str:
        """The result with which the boot script completed the launch hook: CONTINUE, ABANDON, or "" if it did not."""
        result = self.root / "run/launch-result"
        return result.read_text().strip() if result.exists() else ""

    @property
    def cluster(self) -> str:
        """The ECS cluster that the agent would join; "" if the agent would not start."""
        if (self.root / "run/masked/ecs").exists():
            return ""
        lines = (self.root / "etc/ecs/ecs.config").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line).get("ECS_CLUSTER", "")

    @property
    def metadata_service(self) -> str:
        """The URL that answers the containers' requests to the metadata service, by the firewall's rules; "" without.

        The metadata service itself never answers them: it requires a token, which containers do not get.
        """
        rules = self.root / "run/iptables"
        redirect = _REDIRECT.search(rules.read_text()) if rules.exists() else None
        return f"http://{(self.root / 'run/sockets' / redirect[1]).read_text()}" if redirect else ""

    @contextmanager
    def listing(self, container_id: str, *, address: str, agent: str, credentials_path: str) -> Iterator[None]:
        """Have a container in the list of the instance's Docker Engine until the end of the block.

        Args:
            address: the container's, from which the instance gets its requests.
            agent: the URL of the ECS agent.
            credentials_path: the path of its task role's credentials at the agent; "" without a role.
        """
        container = self.root / "run/ecs/containers" / container_id
        container.parent.mkdir(parents=True, exist_ok=True)
        (self.root / "run/ecs/agent").write_text(agent)
        container.write_text(f"{address} {credentials_path}\n")
        try:
            yield
        finally:
            container.unlink()

    def calls(self, program: str) -> list[list[str]]:
        """The arguments of each call of a stand-in program, in order."""
        lines = map(shlex.split, (self.root / "var/log/calls.log").read_text().splitlines())
        return [arguments for name, *arguments in lines if name == program]

    def host_path(self, path: str) -> Path:
        """The path on this machine of a path on the instance."""
        return self.root / path.lstrip("/")


@contextmanager
def launched(
    declaration: Declaration,
    folder: Path,
    *,
    address: str,
    api: AwsApi,
    host: str = "127.0.0.1",
    timer_scale: float = 1.0,
) -> Iterator[Instance]:
    """Boot an instance, and run it until the end of the block. Its user data may have failed.

    Args:
        folder: for its files.
        host: the address of this machine for its containers.
        timer_scale: the factor for the waiting times of timers; below 1, they run more often.

    Raises:
        SandboxError: the user data did not end.
    """
    template = declaration.one("aws:ec2/launchTemplate:LaunchTemplate")
    instance = Instance(f"i-{secrets.token_hex(8)}0", address, folder / "root")
    _write_files(instance.root, base64.b64decode(template.inputs["userData"]))
    status = instance.root / "run/cloud-init.status"
    with bubblewrap.bubble(
        _namespaces(instance),
        ["/opt/standins/init"],
        env={**_environment(declaration, instance, api, timer_scale), "SANDBOX_HOST": host},
        log=folder / "instance.log",
    ) as process:
        wait_until(status.exists, f"the boot of {address}", seconds=_BOOT_SECONDS, process=process, log=instance.log)
        yield dataclasses.replace(instance, pid=process.pid)


def require_joined(instance: Instance, cluster: str) -> None:
    """Check that an instance has joined a cluster.

    Raises:
        SandboxError: its launch was not completed, or it joined another cluster.
    """
    if instance.launch_result != "CONTINUE" or instance.cluster != cluster:
        raise SandboxError(
            f"the instance {instance.address} did not join the cluster {cluster}: "
            f"launch hook {instance.launch_result or 'not completed'}, cluster {instance.cluster or 'none'}"
            f"{last_lines(instance.log)}"
        )


def _write_files(root: Path, user_data: bytes) -> None:
    """Write the files of the AMI that a boot script uses."""
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
    (root / "etc/ecs/ecs.config").touch()
    script = root / "var/lib/cloud/user-data"
    script.touch(mode=0o700)
    script.write_bytes(user_data)


def _namespaces(instance: Instance) -> list[str]:
    arguments = [*bubblewrap.user(0, 0), "--dir", "/root", "--tmpfs", "/tmp"]  # noqa: S108 - in the namespace
    for folder in ("docker-registry", "etc", "run", "var"):
        arguments += ["--bind", str(instance.root / folder), f"/{folder}"]
    arguments += [*bubblewrap.system(), *bubblewrap.python()]
    arguments += ["--bind", str(instance.root / "usr-local-sbin"), "/usr/local/sbin"]
    arguments += ["--ro-bind", str(_STANDINS), "/opt/standins", "--hostname", instance.id]
    if bubblewrap.IS_ROOT:
        arguments += ["--cap-drop", "ALL"]
        arguments += [argument for capability in _CAPABILITIES for argument in ("--cap-add", capability)]
    return arguments


def _environment(declaration: Declaration, instance: Instance, api: AwsApi, timer_scale: float) -> dict[str, str]:
    group = declaration.one("aws:autoscaling/group:Group")
    standins = "/opt/standins" if bubblewrap.IS_ROOT else "/opt/standins/ordinary-user:/opt/standins"
    return {
        "PATH": f"/usr/local/sbin:{standins}:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        # Instead of the credentials of the instance role. The real metadata service must not be called.
        **api.access_key.environment(),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": api.url,
        "SANDBOX_PYTHON": sys.executable,
        "SANDBOX_INSTANCE": instance.id,
        "SANDBOX_GROUP": group.outputs["name"],
        "SANDBOX_HOOK": _launch_hook(group.inputs.get("initialLifecycleHooks", [])),
        "SANDBOX_TIMER_SCALE": str(timer_scale),
    }


def _launch_hook(hooks: list[dict[str, str]]) -> str:
    launching = [h["name"] for h in hooks if h["lifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"]
    return launching[0] if launching else ""
