"""Lambda functions whose code is a package of this library."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from types import ModuleType

import pulumi
import pulumi_aws as aws

from .objects import create_object
from .pure.function_code import code_sha256, deployment_package

_RUNTIME, _ARCHITECTURE = "python3.13", "arm64"


@dataclass(frozen=True, kw_only=True)
class FunctionArgs:
    """Arguments of `create_function`.

    Attributes:
        package: the Python package with the code. Its module `handler` has the function `handle`.
        description: what the function does.
        code_bucket: the name of the bucket that gets the code.
        role_arn: the ARN of the function's role. It depends on the role's policies.
        log_group_name: the name of its CloudWatch log group.
        environment: its environment variables.
        memory: its memory in MB.
        timeout_seconds: how long an execution may take.
        concurrency: how many executions are reserved for it; 0 for none. Default 0.
        tags: its tags. Default: none.
    """

    package: ModuleType
    description: str
    code_bucket: pulumi.Input[str]
    role_arn: pulumi.Input[str]
    log_group_name: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]]
    memory: int
    timeout_seconds: int
    concurrency: int = 0
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


def create_function(name: str, args: FunctionArgs, opts: pulumi.ResourceOptions) -> aws.lambda_.Function:
    """Create an aws.lambda_.Function, and an aws.s3.BucketObjectv2 with its code.

    Args:
        name: the resource name of both.
        opts: the options of both.
    """
    folder = resources.files(args.package)
    package = deployment_package(
        {
            f"{folder.name}/{module.name}": module.read_bytes()
            for module in folder.iterdir()
            if module.name.endswith(".py")
        }
    )
    code = create_object(
        name,
        bucket=args.code_bucket,
        key=f"{folder.name}.zip",
        content_base64=base64.b64encode(package).decode(),
        opts=opts,
    )
    return aws.lambda_.Function(
        name,
        description=args.description,
        role=args.role_arn,
        runtime=_RUNTIME,
        architectures=[_ARCHITECTURE],
        handler=f"{folder.name}.handler.handle",
        s3_bucket=code.bucket,
        s3_key=code.key,
        s3_object_version=code.version_id,
        source_code_hash=code_sha256(package),
        memory_size=args.memory,
        timeout=args.timeout_seconds,
        reserved_concurrent_executions=args.concurrency or None,
        # In this format, a line for each start, end and report of an execution can be left out.
        logging_config={
            "log_format": "JSON",
            "application_log_level": "INFO",
            "system_log_level": "WARN",
            "log_group": args.log_group_name,
        },
        environment={"variables": args.environment},
        tags=args.tags,
        opts=opts,
    )
