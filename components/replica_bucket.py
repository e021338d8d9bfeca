"""The replica bucket: a copy of the images bucket in another Region."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .outputs import with_dependencies
from .pure import policies
from .roles import create_role
from .storage import PrivateBucket, PrivateBucketArgs

RULE = "images"  # the rule's ID, a dimension of its metrics


@dataclass(frozen=True, kw_only=True)
class ReplicaBucketArgs:
    """Arguments of `ReplicaBucket`.

    Attributes:
        region: the Region of the replica bucket, another than the images bucket's.
        images_bucket: the name of the images bucket. Its versioning is on.
        images_arn: the ARN of the images bucket.
        keep: whether `pulumi destroy` refuses to delete the replica bucket and its objects. Default True.
        more_statements: see `PrivateBucketArgs`. Default: none.
        tags: the tags of the replica bucket and the role. Default: none.
    """

    region: str
    images_bucket: pulumi.Input[str]
    images_arn: pulumi.Input[str]
    keep: bool = True
    more_statements: Callable[[str], pulumi.Input[Sequence[policies.Statement]]] = lambda _arn: ()
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class ReplicaBucket(pulumi.ComponentResource):
    """A bucket in another Region to which S3 copies every new object of the images bucket, and every delete marker.

    S3 copies neither the objects from before the rule, nor the deletion of a version, nor what a lifecycle rule does
    ("What does Amazon S3 replicate?", Amazon S3 User Guide): the replica bucket has lifecycle rules of its own.

    Creates: PrivateBucket, aws.iam.Role, aws.iam.RolePolicy, aws.s3.BucketReplicationConfig.

    Args:
        name: the prefix of all names.
        args: see `ReplicaBucketArgs`.
        opts: the component's resource options. Their provider creates the bucket in the other Region too.

    Attributes:
        bucket: the replica bucket's name.
        arn: the replica bucket's ARN.
        replicated_bucket: the name of the images bucket. It depends on the rule, so that nothing is pushed before.
    """

    bucket: pulumi.Output[str]
    arn: pulumi.Output[str]
    replicated_bucket: pulumi.Output[str]

    def __init__(self, name: str, args: ReplicaBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:ReplicaBucket", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        replica = PrivateBucket(
            f"{name}-replica",
            PrivateBucketArgs(region=args.region, keep=args.keep, more_statements=args.more_statements, tags=args.tags),
            opts=child,
        )
        role = create_role(
            f"{name}-replication",
            trust_policy=policies.assume_replication_role(),
            policies={
                "images": pulumi.Output.all(args.images_arn, replica.arn).apply(
                    lambda arns: policies.replication(arns[0], arns[1])
                )
            },
            tags=args.tags,
            opts=child,
        )
        rule = aws.s3.BucketReplicationConfig(
            f"{name}-replica",
            bucket=args.images_bucket,
            role=role.role.arn,
            rules=[
                {
                    "id": RULE,
                    "status": "Enabled",
                    # With a filter, the configuration is of the version that has metrics and a choice of delete
                    # markers. It requires a priority.
                    "filter": {"prefix": ""},
                    "priority": 1,
                    "delete_marker_replication": {"status": "Enabled"},
                    # Without Replication Time Control: S3 refuses an event threshold then
                    # (terraform-provider-aws#21895).
                    "destination": {"bucket": replica.arn, "metrics": {"status": "Enabled"}},
                }
            ],
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=role.policies)),
        )
        self.bucket, self.arn = replica.bucket, replica.arn
        self.replicated_bucket = with_dependencies(pulumi.Output.from_input(args.images_bucket), rule)
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})
