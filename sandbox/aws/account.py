"""The AWS account: makes in the AWS API what the program declared and the instances will ask for."""

from __future__ import annotations

import base64
from typing import Any

from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Declaration, Resource

_OBJECT_TYPES = (
    "aws:s3/bucketObject:BucketObject",
    "aws:s3/bucketObjectv2:BucketObjectv2",
)


def make(declaration: Declaration, s3: Any, ssm: Any) -> str:
    """Makes buckets, objects and parameters by boto3 clients, and says in a few words how many."""
    buckets = declaration.all("aws:s3/bucket:Bucket")
    for bucket in buckets:
        # S3 refuses this one region as a constraint: it is the default.
        region = s3.meta.region_name
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket.outputs["bucket"], **where)
    for versioning in declaration.all("aws:s3/bucketVersioning:BucketVersioning"):
        status = versioning.inputs["versioningConfiguration"]["status"]
        s3.put_bucket_versioning(Bucket=versioning.inputs["bucket"], VersioningConfiguration={"Status": status})
    objects = [object_ for type_ in _OBJECT_TYPES for object_ in declaration.all(type_)]
    for object_ in objects:
        s3.put_object(Bucket=object_.inputs["bucket"], Key=object_.inputs["key"], Body=_content(object_))
    parameters = declaration.all("aws:ssm/parameter:Parameter")
    for parameter in parameters:
        ssm.put_parameter(
            Name=parameter.outputs["name"], Value=parameter.inputs["value"], Type=parameter.inputs["type"]
        )
    return f"{len(buckets)} buckets, {len(objects)} objects, {len(parameters)} parameters"


def _content(object_: Resource) -> bytes:
    if "contentBase64" in object_.inputs:
        return base64.b64decode(object_.inputs["contentBase64"])
    if "content" in object_.inputs:
        return object_.inputs["content"].encode()
    raise SandboxError(f"{object_.urn} has neither content nor contentBase64; the sandbox uploads no files")
