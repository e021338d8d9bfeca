"""Lines of an htpasswd file."""

import base64
import hashlib
import hmac
import logging

from passlib.hash import bcrypt
from passlib.utils.binary import bcrypt64

# passlib 1.7.4 looks up bcrypt's version, only for its log, in a module that bcrypt 4.1 removed, and logs the traceback
# (pyca/bcrypt#684).
logging.getLogger("passlib.handlers.bcrypt").addFilter(
    lambda record: "error reading bcrypt version" not in record.getMessage()
)

# bcrypt's cost, the base-2 logarithm of its rounds. The registry computes the hash in every request, also for a wrong
# password: 2 ms of processor time at cost 5, 50 ms at cost 10. For an unknown user, registry 3.1.1 computes a hash of
# cost 5 (dummyBcryptHash in registry/auth/htpasswd/htpasswd.go): with another cost, the time tells who is a user.
COST = 5

GENERATED_USER = "docker"  # the user without the options `users` and `htpasswd`

MAX_PASSWORD_BYTES = 72  # bcrypt ignores the rest

# The pattern of a line, without a line end. Of bcrypt's costs, 4 to 31, it allows 4 to 12: one request keeps a core
# busy for 0.2 s at cost 12, for a day at cost 31. The check of the option `htpasswd` uses the pattern, and so does the
# boot script, with [:space:] for \s. Everything else in it means the same to Python and to `grep -E`.
HTPASSWD_LINE = r"[^\s:]+:\$2[aby]\$(0[4-9]|1[0-2])\$[./A-Za-z0-9]{53}"


def user_salt(key: str, user: str) -> str:
    """Return a user's salt: 16 bytes in base64, different for each user and each key.

    It is an HMAC, so one random key serves any number of users, whose names need not be known in advance.

    Args:
        key: 32 random bytes in base64.
        user: the user's name.
    """
    digest = hmac.digest(base64.b64decode(key), user.encode(), hashlib.sha256)
    return base64.b64encode(digest[:16]).decode()


def htpasswd_line(user: str, password: str, salt: str, cost: int = COST) -> str:
    """Return a user's line, without a line end. The same arguments give the same line.

    Args:
        user: the user's name.
        password: the password, at most `MAX_PASSWORD_BYTES` in UTF-8.
        salt: 16 random bytes in base64.
        cost: bcrypt's cost.
    """
    encoded = str(bcrypt64.encode_bytes(base64.b64decode(salt)), "ascii")  # pyright: ignore (passlib has no types)
    return f"{user}:{bcrypt.using(rounds=cost, salt=encoded, ident='2b').hash(password)}"
