"""The strength of passwords, by examples at the limit."""

import pytest

from components.pure.password_strength import is_guessable

RELATED = ("alice", "registry.acme-robotics.example")


@pytest.mark.parametrize(
    "password",
    [
        "kettle harbour ginger saddle owl",
        "kettle-harbour-ginger-saddle-owl",
        "kettleharbourgingersaddleowl",
        "v7Qm2xTz9LkW4pRb8sJd",
        "ä1ß9ü4ö7Ä2Ü8Ö3ß6",
        "日本語の長い合言葉を四つ並べて",
    ],
)
def test_five_random_words_or_fifteen_random_characters_are_hard_to_guess(password: str) -> None:
    assert not is_guessable(password, RELATED)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "v7Qm2xTz9LkW4p",
        "- . _ - . _ - . _ - . _",
        "v7Qm2 xTz9L - kW4p",
        "x" * 72,
        "ab1" * 24,
        "qwertyuiopasdfghjklzxcvbnm",  # pragma: allowlist secret
        "passwordpassword2026",
        "P@ssw0rd P@ssw0rd P@ssw0rd",
        "Summer-Winter-Autumn-2026",
        "correct horse battery staple",
    ],
)
def test_short_common_and_repeated_passwords_are_guessable(password: str) -> None:
    assert is_guessable(password, RELATED)


@pytest.mark.parametrize("password", ["saddle kettle harbour", "harbour-compass-saddle", "lantern_velvet_compass"])
def test_separators_do_not_make_three_words_hard_to_guess(password: str) -> None:
    """zxcvbn alone would accept them."""
    assert is_guessable(password, RELATED)


def test_words_of_the_user_and_the_registry_are_guessable() -> None:
    password = "alice@registry.acme-robotics.example"
    assert is_guessable(password, RELATED)
    assert not is_guessable(password, ["bob"])
