"""Public keys in the forms that the registry reads."""

import base64
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from components.pure.token_keys import certificate_bundle, jwks, key_id
from components.testing import PUBLIC_KEY

OTHER_KEY = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


def numbers(public_key: Any) -> rsa.RSAPublicNumbers:
    assert isinstance(public_key, rsa.RSAPublicKey)
    return public_key.public_numbers()


def decoded(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def test_key_id_is_the_fingerprint_of_libtrust() -> None:
    """The expected value is what `PublicKey.KeyID` of docker/libtrust aabc10ec26b7 returns for the key."""
    assert key_id(PUBLIC_KEY) == "QJYG:47YI:2DWH:KMOY:SY33:RFEN:SOZA:TLVD:WY3E:OBPR:PNQE:67QQ"


def test_key_set_has_the_keys_by_their_ids() -> None:
    found = {key["kid"]: rsa.RSAPublicNumbers(decoded(key["e"]), decoded(key["n"])) for key in keys_of([OTHER_KEY])}
    assert found == {key_id(OTHER_KEY): numbers(load_pem_public_key(OTHER_KEY.encode()))}
    assert [key["kid"] for key in keys_of([PUBLIC_KEY, OTHER_KEY])] == [key_id(PUBLIC_KEY), key_id(OTHER_KEY)]


def keys_of(public_keys: list[str]) -> list[dict[str, str]]:
    return json.loads(jwks(public_keys))["keys"]


def test_bundle_has_a_certificate_for_each_key() -> None:
    certificates = x509.load_pem_x509_certificates(certificate_bundle([PUBLIC_KEY, OTHER_KEY]).encode())
    expected = [numbers(load_pem_public_key(key.encode())) for key in (PUBLIC_KEY, OTHER_KEY)]
    assert [numbers(certificate.public_key()) for certificate in certificates] == expected


def test_bundle_is_the_same_in_every_run() -> None:
    """A new text would be a new revision of the task definition in each `pulumi up`."""
    assert certificate_bundle([OTHER_KEY]) == certificate_bundle([OTHER_KEY])


@pytest.mark.filterwarnings("error")
def test_no_certificate_of_the_bundle_is_an_authority() -> None:
    """A token can bring a chain of certificates (`x5c`), which then cannot begin at one of the bundle."""
    [certificate] = x509.load_pem_x509_certificates(certificate_bundle([PUBLIC_KEY]).encode())
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificate.issuer != certificate.subject
