"""The bootstrap files with a provider that has default tags. With `former`, they are of their former resource type."""

from typing import Any

import pulumi
import pulumi_aws as aws

from components.bootstrap import Bootstrap, BootstrapArgs
from components.pure import policies
from components.storage import PrivateBucket, PrivateBucketArgs

config = pulumi.Config()


def former_object(name: str, *, override_provider: object, opts: pulumi.ResourceOptions, **properties: Any) -> object:
    return aws.s3.BucketObject(name, **properties, opts=pulumi.ResourceOptions(parent=opts.parent))


if config.get_bool("former"):
    aws.s3.BucketObjectv2 = former_object

tags = {f"key-{number}": "value" for number in range(config.require_int("defaultTags"))}
opts = pulumi.ResourceOptions(provider=aws.Provider("company", default_tags={"tags": tags}))
delivery = PrivateBucketArgs(keep=False, more_statements=lambda arn: policies.log_delivery(arn, "123456789012"))
logs = PrivateBucket("logs", delivery, opts)
bootstrap = Bootstrap(
    "files", BootstrapArgs(htpasswd=f"{config.require('users')}:hash\n", access_log_bucket=logs.bucket), opts
)

pulumi.export("bucket", bootstrap.bucket)
