"""What S3 refuses. moto itself refuses to delete a bucket that is not empty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import BadRequest, InvalidArgumentError, InvalidBucketName, S3ClientError
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response
from moto.s3.utils import bucket_policy_is_public

from sandbox.aws.patching import wrap

_MAX_OBJECT_TAGS = 10
_RESERVED_BEGINNINGS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDINGS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def enforce() -> None:
    """Enforce the rules."""
    wrap(S3Backend, "create_bucket", _reserved_bucket_name)
    wrap(S3Backend, "put_bucket_policy", _public_policy)
    wrap(S3Backend, "put_bucket_lifecycle", _lifecycle_limits)
    wrap(S3Response, "_tagging_from_headers", _too_many_object_tags)


def _public_policy(put: Callable[..., Any], backend: Any, bucket_name: str, policy: bytes) -> Any:
    """Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", BlockPublicPolicy."""
    block = backend.get_bucket(bucket_name).public_access_block
    if block and block.block_public_policy and bucket_policy_is_public(policy):
        raise S3ClientError(
            "AccessDenied",
            "User is not authorized to perform: s3:PutBucketPolicy because public policies are prevented by the "
            "BlockPublicPolicy setting in S3 Block Public Access",
        )
    return put(backend, bucket_name, policy)


def _lifecycle_limits(put: Callable[..., Any], backend: Any, bucket_name: str, rules: Any) -> Any:
    """Source: S3 API Reference, "LifecycleRule" and "LifecycleExpiration"; S3 User Guide, "Lifecycle configuration"."""
    ids = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(set(ids)) < len(ids):
        message = "Rule ID must be unique. Found same ID for more than one rule."
        raise InvalidArgumentError(message, "ID", ids[-1])
    for rule in rules:
        days = (rule.get("Expiration") or {}).get("Days", "1")
        if int(days) < 1:
            raise InvalidArgumentError("'Days' for Expiration action must be a positive integer", "Days", days)
    return put(backend, bucket_name, rules)


def _reserved_bucket_name(create: Callable[..., Any], backend: Any, bucket_name: str, *args: Any, **kwargs: Any) -> Any:
    """Source: S3 User Guide, "General purpose bucket naming rules"."""
    if bucket_name.startswith(_RESERVED_BEGINNINGS) or bucket_name.endswith(_RESERVED_ENDINGS):
        raise InvalidBucketName()
    return create(backend, bucket_name, *args, **kwargs)


def _too_many_object_tags(read: Callable[..., Any], response: Any, headers: Any) -> Any:
    """moto refuses them too, but stores the object first.

    Source: S3 User Guide, "Categorizing your storage using tags"; the message: hashicorp/terraform-provider-aws#19895.
    """
    tags = read(response, headers)
    if len(tags) > _MAX_OBJECT_TAGS:
        raise BadRequest("Object tags cannot be greater than 10")
    return tags
