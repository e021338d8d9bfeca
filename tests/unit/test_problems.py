"""Problems in the terms of the person who reads them."""

import contextvars
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from components import ExistingNetwork, InvalidInput, Problem
from components.options import FileContent
from components.problems import CONFIG, PYTHON, SCHEMA, Audience, audience, registry_name, unknown_option

SIZE = Problem(key="min_size", found="0 is too few", allowed="1 or more")
MODE = Problem(key="nat_gateways", found="'two' is unknown", allowed="perZone, single")
VPC = ExistingNetwork(vpc_id="vpc-1", public_subnet_ids=["a", "b"])


def example(to: Audience, values: Mapping[str, Any] | str) -> str:
    """The example of a problem in an audience's terms."""
    problem = Problem(key="min_size", found="", allowed="", example=values)
    return problem.render(to).rpartition("example: ")[2]


@pytest.mark.parametrize(
    ("to", "rendered"),
    [
        (PYTHON, "min_size: `max_size` is 1\n      allowed: `min_size` or more\n      example: min_size=2"),
        (SCHEMA, "minSize: `maxSize` is 1\n      allowed: `minSize` or more\n      example: minSize: 2"),
        (
            CONFIG,
            "registry:minSize: `maxSize` is 1\n      allowed: `minSize` or more\n"
            "      example: pulumi config set registry:minSize 2",
        ),
    ],
)
def test_names_are_in_the_spelling_of_the_audience(to: Audience, rendered: str) -> None:
    problem = Problem(key="min_size", found="`max_size` is 1", allowed="`min_size` or more")
    assert problem.render(to) == rendered


@pytest.mark.parametrize(
    ("values", "python", "schema", "config"),
    [
        (
            {"min_size": 1, "max_size": 2},
            "min_size=1, max_size=2",
            "minSize: 1, maxSize: 2",
            "pulumi config set registry:minSize 1 && pulumi config set registry:maxSize 2",
        ),
        ({"flow_logs": True}, "flow_logs=True", "flowLogs: true", "pulumi config set registry:flowLogs true"),
        ({"htpasswd": None}, "leave out htpasswd", "leave out htpasswd", "pulumi config rm registry:htpasswd"),
        (
            {"allowed_cidrs": ["10.0.0.0/8"]},
            "allowed_cidrs=['10.0.0.0/8']",
            'allowedCidrs: ["10.0.0.0/8"]',
            "pulumi config set --path 'registry:allowedCidrs[0]' 10.0.0.0/8",
        ),
        (
            {"tags": {"team": "a b"}},
            "tags={'team': 'a b'}",
            'tags: {"team": "a b"}',
            "pulumi config set --path registry:tags.team 'a b'",
        ),
        (
            {"network": VPC},
            f"network={VPC!r}",
            'network: {"vpcId": "vpc-1", "publicSubnetIds": ["a", "b"]}',
            "pulumi config set --path registry:network.vpcId vpc-1"
            " && pulumi config set --path 'registry:network.publicSubnetIds[0]' a"
            " && pulumi config set --path 'registry:network.publicSubnetIds[1]' b",
        ),
        (
            {"network.public_subnet_ids": ["a"]},
            "public_subnet_ids=['a']",
            'network.publicSubnetIds: ["a"]',
            "pulumi config set --path 'registry:network.publicSubnetIds[0]' a",
        ),
        (
            {"upstream_password": "PASSWORD"},
            "upstream_password='PASSWORD'",
            'upstreamPassword: "PASSWORD"',
            "pulumi config set --secret registry:upstreamPassword",
        ),
        (
            {"users": {"alice": "PASSWORD"}},
            "users={'alice': 'PASSWORD'}",
            'users: {"alice": "PASSWORD"}',
            "pulumi config set --secret --path registry:users.alice",
        ),
        (
            {"private_key": FileContent("key.pem")},
            "private_key=Path('key.pem').read_text()",
            "privateKey: the content of key.pem",
            "pulumi config set --secret registry:privateKey < key.pem",
        ),
        ("renew `private_key`", "renew `private_key`", "renew `privateKey`", "renew `privateKey`"),
    ],
)
def test_example_is_what_the_audience_types(
    values: Mapping[str, Any] | str, python: str, schema: str, config: str
) -> None:
    assert (example(PYTHON, values), example(SCHEMA, values), example(CONFIG, values)) == (python, schema, config)


def test_default_example_is_that_of_each_option() -> None:
    problem = Problem(key="min_size, max_size", found="", allowed="")
    assert problem.render(PYTHON).endswith("example: min_size=2, max_size=4")


@pytest.mark.parametrize(("to", "heading"), [(CONFIG, "registry:nat_gateways: "), (SCHEMA, "nat_gateways: ")])
def test_unknown_key_is_shown_as_the_user_wrote_it(to: Audience, heading: str) -> None:
    problem = unknown_option("nat_gateways", ["minSize", "natGateways"], example="leave it out")
    assert problem.render(to).startswith(f"{heading}is unknown; did you mean natGateways?")


@pytest.mark.parametrize(("problems", "count"), [([SIZE], "1 problem:"), ([SIZE, MODE], "2 problems:")])
def test_error_lists_all_problems(problems: list[Problem], count: str) -> None:
    error = InvalidInput(iter(problems))
    assert error.problems == tuple(problems)
    assert count in str(error)
    assert all(str(problem) in str(error) for problem in problems)


def test_error_is_for_python_programs_unless_the_program_says_otherwise() -> None:
    def in_a_stack() -> str:
        audience.set(CONFIG)
        return str(InvalidInput([SIZE]))

    assert "registry:minSize" in contextvars.copy_context().run(in_a_stack)
    assert "\n  min_size: " in str(InvalidInput([SIZE]))
    assert "\n  minSize: " in str(InvalidInput([SIZE], SCHEMA))


def test_error_names_the_registry_that_is_being_declared() -> None:
    def declared(name: str) -> str:
        registry_name.set(name)
        return str(InvalidInput([SIZE]))

    assert "registry 'charts' cannot" in contextvars.copy_context().run(declared, "charts")
    assert "registry cannot" in str(InvalidInput([SIZE]))


def test_pulumi_cli_shows_the_error_without_a_traceback() -> None:
    assert isinstance(InvalidInput([SIZE]), pulumi.RunError)
