"""Requests for a token, in both forms that clients use."""

from collections.abc import Mapping
from dataclasses import dataclass

from .http_messages import Login, Request, single
from .refused import Refused, UnsupportedGrant
from .scopes import Scope, parsed


@dataclass(frozen=True)
class TokenRequest:
    """A request for a token.

    Attributes:
        login: the login, or None for an anonymous request.
        service: the name of the registry that the token is for, if the client tells it.
        scopes: what the client asks for.
    """

    login: Login | None
    service: str | None
    scopes: list[Scope]


def token_request(request: Request) -> TokenRequest:
    """Return what a request asks for: GET with a header and a query, or POST with a form as of OAuth 2.0.

    Raises:
        Refused: the request is malformed.
    """
    return _of_form(request.form()) if request.method == "POST" else _of_query(request)


def _of_query(request: Request) -> TokenRequest:
    """Source: distribution, docs/content/spec/auth/token.md, "Requesting a Token"."""
    return TokenRequest(request.basic_login(), *_service_and_scopes(request.query))


def _of_form(form: Mapping[str, list[str]]) -> TokenRequest:
    """Source: distribution, docs/content/spec/auth/oauth.md, "Getting a token"."""
    if single(form, "grant_type") != "password":
        raise UnsupportedGrant("the grant type is not password; there are no refresh tokens")
    user, password = single(form, "username"), single(form, "password")
    if user is None or password is None:
        raise Refused("the parameter username or password is missing")
    return TokenRequest(Login(user, password), *_service_and_scopes(form))


def _service_and_scopes(parameters: Mapping[str, list[str]]) -> tuple[str | None, list[Scope]]:
    return single(parameters, "service"), parsed(parameters.get("scope", []))
