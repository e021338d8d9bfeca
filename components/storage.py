"""A private S3 bucket, for images, bootstrap files and logs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .outputs import with_dependencies
from .pure import policies

_OLD_VERSION_DAYS = 30
# In a versioned bucket, S3 first makes an expired object an old version, and deletes that at least a day later.
_MIN_OLD_VERSION_DAYS = 1
_UNFINISHED_UPLOAD_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class PrivateBucketArgs:
    """Arguments of `PrivateBucket`.

    Attributes:
        existing: the name of a bucket that exists. It is read, not created, and stays with its settings after a
            destroy. Default: a new bucket.
        region: the Region of the bucket and its settings. Default: the provider's.
        keep: whether `pulumi destroy` refuses to delete the bucket and its objects. Default True.
        expire_after_days: the age in days at which an object is deleted with all its versions; 1 counts as 2. Default:
            never.
        access_log_bucket: the name of the bucket that gets the access logs. Default: none.
        more_statements: a function from the bucket's ARN to statements of the bucket's policy, or to an output of them,
            besides the one that denies requests without TLS. Default: none.
        tags: the tags of the bucket. Default: none.
    """

    existing: pulumi.Input[str] | None = None
    region: str | None = None
    keep: bool = True
    expire_after_days: int | None = None
    access_log_bucket: pulumi.Input[str] | None = None
    more_statements: Callable[[str], pulumi.Input[Sequence[policies.Statement]]] = lambda _arn: ()
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class PrivateBucket(pulumi.ComponentResource):
    """A private S3 bucket: no public access, no ACLs, TLS only, encrypted, versioned.

    Creates: aws.s3.Bucket (read if `existing` is set), aws.s3.BucketPublicAccessBlock, aws.s3.BucketOwnershipControls,
    aws.s3.BucketServerSideEncryptionConfiguration, aws.s3.BucketVersioning, aws.s3.BucketLifecycleConfiguration,
    aws.s3.BucketPolicy; with `access_log_bucket`, aws.s3.BucketLogging.

    Args:
        name: the name of all its resources, and the prefix of the bucket's name.
        args: see `PrivateBucketArgs`.
        opts: the component's resource options. `protect` applies to the bucket too, whatever `keep` is.

    Attributes:
        bucket: the bucket's name.
        arn: the bucket's ARN. Both depend on the bucket's policy, because AWS tests the delivery of logs at once, and
            on its versioning, which replication requires.
    """

    bucket: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:PrivateBucket", name, {}, opts)
        bucket = self._bucket(name, args)
        # After a destroy, an existing bucket is as private as before.
        child = pulumi.ResourceOptions(parent=self, retain_on_delete=args.existing is not None)
        access = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            region=args.region,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.bucket,
            region=args.region,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            region=args.region,
            # Keys that S3 manages: the load balancer cannot deliver its logs to a bucket with other keys.
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=child,
        )
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            region=args.region,
            versioning_configuration={"status": "Enabled"},
            opts=child,
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.bucket,
            region=args.region,
            rules=_lifecycle_rules(args.expire_after_days),
            # Rules for old versions require versioning.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[versioning])),
        )
        policy = aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            region=args.region,
            policy=pulumi.Output.all(bucket.arn, bucket.arn.apply(args.more_statements)).apply(
                lambda known: policies.document([policies.tls_only(known[0]), *known[1]])
            ),
            # S3 refuses two concurrent changes of a bucket's access.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[access])),
        )
        if args.access_log_bucket is not None:
            aws.s3.BucketLogging(
                name,
                bucket=bucket.bucket,
                region=args.region,
                target_bucket=args.access_log_bucket,
                target_prefix=f"{policies.S3_PREFIX}/",
                opts=child,
            )
        self.bucket, self.arn = (with_dependencies(each, policy, versioning) for each in (bucket.bucket, bucket.arn))
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})

    def _bucket(self, name: str, args: PrivateBucketArgs) -> aws.s3.Bucket:
        if args.existing is not None:
            id_ = pulumi.Output.unsecret(pulumi.Output.from_input(args.existing))  # Pulumi reads no secret id
            return aws.s3.Bucket.get(name, id_, region=args.region, opts=pulumi.ResourceOptions(parent=self))
        return aws.s3.Bucket(
            name,
            region=args.region,
            force_destroy=not args.keep,
            tags=args.tags,
            # None instead of False keeps a `protect` on the component.
            opts=pulumi.ResourceOptions(parent=self, protect=True if args.keep else None),
        )


def _lifecycle_rules(expire_after_days: int | None) -> list[aws.s3.BucketLifecycleConfigurationRuleArgsDict]:
    old_version_days = _OLD_VERSION_DAYS if expire_after_days is None else _MIN_OLD_VERSION_DAYS
    rules: list[aws.s3.BucketLifecycleConfigurationRuleArgsDict] = [
        {
            "id": "expire-old-versions",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "noncurrent_version_expiration": {"noncurrent_days": old_version_days},
            "expiration": {"expired_object_delete_marker": True},
        },
        # The registry deletes its abandoned uploads, but not their multipart uploads in S3.
        {
            "id": "abort-unfinished-uploads",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED_UPLOAD_DAYS},
        },
    ]
    if expire_after_days is not None:
        # The days as an old version count too.
        days = max(1, expire_after_days - old_version_days)
        rules.append({"id": "expire", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": days}})
    return rules
