"""What needs botocore: this machine's AWS credentials, and a signature with them."""

# pyright: standard
# botocore has no types.

from __future__ import annotations

import base64
import json
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from .errors import LoginError, NoIdentity

_BODY = "Action=GetCallerIdentity&Version=2011-06-15"
_CONTENT_TYPE = "application/x-www-form-urlencoded; charset=utf-8"


def credentials() -> ReadOnlyCredentials:
    """Return the credentials that the AWS CLI would use: of the environment, a profile, SSO, or this machine's role.

    Raises:
        NoIdentity: there are none.
        LoginError: there are some, but AWS or a program refuses to issue them.
    """
    try:
        found: Any = Session().get_credentials()
        if found is not None:
            return found.get_frozen_credentials()
    except (BotoCoreError, ClientError) as error:
        raise LoginError(f"no AWS credentials: {error}") from error
    raise NoIdentity(
        "this machine has no AWS credentials; configure a profile (AWS_PROFILE), or run on AWS with a role"
    )


def password(identity: ReadOnlyCredentials, host: str, region: str) -> str:
    """Sign a request to STS that says who signed it, for one registry.

    The registry's token service sends the request. It can do nothing else with it, and no other registry accepts it.

    Args:
        identity: who signs.
        host: the registry's host name.
        region: the registry's Region, whose STS answers.
    """
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    headers = {"Content-Type": _CONTENT_TYPE, "X-Private-Registry": host}
    request: Any = AWSRequest("POST", f"https://sts.{region}.{domain}/", headers=headers, data=_BODY)
    SigV4Auth(identity, "sts", region).add_auth(request)
    signed = {"authorization": request.headers["Authorization"], "date": request.headers["X-Amz-Date"]}
    if identity.token:
        signed["token"] = identity.token
    return "v1." + base64.urlsafe_b64encode(json.dumps(signed).encode()).rstrip(b"=").decode()
