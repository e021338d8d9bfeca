"""The function's entry."""

import json
import os
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from .access import AccessFile
from .callers import AwsLogins
from .clients import reader, signer
from .http_messages import request
from .service import TokenService
from .sts import sts_at
from .tokens import Issuer


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request of the load balancer.

    Args:
        event: the request.
        context: what Lambda tells of the invocation.
    """
    return _service().answer(request(event), context.aws_request_id)


@cache
def _service() -> TokenService:
    """Return the service that the environment configures. It lives as long as the function's process."""
    env = os.environ
    registry, sts_host = env["REGISTRY"], env["STS_HOST"]
    return TokenService(
        issuer=Issuer(env["ISSUER"], registry, env["SIGNING_KEY_ID"], signer(env["SIGNING_KEY_ARN"])),
        access_file=AccessFile(reader(env["CONFIG_BUCKET"], env["CONFIG_KEY"]), time.time, _log_stale_rules),
        # The variable is the one of the AWS SDKs for another endpoint.
        aws_logins=AwsLogins(
            registry, env["AWS_REGION"], sts_host, sts_at(env.get("AWS_ENDPOINT_URL_STS", f"https://{sts_host}"))
        ),
        now=time.time,
        log=_log,
    )


def _log_stale_rules(reason: str) -> None:
    _log(json.dumps({"event": "rules", "outcome": "stale", "reason": reason}))


def _log(line: str) -> None:
    print(line, flush=True)
