"""The resources in the AWS account that instances, containers, functions and clients use.

They are buckets, objects, parameters and KMS keys.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from sandbox.errors import SandboxError
from sandbox.evaluation import key_pairs
from sandbox.evaluation.declared import Declaration, Resource

# Tags that give a KMS key the id and the private key of the declaration (sandbox/aws/moto_gaps/kms.py).
KEY_ID, PRIVATE_KEY = "sandbox:key-id", "sandbox:private-key"

_OBJECT_TYPES = (
    "aws:s3/bucketObject:BucketObject",
    "aws:s3/bucketObjectv2:BucketObjectv2",
)


def create_resources(declaration: Declaration, aws: Callable[..., Any]) -> str:
    """Create the declared buckets with their policies, objects, parameters and KMS keys that sign.

    Args:
        aws: makes a boto3 client of a service, and of a Region that is not the stack's.

    Returns:
        How many there are, for the report.
    """
    s3, ssm = aws("s3"), aws("ssm")
    buckets = declaration.all("aws:s3/bucket:Bucket")
    for bucket in buckets:
        # S3 API Reference, "CreateBucket", LocationConstraint: us-east-1 is the default, and not a valid value.
        region = bucket.inputs.get("region", s3.meta.region_name)
        options = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        aws("s3", region).create_bucket(Bucket=bucket.outputs["bucket"], **options)
    for versioning in declaration.all("aws:s3/bucketVersioning:BucketVersioning"):
        status = versioning.inputs["versioningConfiguration"]["status"]
        s3.put_bucket_versioning(Bucket=versioning.inputs["bucket"], VersioningConfiguration={"Status": status})
    for policy in declaration.all("aws:s3/bucketPolicy:BucketPolicy"):
        s3.put_bucket_policy(Bucket=policy.inputs["bucket"], Policy=policy.inputs["policy"])
    objects = [object_ for type_ in _OBJECT_TYPES for object_ in declaration.all(type_)]
    for object_ in objects:
        s3.put_object(Bucket=object_.inputs["bucket"], Key=object_.inputs["key"], Body=_content(object_))
    parameters = declaration.all("aws:ssm/parameter:Parameter")
    for parameter in parameters:
        ssm.put_parameter(
            Name=parameter.outputs["name"], Value=parameter.inputs["value"], Type=parameter.inputs["type"]
        )
    # What the others encrypt is not in the sandbox.
    keys = [key for key in declaration.all("aws:kms/key:Key") if key.inputs.get("keyUsage") == "SIGN_VERIFY"]
    for key in keys:
        _create_key(aws("kms"), key)
    counted = {"buckets": buckets, "objects": objects, "parameters": parameters, "KMS keys": keys}
    return ", ".join(f"{len(resources)} {kind}" for kind, resources in counted.items() if resources)


def _create_key(kms: Any, key: Resource) -> None:
    id_ = key.outputs["keyId"]
    tags = {KEY_ID: id_, PRIVATE_KEY: key_pairs.private_key(id_)}
    kms.create_key(
        KeySpec=key.inputs["customerMasterKeySpec"],
        KeyUsage=key.inputs["keyUsage"],
        Tags=[{"TagKey": name, "TagValue": value} for name, value in tags.items()],
    )


def _content(object_: Resource) -> bytes:
    if "contentBase64" in object_.inputs:
        return base64.b64decode(object_.inputs["contentBase64"])
    if "content" in object_.inputs:
        return object_.inputs["content"].encode()
    raise SandboxError(f"{object_.urn} has neither content nor contentBase64; the sandbox cannot upload files")
