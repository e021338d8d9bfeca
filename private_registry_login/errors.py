"""Why a login cannot be made. Each message says how to mend it, and contains no secret."""


class LoginError(Exception):
    """A login by AWS identity cannot be made."""


class NoIdentity(LoginError):
    """This machine has no AWS credentials."""
