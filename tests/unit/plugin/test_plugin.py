"""The plugin: its schema, and how it reads the engine's values."""

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
from components.options import camel_case, options_of
from components.problems import OPTIONS
from facade.component import PrivateRegistry, library_args
from facade.provider import NAME, NAMESPACE, VERSION, RegistryProvider
from facade.values import Reader
from tests.unit.helpers import Declare
from tests.unit.pems import issue
from tests.unit.test_secrets import holders

FOLDER = Path(__file__).parents[3]
SCHEMA: Mapping[str, Any] = json.loads((FOLDER / "plugin" / "schema.json").read_text())
REGISTRY = SCHEMA["resources"]["private-registry:index:PrivateRegistry"]
TYPES = {token.rpartition(":")[2]: definition for token, definition in SCHEMA["types"].items()}
YAML = yaml.safe_load((FOLDER / "examples" / "yaml" / "Pulumi.yaml").read_text())


@pytest.fixture(scope="module")
def provider() -> RegistryProvider:
    return RegistryProvider()


def test_examples_use_the_sdks_of_the_namespace() -> None:
    """The CLI writes an SDK to sdks/NAMESPACE-NAME."""
    folder, examples = f"sdks/{NAMESPACE}-{NAME}", FOLDER / "examples"
    python, typescript = examples / "python-sdk", examples / "typescript"
    assert f"import {f'{NAMESPACE}_{NAME}'.replace('-', '_')} as" in (python / "__main__.py").read_text()
    assert f"./{folder}" in (python / "requirements.txt").read_text().splitlines()
    assert f'"@{NAMESPACE}/{NAME}"' in (typescript / "index.ts").read_text()
    package = json.loads((typescript / "package.json").read_text())
    assert package["dependencies"][f"@{NAMESPACE}/{NAME}"] == f"file:{folder}"


def test_inputs_are_the_options_of_the_library() -> None:
    assert set(REGISTRY["inputProperties"]) == {option.key for option in OPTIONS.values()}
    assert set(TYPES["ExistingNetwork"]["properties"]) == {part.key for part in OPTIONS["network"].parts.values()}
    assert set(TYPES["AccessRule"]["properties"]) == {part.key for part in options_of(components.AccessRule).values()}


def test_outputs_are_those_of_the_library() -> None:
    names = components.RegistryOutputs.__annotations__
    assert set(REGISTRY["properties"]) == {camel_case(name) for name in names}


def test_inputs_that_can_be_outputs_are_those_of_the_library() -> None:
    types = {field.name: str(field.type) for field in dataclasses.fields(components.PrivateRegistryArgs)}
    inputs = {camel_case(name) for name, type_ in types.items() if "Awaitable" in type_}
    assert {name for name, each in REGISTRY["inputProperties"].items() if not _all_plain(each)} == inputs


def _all_plain(definition: Mapping[str, Any]) -> bool:
    """Return whether the value must be plain, and all values in it."""
    part = definition.get("items") or definition.get("additionalProperties")
    return definition.get("plain", False) and (part is None or _all_plain(part))


def test_secrets_can_be_outputs() -> None:
    secrets = {option.key for option in OPTIONS.values() if option.secret}
    assert {name for name in secrets if REGISTRY["inputProperties"][name].get("plain")} == set()


def test_nat_gateways_are_an_enum() -> None:
    values = {each["name"]: each["value"] for each in TYPES["NatGateways"]["enum"]}
    assert values == {"PER_ZONE": "perZone", "SINGLE": "single", "NONE": "none"}


def test_version_is_that_of_the_python_package() -> None:
    text = (FOLDER / "pyproject.toml").read_text()
    assert f'\nversion = "{VERSION}"\n' in text
    assert SCHEMA["version"] == VERSION


def test_everything_has_a_description() -> None:
    described = [REGISTRY, *TYPES.values(), *REGISTRY["properties"].values(), *REGISTRY["inputProperties"].values()]
    for type_ in TYPES.values():
        described += [*type_.get("properties", {}).values(), *type_.get("enum", ())]
    assert [each for each in described if not each.get("description")] == []


def test_secrets_in_clear_text_become_secrets(declare: Declare) -> None:
    issued = issue("registry.example.com")
    args = {
        "domain": "registry.example.com",
        "certificate": issued.pem,
        "private_key": issued.key_pem,
        "users": {"alice": "what-alice-alone-knows-of-it"},
        "image": "registry:3",
        "upstream": "https://registry-1.docker.io",
        "upstream_username": "reader",
        "upstream_password": "what-the-hub-knows-too",
    }
    declaration = declare(lambda: PrivateRegistry("images", args))
    places = {
        secret: holders(declaration, json.dumps(secret)[1:-1])
        for secret in (issued.key_pem, "what-the-hub-knows-too", "what-alice-alone-knows-of-it")
    }
    assert [bool(marked) for marked, _ in places.values()] == [True, True, False]  # of the last one, only the hash
    assert [clear for _, clear in places.values()] == [set(), set(), set()]


def test_rules_are_mappings(provider: RegistryProvider, declare: Declare) -> None:
    """The engine's protocol has only floats."""
    rules = [{"repositories": ["*"], "keepTags": ["v*"], "keepNewest": 10.0}]
    args, problems = read(provider, {"retention": rules})
    assert problems == []
    declaration = declare(lambda: PrivateRegistry("images", args))
    [rule] = json.loads(declaration.one("aws:lambda/function:Function").inputs["environment"]["variables"]["RULES"])
    assert (rule["repositories"], rule["keep_tags"], rule["keep_newest"]) == (["*"], ["v*"], 10)
    assert isinstance(rule["keep_newest"], int)


def test_network_output_is_a_mapping(declare: Declare) -> None:
    def program() -> None:
        network = {"vpc_id": "vpc-1", "public_subnet_ids": ["subnet-1", "subnet-2"]}
        registry = PrivateRegistry("images", {"network": network})
        pulumi.export("network", registry.network)

    network = {"vpc_id": "vpc-1", "public_subnet_ids": ["subnet-1", "subnet-2"]}
    exported = declare(program).exports["network"]
    assert exported == {**network, "private_subnet_ids": [], "s3_route_table_ids": []}


# Values as the engine sends them.


def output(value: Any = None, *, known: bool = True, secret: bool = False) -> dict[str, Any]:
    sent = {rpc._special_sig_key: rpc._special_output_value_sig, "secret": secret, "dependencies": []}
    return {**sent, "value": value} if known else sent


def read(
    provider: RegistryProvider, sent: Mapping[str, Any], *, unwrap: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """Read properties. Outputs are returned as (value or Unknown, whether it is a secret)."""

    async def reading() -> tuple[dict[str, Any], list[str]]:
        struct = struct_pb2.Struct()
        struct.update(sent)
        inputs = await ProviderServicer._construct_inputs(struct, {})
        definition = provider._component_defs["PrivateRegistry"]
        reader = Reader(provider._type_defs, unwrap)
        values = reader.read(inputs, definition.inputs, definition.inputs_mapping)
        problems = [f"{problem.key}: {problem.found}" for problem in reader.problems]
        return {name: await _awaited(value) for name, value in values.items()}, problems

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


def test_values_get_python_names_and_types(provider: RegistryProvider) -> None:
    sent = {"minSize": 3, "allowedCidrs": ["203.0.113.0/24"], "natGateways": "single", "isolated": False}
    values, problems = read(provider, sent)
    assert values == {
        "min_size": 3,
        "allowed_cidrs": ["203.0.113.0/24"],
        "nat_gateways": "single",
        "isolated": False,
    }
    assert isinstance(values["min_size"], int)
    assert problems == []


def test_input_stays_an_output(provider: RegistryProvider) -> None:
    sent = {"privateKey": output("key", secret=True), "hostedZone": output(known=False)}
    assert read(provider, sent) == ({"private_key": ("key", True), "hosted_zone": (Unknown, False)}, [])


def test_secret_map_becomes_a_map_of_secrets(provider: RegistryProvider) -> None:
    sent = {"users": output({"alice": "a", "bob": "b"}, secret=True)}
    assert read(provider, sent) == ({"users": {"alice": ("a", True), "bob": ("b", True)}}, [])


def test_ids_of_a_network_and_their_number_can_be_unknown(provider: RegistryProvider) -> None:
    network = {"vpcId": output(known=False), "publicSubnetIds": ["a", output(known=False)]}
    made = {"vpc_id": (Unknown, False), "public_subnet_ids": ["a", (Unknown, False)]}
    assert read(provider, {"network": network}) == ({"network": made}, [])
    network = {"vpcId": "vpc-1", "publicSubnetIds": output(known=False)}
    made = {"vpc_id": "vpc-1", "public_subnet_ids": (Unknown, False)}
    assert read(provider, {"network": network}) == ({"network": made}, [])


def test_rules_are_read_with_outputs_in_their_place(provider: RegistryProvider) -> None:
    sent = {"access": [{"who": output("arn"), "actions": ["pull"]}, {"who": "*", "repositories": [], "actions": []}]}
    values, problems = read(provider, sent)
    rules = [{"who": ("arn", False), "actions": ["pull"]}, {"who": "*", "repositories": [], "actions": []}]
    assert (values, problems) == ({"access": rules}, [])
    assert library_args({"access": rules[1:]}).access == [components.AccessRule(who="*", repositories=[], actions=[])]


def test_parts_of_a_rule_must_exist_and_fit(provider: RegistryProvider) -> None:
    _, problems = read(provider, {"access": [{"who": 5, "action": ["pull"], "actions": ["pull"]}, {"who": "*"}]})
    assert problems == [
        "access[0].action: is unknown; did you mean actions?",
        "access[0].who: 5.0 cannot be read",
        "access[1].actions: is missing",
    ]


@pytest.mark.parametrize(("name", "python_name"), [("users", "users"), ("allowedCidrs", "allowed_cidrs")])
def test_whole_maps_and_lists_can_be_unknown(provider: RegistryProvider, name: str, python_name: str) -> None:
    sent = {name: output(known=False, secret=True)}
    assert read(provider, sent) == ({python_name: (Unknown, True)}, [])


def test_plain_value_must_be_known(provider: RegistryProvider) -> None:
    problem = "minSize: is not known yet, but decides which resources exist"
    assert read(provider, {"minSize": output(known=False)}) == ({}, [problem])


def test_plain_value_can_be_a_known_output_but_no_secret(provider: RegistryProvider) -> None:
    sent = {"vpcCidr": output("10.0.0.0/16"), "image": output("registry:3", secret=True)}
    assert read(provider, sent) == ({"vpc_cidr": "10.0.0.0/16"}, ["image: is a secret, and would be shown"])


def test_unwrapped_secrets_are_their_values(provider: RegistryProvider) -> None:
    sent = {"users": {"alice": output("a", secret=True)}, "htpasswd": output("h", secret=True)}
    assert read(provider, sent, unwrap=True) == ({"users": {"alice": "a"}, "htpasswd": "h"}, [])


def test_unreadable_secret_is_not_shown(provider: RegistryProvider) -> None:
    _, problems = read(provider, {"htpasswd": output(5, secret=True), "users": output("pass", secret=True)})
    assert problems == ["users: (a secret) cannot be read", "htpasswd: (a secret) cannot be read"]


@pytest.mark.parametrize("value", ["two", 2.5, True, [2]])
def test_other_values_than_integers_are_refused(provider: RegistryProvider, value: Any) -> None:
    values, problems = read(provider, {"minSize": value})
    assert values == {}
    assert len(problems) == 1


# The YAML example and the schema.


def test_yaml_example_fits_the_schema() -> None:
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
def test_misfits_are_found(properties: Mapping[str, Any], misfit: str) -> None:
    assert _misfits(properties, REGISTRY["inputProperties"], REGISTRY.get("requiredInputs", ())) == [misfit]


def _misfits(values: Mapping[str, Any], properties: Mapping[str, Any], required: Sequence[str]) -> list[str]:
    """Return the names of properties that are unknown, of another type, or missing."""
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
