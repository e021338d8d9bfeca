"""The plugin's facade: it has what the library has, and reads what the engine hands over."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from google.protobuf import struct_pb2
from pulumi.output import Unknown
from pulumi.provider.server import ProviderServicer
from pulumi.runtime import rpc

import components
from facade.args import ExistingNetwork, NatGateways, PrivateRegistryArgs
from facade.component import PrivateRegistry
from facade.provider import VERSION, RegistryProvider
from facade.values import Reader
from tests.unit.helpers import Declare
from tests.unit.pems import issue
from tests.unit.test_secrets import holders

FOLDER = Path(__file__).parents[3]
SCHEMA: Mapping[str, Any] = json.loads((FOLDER / "plugin" / "schema.json").read_text())
REGISTRY = SCHEMA["resources"]["private-registry:index:PrivateRegistry"]
YAML = yaml.safe_load((FOLDER / "examples" / "yaml" / "Pulumi.yaml").read_text())


@pytest.fixture(scope="module")
def provider() -> RegistryProvider:
    return RegistryProvider()


@pytest.mark.parametrize(
    ("facade", "library"),
    [(PrivateRegistryArgs, components.PrivateRegistryArgs), (ExistingNetwork, components.ExistingNetwork)],
)
def test_the_facade_has_every_argument_of_the_library(facade: type, library: Any) -> None:
    assert list(facade.__annotations__) == [field.name for field in dataclasses.fields(library)]


def test_the_facade_has_every_output_of_the_library() -> None:
    assert list(PrivateRegistry.__annotations__) == list(components.PrivateRegistry.__annotations__)


def test_what_may_be_an_input_is_one_in_the_library_too() -> None:
    types = {field.name: str(field.type) for field in dataclasses.fields(components.PrivateRegistryArgs)}
    inputs = {name for name, type_ in types.items() if "Awaitable" in type_}
    schema = {
        re.sub("([A-Z])", lambda found: f"_{found[0].lower()}", name)
        for name, property_ in REGISTRY["inputProperties"].items()
        if not property_.get("plain")
    }
    assert schema == inputs


def test_the_ways_to_the_internet_are_those_of_the_library() -> None:
    assert [way.value for way in NatGateways] == ["perZone", "single", "none"]


def test_its_version_is_the_package_s() -> None:
    text = (FOLDER / "pyproject.toml").read_text()
    assert f'\nversion = "{VERSION}"\n' in text
    assert SCHEMA["version"] == VERSION


def test_every_property_is_described(provider: RegistryProvider) -> None:
    schema = json.loads(provider.schema or "")
    properties = {**REGISTRY["properties"], **REGISTRY["inputProperties"]}
    for type_ in schema["types"].values():
        properties |= type_.get("properties", {})
    undescribed = [name for name, property_ in properties.items() if not property_.get("description")]
    assert undescribed == []


def test_the_schema_in_the_repository_has_the_same_properties(provider: RegistryProvider) -> None:
    [made] = json.loads(provider.schema or "")["resources"].values()
    for part in ("inputProperties", "properties"):
        assert {name: _as_the_cli_prints_it(property_) for name, property_ in made[part].items()} == REGISTRY[part]


def _as_the_cli_prints_it(property_: Mapping[str, Any]) -> dict[str, Any]:
    """Without a description of the items within."""
    within = {key: dict(property_[key]) for key in ("items", "additionalProperties") if key in property_}
    for value in within.values():
        value.pop("description", None)
    return {**property_, **within}


def test_secrets_that_are_given_in_clear_are_secrets_all_the_same(declare: Declare) -> None:
    issued = issue("registry.example.com")
    args: PrivateRegistryArgs = {
        "domain": "registry.example.com",
        "certificate": issued.pem,
        "private_key": issued.key_pem,
        "users": {"alice": "what-alice-alone-knows"},
        "upstream": "https://registry-1.docker.io",
        "upstream_username": "reader",
        "upstream_password": "what-the-hub-knows-too",
    }
    declaration = declare(lambda: PrivateRegistry("images", args))
    found = {
        secret: holders(declaration, json.dumps(secret)[1:-1])
        for secret in (issued.key_pem, "what-the-hub-knows-too", "what-alice-alone-knows")
    }
    assert [bool(held) for held, _ in found.values()] == [True, True, False]  # of the last one there is a hash alone
    assert [in_clear for _, in_clear in found.values()] == [set(), set(), set()]


def test_the_network_that_is_told_is_a_mapping_as_the_host_takes_it(declare: Declare) -> None:
    def program() -> None:
        network = {"vpc_id": "vpc-1", "public_subnet_ids": ["subnet-1", "subnet-2"]}
        registry = PrivateRegistry("images", {"network": network})  # pyright: ignore[reportArgumentType]
        pulumi.export("network", registry.network)

    network = {"vpc_id": "vpc-1", "public_subnet_ids": ["subnet-1", "subnet-2"]}
    exported = declare(program).exports["network"]
    assert exported == {**network, "private_subnet_ids": [], "s3_route_table_ids": []}


# What the engine hands over: Outputs come as it sends them, with what it knows of them.


def output(value: Any = None, *, known: bool = True, secret: bool = False) -> dict[str, Any]:
    sent = {rpc._special_sig_key: rpc._special_output_value_sig, "secret": secret, "dependencies": []}
    return {**sent, "value": value} if known else sent


def read(
    provider: RegistryProvider, sent: Mapping[str, Any], *, bare: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """What a reader makes of properties, Outputs as (value or Unknown, whether it is a secret), and the problems."""

    async def reading() -> tuple[dict[str, Any], list[str]]:
        struct = struct_pb2.Struct()
        struct.update(sent)
        inputs = await ProviderServicer._construct_inputs(struct, {})
        definition = provider._component_defs["PrivateRegistry"]
        reader = Reader(provider._type_defs, bare)
        made = reader.read(inputs, definition.inputs, definition.inputs_mapping)
        problems = [f"{problem.key}: {problem.found}" for problem in reader.problems]
        return {name: await _awaited(value) for name, value in made.items()}, problems

    return asyncio.run(reading())


async def _awaited(value: Any) -> Any:
    if isinstance(value, pulumi.Output):
        known = await value.is_known()
        return (await value.future() if known else Unknown, await value.is_secret())
    if isinstance(value, dict):
        return {key: await _awaited(each) for key, each in value.items()}
    if isinstance(value, list):
        return [await _awaited(each) for each in value]
    return value


def test_plain_values_get_python_s_names_and_types(provider: RegistryProvider) -> None:
    sent = {"minSize": 3, "allowedCidrs": ["203.0.113.0/24"], "natGateways": "single", "isolated": False}
    made, problems = read(provider, sent)
    assert made == {
        "min_size": 3,
        "allowed_cidrs": ["203.0.113.0/24"],
        "nat_gateways": "single",
        "isolated": False,
    }
    assert isinstance(made["min_size"], int)
    assert problems == []


def test_an_input_stays_the_output_that_it_is(provider: RegistryProvider) -> None:
    sent = {"privateKey": output("key", secret=True), "hostedZone": output(known=False)}
    assert read(provider, sent) == ({"private_key": ("key", True), "hosted_zone": (Unknown, False)}, [])


def test_a_secret_map_becomes_a_map_of_secrets(provider: RegistryProvider) -> None:
    sent = {"users": output({"alice": "a", "bob": "b"}, secret=True)}
    assert read(provider, sent) == ({"users": {"alice": ("a", True), "bob": ("b", True)}}, [])


def test_a_network_s_parts_may_be_unknown_but_not_their_number(provider: RegistryProvider) -> None:
    network = {"vpcId": output(known=False), "publicSubnetIds": ["a", output(known=False)]}
    made = {"vpc_id": (Unknown, False), "public_subnet_ids": ["a", (Unknown, False)]}
    assert read(provider, {"network": network}) == ({"network": made}, [])
    network = {"vpcId": "vpc-1", "publicSubnetIds": output(known=False)}
    problem = "network.publicSubnetIds: is not known yet, and decides what is made"
    assert read(provider, {"network": network}) == ({"network": {"vpc_id": "vpc-1"}}, [problem])


def test_a_known_output_may_decide_what_is_made_unless_it_is_a_secret(provider: RegistryProvider) -> None:
    sent = {"domain": output("a.example.com"), "image": output("registry:3", secret=True)}
    assert read(provider, sent) == ({"domain": "a.example.com"}, ["image: is a secret, and would be shown"])


def test_a_bare_reading_has_what_is_known_of_secrets(provider: RegistryProvider) -> None:
    sent = {"users": {"alice": output("a", secret=True)}, "htpasswd": output("h", secret=True)}
    assert read(provider, sent, bare=True) == ({"users": {"alice": "a"}, "htpasswd": "h"}, [])


def test_a_wrong_secret_is_not_shown(provider: RegistryProvider) -> None:
    _, problems = read(provider, {"htpasswd": output(5, secret=True), "users": output("pass", secret=True)})
    assert problems == ["users: (a secret) cannot be read", "htpasswd: (a secret) cannot be read"]


@pytest.mark.parametrize("value", ["two", 2.5, True, [2]])
def test_what_is_no_whole_number(provider: RegistryProvider, value: Any) -> None:
    made, problems = read(provider, {"minSize": value})
    assert made == {}
    assert len(problems) == 1


# The YAML example, against the schema.


def test_the_yaml_example_fits_the_schema() -> None:
    [registry] = [each for each in YAML["resources"].values() if each["type"] in SCHEMA["resources"]]
    assert _misfits(registry["properties"], REGISTRY["inputProperties"], REGISTRY.get("requiredInputs", ())) == []
    used = re.findall(r"\$\{registry\.(\w+)\}", " ".join(YAML["outputs"].values()))
    assert used
    assert set(used) <= REGISTRY["properties"].keys()


@pytest.mark.parametrize(
    ("properties", "misfit"),
    [
        ({"imgae": "registry:3"}, "imgae"),
        ({"minSize": "two"}, "minSize"),
        ({"minSize": True}, "minSize"),
        ({"natGateways": "some"}, "natGateways"),
        ({"users": {"ci": 5}}, "ci"),
        ({"allowedCidrs": "0.0.0.0/0"}, "allowedCidrs"),
        ({"network": {"publicSubnetIds": []}}, "vpcId"),
    ],
)
def test_what_does_not_fit_the_schema_is_found(properties: Mapping[str, Any], misfit: str) -> None:
    assert _misfits(properties, REGISTRY["inputProperties"], REGISTRY.get("requiredInputs", ())) == [misfit]


def _misfits(values: Mapping[str, Any], properties: Mapping[str, Any], required: Sequence[str]) -> list[str]:
    """The names of properties that the schema does not have, that have another type in it, or that are missing."""
    found = [name for name in required if name not in values]
    for name, value in values.items():
        found += _misfits_of(name, value, properties[name]) if name in properties else [name]
    return found


def _misfits_of(name: str, value: Any, definition: Mapping[str, Any]) -> list[str]:
    if ref := definition.get("$ref"):
        type_ = SCHEMA["types"][ref.removeprefix("#/types/")]
        if "enum" in type_:
            return [] if value in [each["value"] for each in type_["enum"]] else [name]
        return _misfits(value, type_["properties"], type_.get("required", ()))
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    if type(value) is not kinds[definition["type"]]:
        return [name]
    if definition["type"] == "array":
        return [misfit for each in value for misfit in _misfits_of(name, each, definition["items"])]
    if definition["type"] == "object":
        parts = definition["additionalProperties"]
        return [misfit for key, each in value.items() for misfit in _misfits_of(key, each, parts)]
    return []
