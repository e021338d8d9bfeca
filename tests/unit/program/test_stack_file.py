"""What a stack's file has in clear text."""

from __future__ import annotations

import pytest

from stack_file import clear_parts

ENCRYPTED = "{secure: v1:abc}"


@pytest.mark.parametrize(
    ("text", "clear"),
    [
        (f"config: {{'registry:users': {{alice: {ENCRYPTED}, bob: open}}}}", {"bob": "open"}),
        (f"config: {{users: {{alice: {ENCRYPTED}, bob: open}}}}", {"bob": "open"}),
        (f"config: {{'registry:users': {{alice: {ENCRYPTED}, bob: 12345}}}}", {"bob": 12345}),
        (f"config: {{'registry:users': {{alice: {ENCRYPTED}, secure: open}}}}", {"secure": "open"}),
        (f"config: {{'registry:users': {{alice: {ENCRYPTED}}}}}", {}),
        (f"config: {{'registry:users': {ENCRYPTED}}}", {}),
        ("config: {'other:users': {bob: open}}", {}),
        ("config: {'registry:users': '{\"bob\": \"open\"}'}", {}),
        ("config:\n", {}),
        ("encryptionsalt: v1:abc\n", {}),
        ("", {}),
        ("- config", {}),
        ("config: {", {}),
    ],
)
def test_only_parts_that_are_not_encrypted_are_found(text: str, clear: dict[str, object]) -> None:
    assert clear_parts(text, "registry", "users") == clear
