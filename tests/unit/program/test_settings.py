"""The stack's configuration as the engine hands it over: parsed whole, or refused in one error."""

import json
from datetime import timedelta
from typing import Any

import pulumi
import pytest

from components import ExistingNetwork, InvalidInput, PrivateRegistryArgs
from settings import parse
from tests.unit.helpers import Declare
from tests.unit.pems import END, NOW, issue

SENTINEL = "sentinel-Zx81"
SECRET_KEYS = ("users", "htpasswd", "privateKey", "upstreamPassword")
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]


def parsed(values: dict[str, str], region: str = "us-west-2") -> PrivateRegistryArgs:
    return parse(values, secret_keys=SECRET_KEYS, region=region, now=NOW)


def refusal(values: dict[str, str], secret_keys: tuple[str, ...] = SECRET_KEYS) -> InvalidInput:
    with pytest.raises(InvalidInput) as raised:
        parse(values, secret_keys=secret_keys, region="us-west-2", now=NOW)
    return raised.value


def test_no_configuration_gives_the_defaults() -> None:
    assert parsed({}) == PrivateRegistryArgs()


@pytest.mark.parametrize(
    "key", ["domain", "users", "htpasswd", "certificate", "certificateArn", "amiId", "tags", "network"]
)
@pytest.mark.parametrize("empty", ["", "{}"])
def test_an_empty_value_is_none(key: str, empty: str) -> None:
    assert parsed({key: empty}) == PrivateRegistryArgs()


@pytest.mark.parametrize(
    ("key", "value", "field", "expected"),
    [
        ("image", "registry:3", "image", "registry:3"),
        ("minSize", "1", "min_size", 1),
        ("maxSize", "9", "max_size", 9),
        ("flowLogs", "true", "flow_logs", True),
        ("deletionProtection", "false", "deletion_protection", False),
        ("allowedCidrs", '["203.0.113.0/24"]', "allowed_cidrs", ["203.0.113.0/24"]),
        ("tags", '{"team": "platform"}', "tags", {"team": "platform"}),
        ("natGateways", "none", "nat_gateways", "none"),
        ("clientsReachS3", "true", "clients_reach_s3", True),
        ("upstream", "https://registry-1.docker.io", "upstream", "https://registry-1.docker.io"),
        (
            *("network", json.dumps({"vpcId": "vpc-1", "publicSubnetIds": SUBNETS, "s3RouteTableIds": ["rtb-1"]})),
            "network",
            ExistingNetwork(vpc_id="vpc-1", public_subnet_ids=SUBNETS, s3_route_table_ids=["rtb-1"]),
        ),
    ],
)
def test_values_get_their_types(key: str, value: str, field: str, expected: object) -> None:
    assert getattr(parsed({key: value}), field) == expected


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("minSize", "two", "a whole number"),
        ("minSize", "1.5", "a whole number"),
        ("flowLogs", "yes", "true or false"),
        ("flowLogs", "True", "true or false"),
        ("allowedCidrs", "0.0.0.0/0", "a list of texts"),
        ("allowedCidrs", "[1]", "a list of texts"),
        ("tags", "[]", "a map of texts"),
        ("tags", '{"team": 1}', "a map of texts"),
        ("tags", "{", "a map of texts"),
        *(
            (
                "network",
                value,
                "a map of vpcId, publicSubnetIds, privateSubnetIds and s3RouteTableIds, the first a text,"
                " the others lists",
            )
            for value in (
                "vpc-1",
                "[]",
                '{"publicSubnetIds": []}',
                '{"vpcId": 1}',
                '{"vpcId": "vpc-1", "subnets": []}',
                '{"vpcId": "vpc-1", "publicSubnetIds": "subnet-1"}',
            )
        ),
    ],
)
def test_a_value_of_another_type_is_refused(key: str, value: str, allowed: str) -> None:
    (problem,) = refusal({key: value}).problems
    assert (problem.key, problem.allowed) == (f"registry:{key}", allowed)
    assert problem.found == f"{value!r} cannot be read"


@pytest.mark.parametrize(("key", "meant"), [("minSiez", "minSize"), ("nat_gateways", "natGateways"), ("user", "users")])
def test_an_unknown_key_is_refused_with_the_one_that_was_meant(key: str, meant: str) -> None:
    (problem,) = refusal({key: "1"}).problems
    assert (problem.key, problem.found) == (f"registry:{key}", "is unknown")
    assert problem.example == f"pulumi config rm registry:{key}  (did you mean {meant}?)"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("users", '{"alice": "sentinel-Zx81"}'),
        ("htpasswd", SENTINEL),
        ("privateKey", SENTINEL),
        ("upstreamPassword", SENTINEL),
    ],
)
def test_a_secret_in_clear_is_refused_and_not_repeated(key: str, value: str) -> None:
    error = refusal({key: value}, secret_keys=())
    assert f"registry:{key}: (a secret) is in clear" in str(error)
    assert f"pulumi config set --secret registry:{key}" in str(error)
    assert SENTINEL not in str(error)


@pytest.mark.parametrize("value", [SENTINEL, f'["{SENTINEL}"]', f'{{"alice": ["{SENTINEL}"]}}'])
def test_a_secret_that_cannot_be_read_is_not_shown(value: str) -> None:
    error = refusal({"users": value})
    assert "registry:users: (a secret) cannot be read" in str(error)
    assert SENTINEL not in str(error)


def test_any_value_that_somebody_encrypted_is_a_secret() -> None:
    error = refusal({"minSize": SENTINEL}, secret_keys=("minSize",))
    assert "registry:minSize: (a secret) cannot be read" in str(error)


def test_all_problems_are_in_one_error_by_the_names_of_the_configuration() -> None:
    error = refusal({"minSize": "0", "natGateways": "two", "flowLogs": "maybe", "imgae": "registry:3"})
    assert "4 problems" in str(error)
    assert [problem.key for problem in error.problems] == [
        "registry:imgae",
        "registry:flowLogs",
        "registry:minSize, desiredCapacity, maxSize",
        "registry:natGateways",
    ]
    assert error.problems[2].allowed == "1 <= minSize <= desiredCapacity <= maxSize"


def test_an_expired_certificate_is_refused() -> None:
    issued = issue("registry.example.com")
    values = {"domain": "registry.example.com", "certificate": issued.pem, "privateKey": issued.key_pem}
    with pytest.raises(InvalidInput, match=r"registry:certificate: has expired"):
        parse(values, secret_keys=SECRET_KEYS, region="us-west-2", now=END + timedelta(days=1))


def test_secrets_are_marked_for_whatever_they_flow_into(declare: Declare) -> None:
    issued = issue("registry.example.com")
    values = {"domain": "registry.example.com", "certificate": issued.pem, "privateKey": issued.key_pem}

    def program() -> None:
        with_users = parsed({**values, "users": json.dumps({"alice": SENTINEL})})
        with_htpasswd = parsed({"htpasswd": f"alice:$2y$10${'a' * 53}"})
        cache = {"upstream": "https://hub.example.com", "upstreamUsername": "alice", "upstreamPassword": SENTINEL}
        secrets: dict[str, Any] = {
            "users": with_users.users,
            "key": with_users.private_key,
            "htpasswd": with_htpasswd.htpasswd,
            "upstream": parsed(cache).upstream_password,
        }
        for name, value in secrets.items():
            pulumi.export(name, value)

    declared = declare(program)
    assert declared.secret_exports == {"users", "key", "htpasswd", "upstream"}
    assert declared.exports["users"] == {"alice": SENTINEL}
    assert declared.exports["key"] == issued.key_pem


def test_the_arguments_do_not_show_secrets() -> None:
    args = PrivateRegistryArgs(
        users={"alice": SENTINEL}, htpasswd=SENTINEL, private_key=SENTINEL, upstream_password=SENTINEL
    )
    assert SENTINEL not in repr(args)


def test_what_lacks_in_a_network_is_told_by_its_place_in_the_configuration() -> None:
    (problem,) = refusal({"network": json.dumps({"vpcId": "vpc-1", "privateSubnetIds": SUBNETS})}).problems
    assert problem.key == "registry:network.publicSubnetIds"
