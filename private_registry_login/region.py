"""The Region of a registry, whose STS must get the signed request."""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
import urllib.error
import urllib.request
from typing import Any

from .address import Address
from .errors import LoginError
from .trust import trusting

VARIABLE = "PRIVATE_REGISTRY_REGION"
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}")
_TIMEOUT_SECONDS = 10
_MOST_BYTES = 4096


def region_of(address: Address) -> str:
    """Return a registry's Region: from the environment, else from the registry's token service.

    Raises:
        LoginError: the token service does not answer, or answers something else.
    """
    given = os.environ.get(VARIABLE)
    region = given or _answer(address)
    if not _REGION.fullmatch(region):
        raise LoginError(f"{VARIABLE if given else _url(address)} names no AWS Region")
    return region


def _url(address: Address) -> str:
    return f"https://{address}/auth/login"


def _answer(address: Address) -> str:
    url = _url(address)
    try:
        opener = urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=trusting(address)))
        with opener.open(url, timeout=_TIMEOUT_SECONDS) as response:
            return str(json.loads(response.read(_MOST_BYTES))["region"])
    except urllib.error.HTTPError as error:
        reason = (
            "it has no login by AWS identity, which its option `access` turns on" if error.code == 404 else "try again"
        )
        raise LoginError(f"{url} answers {error.code}: {reason}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise LoginError(
                f"the certificate of {address} is not trusted: {reason.verify_message}; "
                f"put its authority's, PEM, into /etc/docker/certs.d/{address}/ca.crt, or set {VARIABLE} to its Region"
            ) from error
        raise LoginError(
            f"{address} cannot be reached: {reason}; if only Docker's daemon reaches it, set {VARIABLE} to its Region"
        ) from error
    except (ValueError, LookupError, TypeError) as error:
        raise LoginError(f"{url} answers no JSON with a Region: it is no private registry") from error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Makes a redirect an error: the token service sends none."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
