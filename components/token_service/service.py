"""The token service: from a request to a response, and a line of the log for each request for a token."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from .access import Access, AccessFile
from .callers import ANONYMOUS, AwsLogins, Caller, claimed, static_caller
from .http_messages import Login, Request, response
from .login_request import USER as AWS_USER
from .refused import Refused, Unauthorized
from .rules import granted, names
from .scopes import Scope, listed
from .token_requests import token_request
from .tokens import SECONDS, Issuer

# The registry sends clients there, on the host that they use (defaultAutoRedirectPath in distribution,
# registry/auth/token/accesscontroller.go).
_TOKEN = "/auth/token"  # noqa: S105 (a path)
_LOGIN = "/auth/login"
_METHODS = {_TOKEN: ("GET", "POST"), _LOGIN: ("GET",)}

_MAX_LOGGED = 1_000  # characters of what a client chooses
# distribution, docs/content/spec/api.md, "Errors".
_REGISTRY_CODES = {401: "UNAUTHORIZED", 503: "UNAVAILABLE"}


@dataclass(frozen=True)
class TokenService:
    """The token service of a registry.

    Attributes:
        issuer: issues the tokens.
        access_file: has the rules and the static users.
        aws_logins: verifies logins by AWS identity.
        now: the time in seconds since the epoch.
        log: writes a line of the log.
    """

    issuer: Issuer
    access_file: AccessFile
    aws_logins: AwsLogins
    now: Callable[[], float]
    log: Callable[[str], None]

    def answer(self, request: Request, request_id: str) -> dict[str, Any]:
        """Return the response to a request.

        Args:
            request: the request.
            request_id: an ID that no other request has.
        """
        methods = _METHODS.get(request.path)
        if methods is None:
            return response(404, _errors("invalid_request", 404, f"only {_TOKEN} and {_LOGIN} are here"))
        if request.method not in methods:
            allowed = ", ".join(methods)
            message = f"the method of {request.path} is {allowed}"
            return response(405, _errors("invalid_request", 405, message), {"Allow": allowed})
        if request.path == _LOGIN:
            return response(200, {"region": self.aws_logins.region})
        return self._answer_with_token(request, request_id)

    def _answer_with_token(self, request: Request, request_id: str) -> dict[str, Any]:
        access = self.access_file.current()
        line: dict[str, Any] = {
            "time": self._time().isoformat(timespec="milliseconds"),
            "event": "token",
            "id": request_id,
            "address": request.address[:_MAX_LOGGED],
            "client": request.user_agent[:_MAX_LOGGED],
        }
        try:
            asked = token_request(request)
            line |= {"caller": claimed(access, asked.login), "asked": listed(asked.scopes)[:_MAX_LOGGED]}
            if asked.service not in (None, self.issuer.registry):
                raise Refused(f"the service is not {self.issuer.registry}, the only one that tokens are issued for")
            caller = self._caller(access, asked.login)
            line["caller"] = caller.subject or "anonymous"
            grants = _grants(access, caller, asked.scopes)
            token = self.issuer.token(caller.subject, grants, request_id, int(self.now()))
        except Refused as refused:
            self.log(json.dumps({**line, "outcome": "refused", "status": refused.status, "reason": str(refused)}))
            return self._refusal(refused)
        self.log(json.dumps({**line, "outcome": "issued", "status": 200, "granted": listed(grants)}))
        # Without `issued_at`: clients count the seconds from their own clock, which need not be right.
        content = {"token": token, "access_token": token, "expires_in": SECONDS, "scope": listed(grants)}
        return response(200, content)

    def _caller(self, access: Access, login: Login | None) -> Caller:
        if login is None:
            return ANONYMOUS
        if login.user == AWS_USER:
            return self.aws_logins.caller(login.password, self._time())
        return static_caller(access, login)

    def _refusal(self, refused: Refused) -> dict[str, Any]:
        challenge = {"WWW-Authenticate": f'Basic realm="{self.issuer.registry}"'} if refused.status == 401 else {}
        return response(refused.status, _errors(refused.error, refused.status, str(refused)), challenge)

    def _time(self) -> datetime:
        return datetime.fromtimestamp(self.now(), timezone.utc)


def _grants(access: Access, caller: Caller, scopes: list[Scope]) -> list[Scope]:
    """Return what a token grants: the part of each scope that the rules grant.

    Raises:
        Unauthorized: no rule is about the caller, or an anonymous request is granted nothing: a login may be.
    """
    if not any(names(rule, name) for rule in access.rules for name in caller.names):
        raise Unauthorized(f"no rule is about {caller.subject}" if caller.subject else "log in first")
    parts = (
        Scope(each.kind, each.name, tuple(granted(access.rules, caller.names, each.kind, each.name, each.actions)))
        for each in scopes
    )
    grants = [part for part in parts if part.actions]
    if caller == ANONYMOUS and scopes and not grants:
        raise Unauthorized("log in first")
    return grants


def _errors(error: str, status: int, message: str) -> dict[str, Any]:
    """Return an error as clients read it: as one of OAuth 2.0, as one of the registry, and as Docker's `details`.

    Source of the last: distribution v2.8.3, registry/client/errors.go, parseHTTPErrorResponse.
    """
    return {
        "error": error,
        "error_description": message,
        "details": message,
        "errors": [{"code": _REGISTRY_CODES.get(status, "UNSUPPORTED"), "message": message}],
    }
