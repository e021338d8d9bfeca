"""The differences between a container in the sandbox and its definition. All differences are here."""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping

from sandbox.aws.emulator import AwsApi
from sandbox.ecs.agent import Container


def environment(
    container: Container, *, s3: AwsApi, role: Mapping[str, str], listen: tuple[str, int] | None
) -> dict[str, str]:
    """The variables that override the container definition's environment.

    Args:
        s3: the emulated AWS API, with the address at which the container reaches it.
        role: the variables with which the container gets the credentials of its task role; empty without a role.
        listen: the address and port to listen on, if the container shares the machine's network.
    """
    return {
        # Without these, the registry would use the real S3, and bucket names as host names.
        "REGISTRY_STORAGE_S3_REGIONENDPOINT": s3.url,
        "REGISTRY_STORAGE_S3_FORCEPATHSTYLE": "true",
        **_metadata_service(container.metadata_service),
        **role,
        # In the machine's network, a container listens on its instance's loopback address. In Docker Engine it has its
        # own network, and listens as declared.
        **({"REGISTRY_HTTP_ADDR": f"{listen[0]}:{listen[1]}"} if listen else {}),
    }


def _metadata_service(url: str) -> dict[str, str]:
    """The variables with which AWS SDKs use another URL in place of the machine's own metadata service, or none."""
    return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url} if url else {"AWS_EC2_METADATA_DISABLED": "true"}


def ulimits(declared: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Soft and hard limits by name, at most this machine's hard limits, which Docker may not be able to raise."""
    return {
        name: (min(soft, _machine_limit(name)), min(hard, _machine_limit(name)))
        for name, (soft, hard) in declared.items()
    }


def user(declared: str) -> str:
    """The user of a container. An ordinary user owns the files of its instances, so the container runs as that user."""
    return declared if os.geteuid() == 0 else f"{os.getuid()}:{os.getgid()}"


def _machine_limit(name: str) -> int:
    hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
    return 2**31 if hard == resource.RLIM_INFINITY else hard
