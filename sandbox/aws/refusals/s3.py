"""Calls that S3 refuses. moto itself refuses to delete a bucket that is not empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from moto.s3.models import OWNER, S3Backend
from moto.s3.responses import S3Response
from moto.s3.utils import bucket_policy_is_public

from sandbox.aws.patching import refuses

_MAX_OBJECT_TAGS = 10
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


@refuses(S3Backend, "create_bucket", "InvalidBucketName")
def _reserved_bucket_name(_backend: Any, bucket_name: str) -> str | None:
    """Source: S3 User Guide, "General purpose bucket naming rules"."""
    if bucket_name.startswith(_RESERVED_PREFIXES) or bucket_name.endswith(_RESERVED_SUFFIXES):
        return "The specified bucket is not valid."
    return None


@refuses(S3Backend, "put_bucket_policy", "AccessDenied")
def _blocked_public_policy(backend: Any, bucket_name: str, policy: bytes) -> str | None:
    """Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", BlockPublicPolicy."""
    block = backend.get_bucket(bucket_name).public_access_block
    if block and block.block_public_policy and bucket_policy_is_public(policy):
        return (
            "User is not authorized to perform: s3:PutBucketPolicy because public policies are prevented by the "
            "BlockPublicPolicy setting in S3 Block Public Access"
        )
    return None


@refuses(S3Backend, "put_bucket_ownership_controls", "InvalidBucketAclWithObjectOwnership")
def _acl_for_others(backend: Any, bucket_name: str, ownership: str) -> str | None:
    """Source: S3 User Guide, "Troubleshooting" of Object Ownership, InvalidBucketAclWithObjectOwnership."""
    grants = backend.get_bucket_acl(bucket_name).grants
    for_others = any(grantee.uri or grantee.id != OWNER for grant in grants for grantee in grant.grantees)
    if for_others and ownership == "BucketOwnerEnforced":
        return "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
    return None


@refuses(S3Backend, "put_bucket_lifecycle", "InvalidArgument")
def _repeated_rule_id(_backend: Any, rules: Sequence[Mapping[str, Any]]) -> str | None:
    """Source: S3 API Reference, "LifecycleRule", ID."""
    ids = [rule["ID"] for rule in rules if rule.get("ID")]
    return "Rule ID must be unique. Found same ID for more than one rule." if len(set(ids)) < len(ids) else None


@refuses(S3Backend, "put_bucket_lifecycle", "InvalidArgument")
def _expiration_below_one_day(_backend: Any, rules: Sequence[Mapping[str, Any]]) -> str | None:
    """Sources: S3 API Reference, "LifecycleExpiration"; S3 User Guide, "Lifecycle configuration elements"."""
    if any(int((rule.get("Expiration") or {}).get("Days", "1")) < 1 for rule in rules):
        return "'Days' for Expiration action must be a positive integer"
    return None


@refuses(S3Backend, "put_bucket_versioning", "InvalidBucketState")
def _suspended_versioning_of_a_replicated_bucket(backend: Any, bucket_name: str, status: str) -> str | None:
    """Sources: S3 User Guide, "Additional considerations" of replication; message: hashicorp/terraform#22491."""
    if status == "Suspended" and backend.get_bucket_replication(bucket_name):
        return (
            "A replication configuration is present on this bucket, so you cannot change the versioning state. To "
            "change the versioning state, first delete the replication configuration."
        )
    return None


@refuses(S3Backend, "put_bucket_replication", "InvalidRequest")
def _replica_without_versioning(backend: Any, replication: Mapping[str, Any]) -> str | None:
    """moto itself requires versioning of the source only.

    Sources: S3 User Guide, "Additional considerations" of replication; message:
    nozaq/terraform-aws-remote-state-s3-backend#107.
    """
    destinations = [rule["Destination"]["Bucket"].rpartition(":")[2] for rule in _rules(replication)]
    if not all(backend.get_bucket(name).versioning_status == "Enabled" for name in destinations):
        return "Destination bucket must have versioning enabled."
    return None


@refuses(S3Backend, "put_bucket_replication", "InvalidRequest")
def _delete_markers_without_a_filter(_backend: Any, replication: Mapping[str, Any]) -> str | None:
    """Message: rust-lang/simpleinfra#468."""
    if any("DeleteMarkerReplication" in rule and "Filter" not in rule for rule in _rules(replication)):
        return (
            "DeleteMarkerReplication cannot be used for this version of Cross Region Replication configuration schema. "
            "Please refer to S3 Developer Guide for more information."
        )
    return None


@refuses(S3Backend, "put_bucket_replication", "InvalidArgument")
def _threshold_without_time_control(_backend: Any, replication: Mapping[str, Any]) -> str | None:
    """Message: crossplane-contrib/provider-aws#1117."""
    for rule in _rules(replication):
        destination = rule["Destination"]
        controlled = (destination.get("ReplicationTime") or {}).get("Status") == "Enabled"
        if "EventThreshold" in (destination.get("Metrics") or {}) and not controlled:
            return "Metrics cannot contain an event threshold when ReplicationTime is not specified or Disabled"
    return None


def _rules(replication: Mapping[str, Any]) -> list[dict[str, Any]]:
    rules = replication["Rule"]
    return [rules] if isinstance(rules, dict) else rules


@refuses(S3Response, "_tagging_from_headers", "BadRequest")
def _too_many_object_tags(_response: Any, headers: Mapping[str, str]) -> str | None:
    """moto refuses them too, but stores the object first.

    Sources: S3 User Guide, "Categorizing your storage using tags"; message: hashicorp/terraform-provider-aws#19895.
    """
    tags = parse_qs(headers.get("x-amz-tagging", ""), keep_blank_values=True)
    return "Object tags cannot be greater than 10" if len(tags) > _MAX_OBJECT_TAGS else None
