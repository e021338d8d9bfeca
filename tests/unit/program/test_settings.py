"""The stack's configuration: parsed completely, or refused in one error."""

import json
from datetime import timedelta
from typing import Any

import pulumi
import pytest

from components import AccessRule, ExistingNetwork, InvalidInput, PrivateRegistryArgs, RetentionRule
from components.problems import CONFIG, OPTIONS
from settings import parse
from tests.unit.helpers import Declare
from tests.unit.pems import END, NOW, issue

SENTINEL = "sentinel-Zx81-q7Lw-94fT"
SECRET_KEYS = tuple(option.key for option in OPTIONS.values() if option.secret)
ZONES = ["us-west-2a", "us-west-2b"]
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]


def parsed(values: dict[str, str], region: str = "us-west-2") -> PrivateRegistryArgs:
    return parse(values, secret_keys=SECRET_KEYS, region=region, now=NOW)


def refusal(values: dict[str, str], secret_keys: tuple[str, ...] = SECRET_KEYS) -> InvalidInput:
    with pytest.raises(InvalidInput) as raised:
        parse(values, secret_keys=secret_keys, region="us-west-2", now=NOW)
    return raised.value


def headings(error: InvalidInput) -> list[str]:
    """The first line of each problem."""
    return [line.strip() for line in str(error).splitlines() if line.startswith("  registry:")]


def test_no_values_give_the_defaults() -> None:
    assert parsed({}) == PrivateRegistryArgs()


@pytest.mark.parametrize(
    "key", ["domain", "users", "htpasswd", "certificate", "certificateArn", "amiId", "tags", "network"]
)
@pytest.mark.parametrize("empty", ["", "{}"])
def test_empty_value_is_not_set(key: str, empty: str) -> None:
    assert parsed({key: empty}) == PrivateRegistryArgs()


def test_empty_list_is_not_set_unless_the_option_has_a_default() -> None:
    assert parsed({"availabilityZoneNames": "[]", "access": "[]"}) == PrivateRegistryArgs()
    assert headings(refusal({"allowedCidrs": "[]"})) == ["registry:allowedCidrs: is empty: no client could connect"]


@pytest.mark.parametrize(
    ("key", "value", "field", "expected"),
    [
        ("image", "registry:3", "image", "registry:3"),
        ("minSize", "1", "min_size", 1),
        ("maxSize", "9", "max_size", 9),
        ("flowLogs", "true", "flow_logs", True),
        ("deletionProtection", "false", "deletion_protection", False),
        ("allowedCidrs", '["203.0.113.0/24"]', "allowed_cidrs", ["203.0.113.0/24"]),
        ("availabilityZoneNames", json.dumps(ZONES), "availability_zone_names", ZONES),
        ("tags", '{"team": "platform"}', "tags", {"team": "platform"}),
        ("natGateways", "none", "nat_gateways", "none"),
        ("clientsReachS3", "true", "clients_reach_s3", True),
        ("upstream", "https://registry-1.docker.io", "upstream", "https://registry-1.docker.io"),
        (
            *("network", json.dumps({"vpcId": "vpc-1", "publicSubnetIds": SUBNETS, "s3RouteTableIds": ["rtb-1"]})),
            "network",
            ExistingNetwork(vpc_id="vpc-1", public_subnet_ids=SUBNETS, s3_route_table_ids=["rtb-1"]),
        ),
        (
            *("access", json.dumps([{"who": "*", "repositories": ["base/*"], "actions": ["pull"]}]), "access"),
            [AccessRule(who="*", repositories=["base/*"], actions=["pull"])],
        ),
        (
            *("retention", '[{"repositories": ["*"], "keepNewest": 10}]'),
            "retention",
            [RetentionRule(repositories=["*"], keep_newest=10)],
        ),
    ],
)
def test_value_has_its_type(key: str, value: str, field: str, expected: object) -> None:
    assert getattr(parsed({key: value}), field) == expected


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("minSize", "two", "an integer"),
        ("minSize", "1.5", "an integer"),
        ("flowLogs", "yes", "true or false"),
        ("flowLogs", "True", "true or false"),
        ("allowedCidrs", "0.0.0.0/0", "a list of strings"),
        ("allowedCidrs", "[1]", "a list of strings"),
        ("tags", "[]", "a map of strings"),
        ("tags", '{"team": 1}', "a map of strings"),
        ("tags", "{", "a map of strings"),
        *(
            (
                "network",
                value,
                "a map of `vpcId` (a string), `publicSubnetIds` (a list of strings),"
                " `privateSubnetIds` (a list of strings), `s3RouteTableIds` (a list of strings)",
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
        *(
            (
                "access",
                value,
                "a list of maps of `who` (a string), `repositories` (a list of strings), `actions` (a list of strings)",
            )
            for value in (
                '{"who": "*", "actions": ["pull"]}',
                '["*"]',
                '[{"who": "*"}]',
                '[{"who": "*", "actions": "pull"}]',
                '[{"who": "*", "actions": ["pull"], "repository": "base"}]',
            )
        ),
        *(
            (
                "retention",
                value,
                "a list of maps of `repositories` (a list of strings), `keepTags` (a list of strings), `keepNewest`"
                " (an integer), `keepDays` (an integer), `keepPulledDays` (an integer)",
            )
            for value in (
                "{}x",
                '{"repositories": ["*"]}',
                '["*"]',
                '[{"keepNewest": 10}]',
                '[{"repositories": ["*"], "keepNewest": "10"}]',
                '[{"repositories": ["*"], "keepNewest": true}]',
                '[{"repositories": ["*"], "newest": 10}]',
            )
        ),
    ],
)
def test_value_of_another_type_is_refused(key: str, value: str, allowed: str) -> None:
    (problem,) = refusal({key: value}).problems
    heading, second, _ = problem.render(CONFIG).splitlines()
    assert heading == f"registry:{key}: {value!r} cannot be read"
    assert second == f"      allowed: {allowed}"


@pytest.mark.parametrize(("key", "meant"), [("minSiez", "minSize"), ("nat_gateways", "natGateways"), ("user", "users")])
def test_unknown_key_is_refused_with_a_similar_key(key: str, meant: str) -> None:
    error = refusal({key: "1"})
    assert headings(error) == [f"registry:{key}: is unknown; did you mean {meant}?"]
    assert error.problems[0].example == f"pulumi config rm registry:{key}"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("users", '{"alice": "sentinel-Zx81"}'),
        ("htpasswd", SENTINEL),
        ("privateKey", SENTINEL),
        ("upstreamPassword", SENTINEL),
    ],
)
def test_secret_in_clear_text_is_refused_and_not_shown(key: str, value: str) -> None:
    error = refusal({key: value}, secret_keys=())
    path = "--path registry:users.alice" if key == "users" else f"registry:{key}"
    assert f"registry:{key}: (a secret) is in clear text" in str(error)
    assert f"pulumi config rm registry:{key} && pulumi config set --secret {path}" in str(error)
    assert SENTINEL not in str(error)


@pytest.mark.parametrize("value", [SENTINEL, f'["{SENTINEL}"]', f'{{"alice": ["{SENTINEL}"]}}'])
def test_unreadable_secret_is_not_shown(value: str) -> None:
    error = refusal({"users": value})
    assert "registry:users: (a secret) cannot be read" in str(error)
    assert SENTINEL not in str(error)


def test_unreadable_value_that_is_encrypted_is_not_shown() -> None:
    error = refusal({"minSize": SENTINEL}, secret_keys=("minSize",))
    assert "registry:minSize: (a secret) cannot be read" in str(error)


def test_error_lists_all_problems_by_their_keys() -> None:
    error = refusal({"minSize": "0", "natGateways": "two", "flowLogs": "maybe", "imgae": "registry:3"})
    assert "4 problems" in str(error)
    assert [heading.partition(": ")[0] for heading in headings(error)] == [
        "registry:imgae",
        "registry:flowLogs",
        "registry:minSize, desiredCapacity, maxSize",
        "registry:natGateways",
    ]
    assert "allowed: 1 <= `minSize` <= `desiredCapacity` <= `maxSize`\n" in str(error)


def test_expired_certificate_is_refused() -> None:
    issued = issue("registry.example.com")
    values = {"domain": "registry.example.com", "certificate": issued.pem, "privateKey": issued.key_pem}
    with pytest.raises(InvalidInput, match=r"registry:certificate: has expired"):
        parse(values, secret_keys=SECRET_KEYS, region="us-west-2", now=END + timedelta(days=1))


def test_secrets_are_marked_as_secrets(declare: Declare) -> None:
    issued = issue("registry.example.com")
    values = {"domain": "registry.example.com", "certificate": issued.pem, "privateKey": issued.key_pem}

    def program() -> None:
        with_users = parsed({**values, "users": json.dumps({"alice": SENTINEL})})
        with_htpasswd = parsed({"htpasswd": f"alice:$2y$10${'a' * 53}"})
        cache = {
            "image": "registry:3",
            "upstream": "https://hub.example.com",
            "upstreamUsername": "alice",
            "upstreamPassword": SENTINEL,
        }
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


def test_repr_of_the_arguments_does_not_show_secrets() -> None:
    args = PrivateRegistryArgs(
        users={"alice": SENTINEL}, htpasswd=SENTINEL, private_key=SENTINEL, upstream_password=SENTINEL
    )
    assert SENTINEL not in repr(args)


def test_problem_with_a_part_of_the_network_has_its_path() -> None:
    error = refusal({"network": json.dumps({"vpcId": "vpc-1", "privateSubnetIds": SUBNETS})})
    assert [heading.partition(": ")[0] for heading in headings(error)] == ["registry:network.publicSubnetIds"]


def with_clear_parts(users: dict[str, Any], clear: dict[str, Any]) -> PrivateRegistryArgs:
    """Parse users of whom some have a password in clear text in the stack's file."""
    values = {"users": json.dumps(users)}
    return parse(values, secret_keys=["users"], clear={"users": clear}, region="us-west-2", now=NOW)


def test_password_in_clear_text_beside_an_encrypted_one_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidInput) as raised:
        with_clear_parts(
            {"alice": "lantern orbit velvet canyon drum", "bob": SENTINEL, "c.d": SENTINEL},
            {"bob": SENTINEL, "c.d": SENTINEL},
        )
    assert headings(raised.value) == [
        "registry:users: the value of 'bob', 'c.d' (a secret) is in clear text in the stack's file"
    ]
    assert (
        "example: pulumi config set --secret --path registry:users.bob"
        " && pulumi config set --secret --path 'registry:users[\"c.d\"]'" in str(raised.value)
    )
    assert SENTINEL not in str(raised.value)


@pytest.mark.parametrize("clear", [{"bob": "of another file"}, {"carol": SENTINEL}, {}])
def test_clear_text_that_is_not_what_the_cli_has_read_is_no_problem(clear: dict[str, Any], declare: Declare) -> None:
    def program() -> None:
        pulumi.export("users", with_clear_parts({"bob": SENTINEL}, clear).users)

    assert declare(program).secret_exports == {"users"}


def test_clear_text_of_an_option_that_is_no_secret_is_no_problem() -> None:
    args = parse({}, secret_keys=["tags"], clear={"tags": {"team": "a"}}, region="us-west-2", now=NOW)
    assert args == PrivateRegistryArgs()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("domain", "registry.example.com"),
        ("allowedCidrs", '["10.0.0.0/8"]'),
        ("tags", '{"team": "platform"}'),
        ("network", json.dumps({"vpcId": "vpc-1", "publicSubnetIds": SUBNETS})),
    ],
)
def test_encrypted_value_of_any_option_stays_secret(declare: Declare, key: str, value: str) -> None:
    option = {each.key: each for each in OPTIONS.values()}[key]

    def program() -> None:
        args = parse({key: value}, secret_keys=[key], region="us-west-2", now=NOW)
        found = getattr(args, option.name)
        for name, part in (vars(found) if option.parts else {key: found}).items():
            pulumi.export(name, part)

    defaults = {"private_subnet_ids", "s3_route_table_ids"}
    declaration = declare(program)
    assert declaration.secret_exports == declaration.exports.keys() - defaults


@pytest.mark.parametrize(("key", "value"), [("image", "registry:3"), ("minSize", "1"), ("flowLogs", "true")])
def test_encrypted_value_that_would_be_visible_is_refused(key: str, value: str) -> None:
    error = refusal({key: value}, secret_keys=(key,))
    assert headings(error) == [f"registry:{key}: (a secret) is encrypted, but would be visible in the stack's state"]


@pytest.mark.parametrize(("key", "value"), [("domain", SENTINEL), ("allowedCidrs", f'["{SENTINEL}"]')])
def test_encrypted_value_is_not_shown(key: str, value: str) -> None:
    assert SENTINEL in str(refusal({key: value}, secret_keys=()))
    assert SENTINEL not in str(refusal({key: value}, secret_keys=(key,)))
