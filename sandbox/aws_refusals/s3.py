"""What S3 refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import BadRequest
from moto.s3.responses import S3Response

from sandbox.patching import wrap

_MAX_OBJECT_TAGS = 10


def enforce() -> None:
    """Enforce the rules."""
    wrap(S3Response, "_tagging_from_headers", _too_many_object_tags)


def _too_many_object_tags(read: Callable[..., Any], response: Any, headers: Any) -> Any:
    """moto refuses them too, but stores the object first.

    Source: S3 User Guide, "Categorizing your storage using tags"; the message: hashicorp/terraform-provider-aws#19895.
    """
    tags = read(response, headers)
    if len(tags) > _MAX_OBJECT_TAGS:
        raise BadRequest("Object tags cannot be greater than 10")
    return tags
