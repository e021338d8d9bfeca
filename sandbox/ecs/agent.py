"""The ECS agent: from the task definition to what a container gets."""

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
from sandbox.evaluation.declared import Declaration


@dataclass(frozen=True)
class Mount:
    """A folder of the instance in the container."""

    source: Path
    target: str
    read_only: bool


@dataclass(frozen=True)
class Container:
    """What a container definition says, with its volumes and secrets resolved on an instance.

    Attributes:
        user: "UID:GID", or "" for the image's.
        cpu: in CPU units; 0 for none of its own.
        memory_reservation: in MiB; 0 for none.
        ulimits: name to soft and hard limit.
        stop_timeout: in seconds, from SIGTERM to SIGKILL.
        metadata_tokens: whether its instance's metadata service asks for session tokens: "required" or "optional".
        environment: with the values of its secrets, and with what the agent adds.
    """

    name: str
    image: str
    user: str
    port: int
    read_only_root: bool
    privileged: bool
    capabilities_dropped: tuple[str, ...]
    security_options: tuple[str, ...]
    cpu: int
    memory_reservation: int
    ulimits: Mapping[str, tuple[int, int]]
    stop_timeout: int
    mounts: tuple[Mount, ...]
    metadata_tokens: str
    environment: Mapping[str, str] = field(repr=False)

    @property
    def major(self) -> int:
        """The registry's major version, by the image's tag."""
        tagged = re.search(r":v?(\d+)[^:/]*$", self.image.partition("@")[0])
        if not tagged:
            raise SandboxError(f"the image {self.image} has no tag that begins with a version")
        return int(tagged[1])


_MEMBER_OF = re.compile(r"attribute:(?P<name>\S+) == (?P<value>\S+)")


def fits(declaration: Declaration, instance: Instance) -> bool:
    """Whether ECS would place the service's task on an instance, by the task's placement constraints.

    Raises:
        SandboxError: a constraint other than an attribute's value.
    """
    task = declaration.one("aws:ecs/taskDefinition:TaskDefinition").inputs
    return all(_matches(instance, constraint["expression"]) for constraint in task.get("placementConstraints", []))


def _matches(instance: Instance, expression: str) -> bool:
    member = _MEMBER_OF.fullmatch(expression)
    if not member:
        raise SandboxError(f"the sandbox does not know the placement expression {expression!r}")
    return instance.attributes.get(member["name"]) == member["value"]


def container(declaration: Declaration, instance: Instance, ssm: Any) -> Container:
    """The service's container on an instance.

    Args:
        ssm: a boto3 client of Parameter Store, for the container's secrets.
    """
    task = declaration.one("aws:ecs/taskDefinition:TaskDefinition").inputs
    definitions = json.loads(task["containerDefinitions"])
    if len(definitions) != 1:
        raise SandboxError(f"the task definition has {len(definitions)} containers; the sandbox runs one")
    definition: dict[str, Any] = definitions[0]
    host_paths = {volume["name"]: volume["hostPath"] for volume in task.get("volumes", [])}
    return Container(
        name=definition["name"],
        image=definition["image"],
        user=definition.get("user", ""),
        port=definition["portMappings"][0]["containerPort"],
        read_only_root=definition.get("readonlyRootFilesystem", False),
        privileged=definition.get("privileged", False),
        capabilities_dropped=tuple(definition.get("linuxParameters", {}).get("capabilities", {}).get("drop", [])),
        security_options=tuple(definition.get("dockerSecurityOptions", [])),
        cpu=definition.get("cpu", 0),
        memory_reservation=definition.get("memoryReservation", 0),
        ulimits={u["name"]: (u["softLimit"], u["hardLimit"]) for u in definition.get("ulimits", [])},
        stop_timeout=definition.get("stopTimeout", 30),  # ECS's default
        mounts=tuple(
            Mount(
                source=instance.host_path(host_paths[mount["sourceVolume"]]),
                target=mount["containerPath"],
                read_only=mount.get("readOnly", False),
            )
            for mount in definition.get("mountPoints", [])
        ),
        metadata_tokens=instance.metadata_tokens,
        environment={
            **_agents_own(ssm.meta.region_name),
            **{item["name"]: item["value"] for item in definition.get("environment", [])},
            **{item["name"]: _secret(ssm, item["valueFrom"]) for item in definition.get("secrets", [])},
        },
    )


def _agents_own(region: str) -> dict[str, str]:
    """What each container gets, unless its definition says otherwise.

    Source: aws/amazon-ecs-agent 1.105.1, agent/api/task/task.go (ApplyRegionToContainer) and
    agent/api/container/container.go (MetadataURIFormat and its neighbours). The credentials' path is in `credentials`.
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
