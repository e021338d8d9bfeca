"""Properties that hold for any input (property-based tests)."""

import asyncio
import ipaddress
import json
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st

from components import InvalidInput, PrivateRegistryArgs
from components.checks.pem import expiry_problems, pem_problems
from components.checks.users import htpasswd_problems
from components.problems import OPTIONS
from components.pure.cidr import MAX_PREFIX, MAX_ZONES, MIN_PREFIX, zone_cidrs
from settings import parse

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
SECRET = "sentinel-Zx81"
KEYS = (*(option.key for option in OPTIONS.values()), "unknown")
SECRET_KEYS = [option.key for option in OPTIONS.values() if option.secret]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
plausible = st.sampled_from(
    [
        "2",
        "true",
        "registry:3",
        "10.0.0.0/16",
        "::1/128",
        "10.0.0.0/33",
        "-1",
        '["0.0.0.0/0"]',
        '{"a": "b"}',
        '{"vpcId": "vpc-1", "publicSubnetIds": []}',
        "https://alice@hub",
        "{",
        "\x00",
    ]
)
config_values = st.text(max_size=20) | plausible | json_values.map(json.dumps)


@given(st.dictionaries(st.sampled_from(KEYS), config_values), st.sampled_from(["us-west-2", "eu-south-2", ""]))
@settings(max_examples=300, deadline=None)
def test_any_configuration_gives_arguments_or_problems(values: dict[str, str], region: str) -> None:
    async def parsed() -> PrivateRegistryArgs:
        return parse(values, secret_keys=KEYS, region=region, now=NOW)

    try:
        # Secrets become Outputs, which need a running event loop.
        outcome: object = asyncio.run(parsed())
    except InvalidInput as error:
        outcome = error.problems
    assert isinstance(outcome, PrivateRegistryArgs) or outcome


@given(st.sampled_from(SECRET_KEYS), st.text(max_size=20), st.text(max_size=20))
@settings(deadline=None)
@example("users", '{"alice": "', '" }')
@example("users", '{"alice": {"nested": "', '"}}')
@example("privateKey", "-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----\n")  # pragma: allowlist secret
def test_no_error_shows_a_secret(key: str, before: str, after: str) -> None:
    values = {key: f"{before}{SECRET}{after}", "certificate": "none", "minSize": "0"}
    for secret_keys in ([key], []):  # encrypted, and in clear text
        with pytest.raises(InvalidInput) as raised:
            parse(values, secret_keys=secret_keys, region="us-west-2", now=NOW)
        assert SECRET not in str(raised.value)


@given(
    st.integers(0, 2**32 - 1), st.integers(MIN_PREFIX, MAX_PREFIX), st.integers(1, MAX_ZONES), st.integers(1, MAX_ZONES)
)
def test_subnets_are_in_the_vpc_disjoint_and_stable(address: int, prefix: int, zones: int, more_zones: int) -> None:
    vpc = ipaddress.IPv4Network((address, prefix), strict=False)
    subnets = zone_cidrs(str(vpc), zones)
    private = [ipaddress.IPv4Network(zone.private) for zone in subnets]
    public = [ipaddress.IPv4Network(zone.public) for zone in subnets]
    assert all(subnet.subnet_of(vpc) for subnet in private + public)
    assert private == sorted(private)
    assert public == sorted(public)
    ordered = sorted(private + public)
    assert not any(first.overlaps(second) for first, second in pairwise(ordered))
    shorter, longer = sorted((zones, more_zones))
    assert zone_cidrs(str(vpc), longer)[:shorter] == zone_cidrs(str(vpc), shorter)


def self_signed(domain: str) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return certificate.public_bytes(Encoding.PEM).decode(), pem


CERTIFICATE, KEY = self_signed("registry.example.com")
_, OTHER_KEY = self_signed("registry.example.com")


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_random_text_is_no_certificate_key_or_htpasswd_file(text: str) -> None:
    assert pem_problems(text, KEY)
    assert pem_problems(CERTIFICATE, text)
    assert pem_problems(CERTIFICATE, KEY, text)
    assert not expiry_problems(text, NOW)
    assert list(htpasswd_problems(text))


@given(st.data())
@settings(deadline=None)
def test_truncated_pem_is_refused_and_not_shown(data: st.DataObject) -> None:
    certificate = CERTIFICATE[: data.draw(st.integers(0, len(CERTIFICATE) - 30))]
    key = KEY[: data.draw(st.integers(0, len(KEY) - 30))]
    for problems in (pem_problems(certificate, KEY), pem_problems(CERTIFICATE, key)):
        assert problems
        assert not any(line in str(problem) for problem in problems for line in KEY.splitlines()[1:-1])


@given(st.permutations([CERTIFICATE, KEY, OTHER_KEY]))
def test_only_the_certificate_and_its_key_are_valid(texts: list[str]) -> None:
    certificate, key, _ = texts
    assert (pem_problems(certificate, key) == []) == ((certificate, key) == (CERTIFICATE, KEY))
