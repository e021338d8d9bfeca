"""What EC2 refuses, as the emulated API answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_reserved_security_group_name_is_refused(aws: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*may not be in the format sg-\*"):
        aws("ec2").create_security_group(GroupName="sg-registry", Description="test")
