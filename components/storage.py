"""One hardened bucket, used for images, bootstrap files and logs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .outputs import known_after
from .pure import policies

_OLD_VERSION_DAYS = 30
# S3 deletes an object of a versioned bucket in two steps, a day apart at least.
_SHORTEST_OLD_VERSION_DAYS = 1
_UNFINISHED_UPLOAD_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class PrivateBucketArgs:
    """How a bucket differs from the others.

    Attributes:
        keep: whether deleting the stack must leave it: it is protected, and not emptied. Default True.
        expire_after_days: when nothing of an object is left, no old version either; 2 at least, less counts as 2.
            Default: never.
        access_log_bucket: the bucket that logs each request. Default: none.
        more_statements: from the bucket's ARN to policy statements beside the one that refuses clients without TLS.
        tags: on the bucket.
    """

    keep: bool = True
    expire_after_days: int | None = None
    access_log_bucket: pulumi.Input[str] | None = None
    more_statements: Callable[[str], Sequence[policies.Statement]] = lambda _arn: ()
    tags: Mapping[str, str] = field(default_factory=dict)


class PrivateBucket(pulumi.ComponentResource):
    """An S3 bucket that only its owner reaches: no public access, no ACLs, TLS only, encrypted, versioned.

    Makes: aws.s3.Bucket, aws.s3.BucketPublicAccessBlock, aws.s3.BucketOwnershipControls,
    aws.s3.BucketServerSideEncryptionConfiguration, aws.s3.BucketVersioning, aws.s3.BucketLifecycleConfiguration,
    aws.s3.BucketPolicy, aws.s3.BucketLogging (with `access_log_bucket`).

    Attributes:
        bucket: the bucket's name.
        arn: its ARN. Both are known once the policy is there: AWS tries at once whether logs can be delivered.
    """

    bucket: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:PrivateBucket", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            name,
            force_destroy=not args.keep,
            tags=args.tags,
            # Whoever sets protect on the whole component means this bucket too, whatever `keep` says.
            opts=pulumi.ResourceOptions(parent=self, protect=True if args.keep else None),
        )
        access = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            name, bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=child
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            # S3's own keys: the load balancer delivers its logs into no bucket with others.
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=child,
        )
        versioning = aws.s3.BucketVersioning(
            name, bucket=bucket.bucket, versioning_configuration={"status": "Enabled"}, opts=child
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.bucket,
            rules=_lifecycle_rules(args.expire_after_days),
            # Rules for old versions want the versioning first.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        policy = aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=bucket.arn.apply(
                lambda arn: policies.document([policies.tls_only(arn), *args.more_statements(arn)])
            ),
            # S3 refuses two changes of a bucket's access at the same time.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[access]),
        )
        if args.access_log_bucket is not None:
            aws.s3.BucketLogging(
                name,
                bucket=bucket.bucket,
                target_bucket=args.access_log_bucket,
                target_prefix=f"{policies.S3_PREFIX}/",
                opts=child,
            )
        self.bucket, self.arn = known_after(bucket.bucket, policy), known_after(bucket.arn, policy)
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})


def _lifecycle_rules(expire_after_days: int | None) -> list[aws.s3.BucketLifecycleConfigurationRuleArgsDict]:
    old_version_days = _OLD_VERSION_DAYS if expire_after_days is None else _SHORTEST_OLD_VERSION_DAYS
    rules: list[aws.s3.BucketLifecycleConfigurationRuleArgsDict] = [
        {
            "id": "expire-old-versions",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "noncurrent_version_expiration": {"noncurrent_days": old_version_days},
            "expiration": {"expired_object_delete_marker": True},
        },
        # The registry purges its own uploads, but not their multipart uploads in S3.
        {
            "id": "abort-unfinished-uploads",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED_UPLOAD_DAYS},
        },
    ]
    if expire_after_days is not None:
        # An object that expires becomes an old version, which counts as kept.
        days = max(1, expire_after_days - old_version_days)
        rules.append({"id": "expire", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": days}})
    return rules
