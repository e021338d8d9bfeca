"""A registry's component that depends on a resource, and a resource that depends on the component."""

import pulumi
import pulumi_aws as aws

from components import PrivateBucket, PrivateBucketArgs

before = aws.ssm.Parameter("before", name="/before", type="String", value="made first")
bucket = PrivateBucket("images", PrivateBucketArgs(keep=False), pulumi.ResourceOptions(depends_on=[before]))
aws.ssm.Parameter(
    "after", name="/after", type="String", value="made last", opts=pulumi.ResourceOptions(depends_on=[bucket])
)
