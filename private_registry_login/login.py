"""A password for a registry, from the AWS identity of this machine's user."""

from __future__ import annotations

import sys

from .address import Address
from .errors import LoginError
from .region import region_of

USER = "aws"
"""The user name of every login by AWS identity. The password says who it is."""


def sign_in(address: Address) -> str:
    """Return a password that is valid for some minutes, at this registry only.

    Raises:
        LoginError: none can be made.
    """
    try:
        from . import aws
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "botocore":
            raise
        raise LoginError(f"botocore is missing; run: {sys.executable} -m pip install botocore") from error
    identity = aws.credentials()
    return aws.password(identity, address.host, region_of(address))
