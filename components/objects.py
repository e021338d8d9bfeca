"""Objects in the registry's own buckets."""

import pulumi
import pulumi_aws as aws


def create_object(
    name: str,
    *,
    bucket: pulumi.Input[str],
    key: str,
    content: pulumi.Input[str] | None = None,
    content_base64: str | None = None,
    opts: pulumi.ResourceOptions,
) -> aws.s3.BucketObjectv2:
    """Create an aws.s3.BucketObjectv2 with a text, or with bytes as Base64.

    It has no tags: an object can have 10 ("Categorizing your storage using tags"), and a provider may have more.

    Args:
        name: the resource name.
        bucket: the bucket's name.
        key: the object's key.
        content: the text. Default: none.
        content_base64: the bytes. Default: none.
        opts: the object's options.
    """
    return aws.s3.BucketObjectv2(
        name,
        bucket=bucket,
        key=key,
        content=content,
        content_base64=content_base64,
        override_provider={"default_tags": {"tags": {}}},
        opts=opts,
    )
