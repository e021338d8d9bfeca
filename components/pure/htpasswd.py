"""Lines of an htpasswd file."""

import base64

from passlib.hash import bcrypt
from passlib.utils.binary import bcrypt64

# The registry verifies the password in every request, and a pull makes many: about 2.5 ms at cost 5, 50 ms at cost 10.
# A generated password of 32 random characters is safe at any cost. A password that a person chose needs the slow hash.
GENERATED_COST = 5
CHOSEN_COST = 10

MAX_PASSWORD_BYTES = 72  # bcrypt ignores the rest

# The pattern of a line, without a line end; bcrypt's cost is 4 to 31. The check of the option `htpasswd` uses it, and
# so does the boot script, with [:space:] for \s. Everything else in it means the same to Python and to `grep -E`.
HTPASSWD_LINE = r"[^\s:]+:\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}"


def htpasswd_line(user: str, password: str, salt: str, cost: int) -> str:
    """Return a user's line, without a line end. The same arguments give the same line.

    Args:
        user: the user's name.
        password: the password, at most `MAX_PASSWORD_BYTES` in UTF-8.
        salt: 16 random bytes in base64.
        cost: the base-2 logarithm of bcrypt's rounds.
    """
    encoded = str(bcrypt64.encode_bytes(base64.b64decode(salt)), "ascii")  # pyright: ignore (passlib has no types)
    return f"{user}:{bcrypt.using(rounds=cost, salt=encoded, ident='2b').hash(password)}"
