"""The ECS agent: from the task definition to the settings of a container."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.ecs.credentials import AGENT
from sandbox.ecs.instance import Instance
from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Declaration, Resource

_TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"


@dataclass(frozen=True)
class Mount:
    """A bind mount: a folder of the instance in the container."""

    source: Path
    target: str
    read_only: bool


@dataclass(frozen=True)
class Tmpfs:
    """A folder of a container that is in memory.

    Attributes:
        size: in MiB.
        options: such as "noexec".
    """

    target: str
    size: int
    options: tuple[str, ...]


@dataclass(frozen=True)
class Container:
    """A container definition, with its volumes and secrets resolved on an instance.

    Attributes:
        entry_point: overrides the image's entry point; empty for the image's own.
        command: overrides the image's command; empty for the image's own.
        user: "UID:GID", or "" for the image's user.
        port: the port that it listens on; 0 for none.
        cpu: CPU units; 0 if not set.
        memory: the limit in MiB; 0 if not set.
        memory_reservation: in MiB; 0 if not set.
        ulimits: soft and hard limit by name.
        stop_timeout: the seconds from SIGTERM to SIGKILL.
        metadata_service: the URL that answers the container's requests to the instance metadata service; "" if nothing
            does.
        environment: includes the secrets and the variables that the agent adds.
    """

    name: str
    image: str
    entry_point: tuple[str, ...]
    command: tuple[str, ...]
    user: str
    port: int
    read_only_root: bool
    privileged: bool
    capabilities_dropped: tuple[str, ...]
    security_options: tuple[str, ...]
    cpu: int
    memory: int
    memory_reservation: int
    ulimits: Mapping[str, tuple[int, int]]
    stop_timeout: int
    mounts: tuple[Mount, ...]
    tmpfs: tuple[Tmpfs, ...]
    metadata_service: str
    environment: Mapping[str, str] = field(repr=False)

    @property
    def major(self) -> int:
        """The registry's major version, from the image's tag."""
        tagged = re.search(r":v?(\d+)[^:/]*$", self.image.partition("@")[0])
        if not tagged:
            raise SandboxError(f"the image {self.image} has no tag that starts with a version")
        return int(tagged[1])


def service_task(declaration: Declaration) -> Resource:
    """Find the task definition of the service."""
    arn = declaration.one("aws:ecs/service:Service").inputs["taskDefinition"]
    (found,) = [task for task in declaration.all(_TASK_DEFINITION) if task.outputs["arn"] == arn]
    return found


def container(task_definition: Resource, instance: Instance, ssm: Any) -> Container:
    """Resolve the container definition of a task definition on an instance.

    Args:
        task_definition: has one container.
        ssm: a boto3 client, for the container's secrets in Parameter Store.
    """
    task = task_definition.inputs
    definitions = json.loads(task["containerDefinitions"])
    if len(definitions) != 1:
        raise SandboxError(f"the task definition has {len(definitions)} containers; the sandbox can run one")
    definition: dict[str, Any] = definitions[0]
    linux: dict[str, Any] = definition.get("linuxParameters", {})
    host_paths = {volume["name"]: volume["hostPath"] for volume in task.get("volumes", [])}
    return Container(
        name=definition["name"],
        image=definition["image"],
        entry_point=tuple(definition.get("entryPoint", [])),
        command=tuple(definition.get("command", [])),
        user=definition.get("user", ""),
        port=next((mapping["containerPort"] for mapping in definition.get("portMappings", [])), 0),
        read_only_root=definition.get("readonlyRootFilesystem", False),
        privileged=definition.get("privileged", False),
        capabilities_dropped=tuple(linux.get("capabilities", {}).get("drop", [])),
        security_options=tuple(definition.get("dockerSecurityOptions", [])),
        cpu=definition.get("cpu", 0),
        memory=definition.get("memory", 0),
        memory_reservation=definition.get("memoryReservation", 0),
        ulimits={u["name"]: (u["softLimit"], u["hardLimit"]) for u in definition.get("ulimits", [])},
        stop_timeout=definition.get("stopTimeout", 30),  # the default of ECS
        mounts=tuple(
            Mount(
                source=instance.host_path(host_paths[mount["sourceVolume"]]),
                target=mount["containerPath"],
                read_only=mount.get("readOnly", False),
            )
            for mount in definition.get("mountPoints", [])
        ),
        tmpfs=tuple(
            Tmpfs(each["containerPath"], each["size"], tuple(each.get("mountOptions", [])))
            for each in linux.get("tmpfs", [])
        ),
        metadata_service=instance.metadata_service,
        environment={
            **_agent_environment(ssm.meta.region_name),
            **{item["name"]: item["value"] for item in definition.get("environment", [])},
            **{item["name"]: _secret(ssm, item["valueFrom"]) for item in definition.get("secrets", [])},
        },
    )


def _agent_environment(region: str) -> dict[str, str]:
    """The variables that the agent adds, unless the definition sets them.

    Source: aws/amazon-ecs-agent 1.105.1, agent/api/task/task.go (ApplyRegionToContainer) and
    agent/api/container/container.go (MetadataURIFormat). For the credentials, see `sandbox.ecs.credentials`.
    """
    endpoint, id_ = f"http://{AGENT}", str(uuid.uuid4())
    return {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "ECS_CONTAINER_METADATA_URI": f"{endpoint}/v3/{id_}",
        "ECS_CONTAINER_METADATA_URI_V4": f"{endpoint}/v4/{id_}",
        "ECS_AGENT_URI": f"{endpoint}/api/{id_}",
    }


def _secret(ssm: Any, name: str) -> str:
    return ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
