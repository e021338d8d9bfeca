"""Where a container in the sandbox must differ from its definition. Everything that differs stands here."""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping

from sandbox.aws.emulator import AwsApi
from sandbox.ecs.agent import Container


def environment(
    container: Container, *, s3: AwsApi, role: Mapping[str, str], listen: tuple[str, int] | None
) -> dict[str, str]:
    """What is set over the container definition's environment.

    Args:
        s3: the sandbox's S3, as the container reaches it.
        role: what leads to the task role's keys; empty if the task has no role.
        listen: address and port, where the container shares this machine's network.
    """
    return {
        # The registry would ask the real S3. The sandbox's takes bucket names in paths only.
        "REGISTRY_STORAGE_S3_REGIONENDPOINT": s3.url,
        "REGISTRY_STORAGE_S3_FORCEPATHSTYLE": "true",
        # 169.254.169.254 must not be asked.
        "AWS_EC2_METADATA_DISABLED": "true",
        # Major version 2 takes the instance role's keys from the metadata service alone, which is not here, and gets
        # none where that asks for tokens.
        **(s3.keys.environment() if container.major == 2 and container.metadata_tokens == "optional" else {}),
        **role,
        # Without a network of its own, a container listens on its instance's loopback address. With one (Docker
        # Engine), as declared.
        **({"REGISTRY_HTTP_ADDR": f"{listen[0]}:{listen[1]}"} if listen else {}),
    }


def ulimits(declared: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Soft and hard limits by name. One above this machine's own is cut to it: Docker may not be able to raise that."""
    return {
        name: (min(soft, _machine_limit(name)), min(hard, _machine_limit(name)))
        for name, (soft, hard) in declared.items()
    }


def user(declared: str) -> str:
    """The container's. What an ordinary user's instance writes belongs to that user, so it runs as that one."""
    return declared if os.geteuid() == 0 else f"{os.getuid()}:{os.getgid()}"


def _machine_limit(name: str) -> int:
    hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
    return 2**31 if hard == resource.RLIM_INFINITY else hard
