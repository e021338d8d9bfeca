"""The strength of passwords.

A hash of cost 5 is quick for the registry, and for a person who has a copy of the htpasswd file: one graphics card
computes 304,800 of them per second (hashcat v6.2.6-851, mode 3200, on an RTX 5090; published by Sam Croley). What makes
a password safe is the number of guesses that it takes: docs/decisions/0015-one-bcrypt-cost.md has the arithmetic.
"""

import re
from collections.abc import Iterable

from zxcvbn import zxcvbn

# zxcvbn counts 10 guesses for a character that is part of no pattern. NIST SP 800-63B-4, section 3.1.1.2, has the same
# minimum for passwords without a second factor.
MIN_CHARACTERS = 15
_MIN_GUESSES = 10**MIN_CHARACTERS

# zxcvbn takes each separator for a part of the password, and any five parts for at least 10^16 guesses. Three random
# words of EFF's list are 10^11.7 guesses; its median for these was 10^16.2, without separators 10^12.4.
_SEPARATORS = re.compile(r"[\s._-]+")

# Words that a person who guesses this registry's passwords tries early, with the user's name and the domain.
_CONTEXT = ("docker", "registry")


def is_guessable(password: str, related: Iterable[str]) -> bool:
    """Return whether a password is easier to guess than `MIN_CHARACTERS` characters without a pattern.

    Args:
        password: at most 72 characters. zxcvbn takes 2 ms for a usual password, and 3 s for one of 72 characters that
            all stand for letters, such as "@" for "a".
        related: texts such as the user's name, whose words make a password no harder to guess.
    """
    characters = _SEPARATORS.sub("", password)
    if len(characters) < MIN_CHARACTERS:
        return True
    texts = (*related, *_CONTEXT)
    words = [word for text in texts for word in (_SEPARATORS.sub("", text), *re.split(r"[\W_]+", text)) if word]
    return zxcvbn(characters, user_inputs=words)["guesses"] < _MIN_GUESSES
