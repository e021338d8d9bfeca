"""The processor architecture of EC2 instance types."""

import re
from typing import Literal

Architecture = Literal["x86_64", "arm64"]

INSTANCE_TYPE = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9-]+")
# Graviton families have a "g" right after the generation (m7g, c6gn, im4gn, x2gd). The older a1 is the exception.
_GRAVITON = re.compile(r"a1\.|[a-z]+\d+g")


def architecture(instance_type: str) -> Architecture:
    """Return the architecture of an instance type such as "t3.small" (x86_64) or "m7g.large" (arm64)."""
    return "arm64" if _GRAVITON.match(instance_type) else "x86_64"


def ami_parameter(instance_type: str) -> str:
    """Return the public SSM parameter with the latest ECS-optimized Amazon Linux 2023 AMI for an instance type.

    Source: Amazon ECS Developer Guide, "Retrieving Amazon ECS-optimized Linux AMI metadata".
    """
    variant = "amazon-linux-2023/arm64" if architecture(instance_type) == "arm64" else "amazon-linux-2023"
    return f"/aws/service/ecs/optimized-ami/{variant}/recommended/image_id"
