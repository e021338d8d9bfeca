"""The stacks: Pulumi.yaml, Pulumi.<stack>.yaml and the program."""

import runpy
from collections.abc import Mapping
from functools import partial

import pytest

from components import InvalidInput
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.evaluate import evaluate
from sandbox.evaluation.monitor import State
from sandbox.evaluation.project import evaluate_project
from tests.unit.helpers import FOLDER

ALWAYS = {"RegistryELBDns", "registryAddress", "registryUrl", "loginCommand", "bucketName", "clusterName"}
ALWAYS |= {"serviceName", "acceptsPushes"}
ARN = "arn:aws:iam::123456789012:server-certificate/mine"


@pytest.mark.parametrize(
    ("stack", "more"),
    [("dev", set()), ("prod", {"alarmTopicArn", "garbageCollectionArn", "replicaBucketName"})],
)
def test_stack_has_its_outputs(stacks: Mapping[str, Declaration], stack: str, more: set[str]) -> None:
    assert stacks[stack].exports.keys() == ALWAYS | {"caCertificate", "passwords"} | more
    assert stacks[stack].secret_exports == {"passwords"}


def test_outputs_of_generated_values_are_only_set_if_they_were_generated() -> None:
    own = {"certificateArn": ARN, "domain": "registry.example.com", "htpasswd": f"alice:$2y$10${'a' * 53}"}
    config = {f"registry:{key}": value for key, value in own.items()}
    program = partial(runpy.run_path, str(FOLDER / "__main__.py"))
    declaration = evaluate(program, config=config, secret_config=["registry:htpasswd"])
    assert declaration.exports.keys() == ALWAYS
    assert declaration.secret_exports == frozenset()


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_outputs_are_those_of_the_registry(stacks: Mapping[str, Declaration], stack: str) -> None:
    declaration = stacks[stack]
    balancer = declaration.one("aws:lb/loadBalancer:LoadBalancer").outputs["dnsName"]
    exports = declaration.exports
    assert (exports["RegistryELBDns"], exports["registryUrl"]) == (balancer, f"https://{balancer}")
    assert exports["registryAddress"] == balancer
    assert exports["loginCommand"] == f"docker login {balancer}"
    assert exports["bucketName"] == declaration.one("aws:s3/bucket:Bucket", "registry-images").outputs["bucket"]
    assert exports["clusterName"] == declaration.one("aws:ecs/cluster:Cluster").outputs["name"]
    assert exports["serviceName"] == declaration.one("aws:ecs/service:Service").outputs["name"]


def test_domain_is_the_address(stack_keys: State) -> None:
    overrides = {"registry:domain": "registry.example.com"}
    exports = evaluate_project(FOLDER, "dev", overrides=overrides, state=dict(stack_keys)).exports
    assert exports["registryUrl"] == "https://registry.example.com"
    assert exports["loginCommand"] == "docker login registry.example.com"
    assert exports["RegistryELBDns"].endswith(".elb.amazonaws.com")


@pytest.mark.parametrize(("stack", "zones", "gateways"), [("dev", 2, 0), ("prod", 3, 3)])
def test_stack_has_its_zones_and_gateways(
    stacks: Mapping[str, Declaration], stack: str, zones: int, gateways: int
) -> None:
    declaration = stacks[stack]
    assert len(declaration.all("aws:ec2/subnet:Subnet")) == 2 * zones
    assert len(declaration.all("aws:ec2/natGateway:NatGateway")) == gateways


def test_second_evaluation_with_the_same_state_is_identical(
    stacks: Mapping[str, Declaration], stack_keys: State
) -> None:
    again, first = evaluate_project(FOLDER, "dev", state=stack_keys), stacks["dev"]
    # Pulumi registers independent resources in any order.
    assert {each.urn: each for each in again.resources} == {each.urn: each for each in first.resources}
    assert again.exports == first.exports


def test_invalid_configuration_is_one_error() -> None:
    wrong = {"registry:minSize": "9", "registry:natGateways": "two", "registry:imgae": "registry:3"}
    with pytest.raises(InvalidInput) as raised:
        evaluate_project(FOLDER, "dev", overrides=wrong)
    headings = [line.strip() for line in str(raised.value).splitlines() if line.startswith("  registry:")]
    assert {heading.partition(": ")[0] for heading in headings} == {
        "registry:imgae",
        "registry:minSize, desiredCapacity, maxSize",
        "registry:natGateways",
    }


def test_problem_found_after_the_configuration_was_read_is_in_its_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many Availability Zones the region has is only known when the network is declared."""
    monkeypatch.setattr("components.checks.network.MAX_ZONES", 7)
    with pytest.raises(InvalidInput, match="registry:availabilityZones: 7 is more than the region has"):
        evaluate_project(FOLDER, "dev", overrides={"registry:availabilityZones": "7"})
