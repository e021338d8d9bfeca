"""Why a request gets no token."""


class Refused(Exception):
    """A request is refused.

    The message is for the person and for the log. It is ASCII without quotation marks and backslashes, as RFC 6749
    (section 5.2) allows in `error_description`, and has nothing of the password.

    Attributes:
        error: the error code of OAuth 2.0, or one of RFC 6749, section 4.1.2.1, that fits.
        status: the HTTP status.
    """

    error = "invalid_request"
    status = 400


class UnsupportedGrant(Refused):
    """The grant type of OAuth 2.0 is not `password`."""

    error = "unsupported_grant_type"


class Unauthorized(Refused):
    """The login is wrong, or no rule grants anything.

    The status is that of distribution's "Token Authentication Specification", not the 400 of RFC 6749: at 401, clients
    ask for another login.
    """

    error = "invalid_grant"
    status = 401


class Unavailable(Refused):
    """AWS STS does not answer now."""

    error = "temporarily_unavailable"
    status = 503
