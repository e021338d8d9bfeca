"""The AWS services of the function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from .storage import THREADS

# The Lambda runtime has them. They are no requirements of the library, and have no types.
_boto3: Any = import_module("boto3")
_config: Any = import_module("botocore.config")


@dataclass(frozen=True, kw_only=True)
class Clients:
    """The boto3 clients that a run needs.

    Attributes:
        s3: a client for `THREADS` threads.
        logs: a client.
        ecs: a client for each Region of the account, by Region. The first is the registry's own.
    """

    s3: Any
    logs: Any
    ecs: Mapping[str, Any]

    @classmethod
    def of_account(cls) -> Clients:
        """Make the clients, for all Regions that are enabled in the account."""
        session = _boto3.Session()
        own = str(session.region_name)
        enabled = [region["RegionName"] for region in session.client("ec2").describe_regions()["Regions"]]
        return cls(
            s3=session.client("s3", config=_config.Config(max_pool_connections=THREADS)),
            logs=session.client("logs"),
            ecs={region: session.client("ecs", region_name=region) for region in dict.fromkeys([own, *enabled])},
        )
