"""Callers: who a request is from, as its login proves."""

from dataclasses import dataclass
from datetime import datetime

from . import login_request, static_users
from .access import Access
from .http_messages import Login
from .refused import Unauthorized
from .rules import EVERYBODY, USER_PREFIX
from .sts import AskSts, caller_arn, role_or_user


@dataclass(frozen=True)
class Caller:
    """Who a request is from.

    Attributes:
        subject: the ARN that AWS STS tells, with the session's name; `user:NAME`; or nothing for an anonymous request.
        names: what the caller is in rules.
    """

    subject: str
    names: tuple[str, ...]


ANONYMOUS = Caller("", (EVERYBODY,))


@dataclass(frozen=True)
class AwsLogins:
    """Logins by AWS identity at one registry.

    Attributes:
        registry: the registry's host name, without a port.
        region: the AWS region whose STS is asked.
        sts_host: the host name of that STS.
        ask: asks STS.
    """

    registry: str
    region: str
    sts_host: str
    ask: AskSts

    def caller(self, password: str, now: datetime) -> Caller:
        """Return whose a password is.

        Raises:
            Unauthorized: nobody's.
            Unavailable: AWS STS does not tell.
        """
        headers = login_request.request_headers(
            password, registry=self.registry, region=self.region, sts_host=self.sts_host, now=now
        )
        arn = caller_arn(*self.ask(headers), registry=self.registry, region=self.region)
        return Caller(arn, (EVERYBODY, role_or_user(arn)))


def static_caller(access: Access, login: Login) -> Caller:
    """Return the static user of a login.

    Raises:
        Unauthorized: the password or the user is wrong. Which of them is not told.
    """
    if not static_users.verified(access.users, login.user, login.password):
        raise Unauthorized("the user name or the password is wrong")
    name = f"{USER_PREFIX}{login.user}"
    return Caller(name, (EVERYBODY, name))


def claimed(access: Access, login: Login | None) -> str:
    """Return whose login it claims to be, for the log. An unknown user name may be a password in the wrong field."""
    if login is None:
        return "anonymous"
    if login.user == login_request.USER:
        return login_request.USER
    return f"{USER_PREFIX}{login.user}" if login.user in access.users else "unknown user"
