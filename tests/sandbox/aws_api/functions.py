"""Lambda functions for tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from components.pure.function_code import deployment_package


def create_function(aws: Callable[[str], Any], **options: Any) -> str:
    """Create the function "registry" and its role, and return its ARN."""
    role = aws("iam").create_role(RoleName="registry", AssumeRolePolicyDocument=json.dumps({}))["Role"]["Arn"]
    return aws("lambda").create_function(
        FunctionName="registry",
        Role=role,
        Runtime="python3.13",
        Handler="handler.handle",
        Code={"ZipFile": deployment_package({"handler.py": b""})},
        **options,
    )["FunctionArn"]
