"""Tokens of a registry with a token service, as clients get them.

Source: distribution, docs/content/spec/auth/token.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import urllib3
from urllib3.util import parse_url

_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_REPOSITORY = re.compile(r"/v2/(.+)/(?:blobs|manifests|tags)/")

# Sends a GET request for a path, with headers, to the registry's host.
Get = Callable[[str, Mapping[str, str]], urllib3.BaseHTTPResponse]


class Tokens:
    """The tokens of a client, by repository.

    Args:
        get: sends requests to the token service.
        login: the headers with the login; none for an anonymous client.
        known: the tokens that the client has already, by repository.
    """

    def __init__(self, get: Get, login: Mapping[str, str], known: Mapping[str, str]) -> None:
        self._get = get
        self._login = login
        self._tokens = dict(known)

    def headers(self, path: str) -> dict[str, str]:
        """Return the header for a request, if there is a token for its repository."""
        token = self._tokens.get(_repository(path))
        return {"authorization": f"Bearer {token}"} if token else {}

    def renew(self, path: str, challenge: str) -> bool:
        """Get the token that a refused request needs.

        Args:
            challenge: the header WWW-Authenticate of the answer.

        Returns:
            Whether there is a new token. There is none for a registry without a token service, or without a right.
        """
        if not challenge.startswith("Bearer "):
            return False
        asked = dict(_CHALLENGE.findall(challenge))
        scopes = [("scope", scope) for scope in asked.get("scope", "").split()]
        query = urlencode([("service", asked["service"]), *scopes])
        answer = self._get(f"{parse_url(asked['realm']).path}?{query}", self._login)
        if answer.status != 200:
            return False
        self._tokens[_repository(path)] = json.loads(answer.data)["token"]
        return True


def _repository(path: str) -> str:
    found = _REPOSITORY.match(path)
    return found[1] if found else ""
