"""The addresses that users and clients pass."""

import pytest

from private_registry_login.address import Address
from private_registry_login.errors import LoginError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("registry.example.com", Address("registry.example.com")),
        ("Registry.Example.com:8443\n", Address("registry.example.com", ":8443")),
        ("https://registry.example.com/v2/", Address("registry.example.com")),
    ],
)
def test_forms_that_clients_pass(text: str, address: Address) -> None:
    assert Address.parse(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "http://a.example", "a..example", "-a.example", "user@a.example", "a.example:1234567", "a b", "é.example"],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(LoginError, match="no address of a registry"):
        Address.parse(text)
