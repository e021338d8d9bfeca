"""EC2 as AWS answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2.models.launch_templates import LaunchTemplate

from sandbox.patching import add, wrap


def close() -> None:
    """Close the gaps."""
    add(LaunchTemplate, "tags", property(LaunchTemplate.get_tags, _ignore_copy))
    wrap(LaunchTemplate, "create_version", _keep_template_tags_apart)


def _ignore_copy(_template: LaunchTemplate, _tags: object) -> None:
    """moto copies a launch template's tags once, and then tells the copy whatever changes."""


def _keep_template_tags_apart(create_version: Callable[..., Any], template: Any, data: Any, description: str) -> Any:
    """A launch template's own tags are no part of what it launches.

    Source: EC2 API Reference, "CreateLaunchTemplate", TagSpecification.N.
    """
    specifications = data.get("TagSpecifications", [])
    launched = [item for item in specifications if item["ResourceType"] != "launch-template"]
    kept = {key: value for key, value in data.items() if key != "TagSpecifications"}
    return create_version(template, kept | ({"TagSpecifications": launched} if launched else {}), description)
