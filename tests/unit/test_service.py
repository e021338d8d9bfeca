"""The task definition and the service."""

import json

import pytest

from components.service import Service, ServiceArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import OREGON, Declare, container, differences

ARGS = ServiceArgs(
    location=OREGON,
    image="registry:3",
    desired_count=2,
    memory_limit=1000,
    images_bucket="images",
    cluster_name="cluster",
    cluster_arn="arn:cluster",
    capacity_provider="provider",
    target_group_arn="arn:targets",
    task_policies={"images": json.dumps({"Statement": "images"})},
    log_retention_days=90,
    tags={"team": "platform"},
)
SERVICE, TASK = "aws:ecs/service:Service", "aws:ecs/taskDefinition:TaskDefinition"
ROLE_POLICY, PARAMETER = "aws:iam/rolePolicy:RolePolicy", "aws:ssm/parameter:Parameter"
LOG = "aws:cloudwatch/logGroup:LogGroup"


@pytest.fixture(scope="module")
def service(declare: Declare) -> Declaration:
    return declare(lambda: Service("net", ARGS))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("cluster", "arn:cluster"),
        ("desiredCount", 2),
        ("capacityProviderStrategies", [{"capacityProvider": "provider", "weight": 1, "base": 1}]),
        ("loadBalancers", [{"targetGroupArn": "arn:targets", "containerName": "registry", "containerPort": 443}]),
        (
            "orderedPlacementStrategies",
            [{"type": "spread", "field": "attribute:ecs.availability-zone"}, {"type": "spread", "field": "instanceId"}],
        ),
        ("availabilityZoneRebalancing", "ENABLED"),
        ("deploymentMinimumHealthyPercent", 100),
        ("deploymentMaximumPercent", 200),
        ("deploymentCircuitBreaker", {"enable": True, "rollback": True}),
        ("waitForSteadyState", True),
        ("propagateTags", "SERVICE"),
    ],
)
def test_service_properties(service: Declaration, key: str, expected: object) -> None:
    assert service.one(SERVICE).inputs[key] == expected


def test_service_runs_the_task_definition(service: Declaration) -> None:
    assert service.one(SERVICE).inputs["taskDefinition"] == service.one(TASK).outputs["arn"]


def test_task_definition_has_the_registry_container(service: Declaration) -> None:
    task, definition = service.one(TASK).inputs, container(service)
    assert (task["networkMode"], task["requiresCompatibilities"]) == ("bridge", ["EC2"])
    environment = {variable["name"]: variable["value"] for variable in definition["environment"]}
    expected = {"REGISTRY_STORAGE_S3_BUCKET": "images", "REGISTRY_STORAGE_S3_REGION": "us-west-2"}
    assert differences(environment, expected) == {}
    assert definition["image"] == "registry:3"


def test_every_mount_is_a_volume_of_the_instance(service: Declaration) -> None:
    volumes = {volume["name"]: volume["hostPath"] for volume in service.one(TASK).inputs["volumes"]}
    assert volumes == {"auth": "/docker-registry/auth", "certs": "/docker-registry/certs"}
    assert volumes.keys() == {mount["sourceVolume"] for mount in container(service)["mountPoints"]}


def test_http_secret_is_an_encrypted_parameter(service: Declaration) -> None:
    parameter = service.one(PARAMETER)
    assert parameter.inputs["type"] == "SecureString"
    assert parameter.inputs["name"] == "/private-registry/cluster/http-secret"
    assert "value" in parameter.secret_inputs
    assert len(parameter.inputs["value"]) == 64
    assert container(service)["secrets"] == [{"name": "REGISTRY_HTTP_SECRET", "valueFrom": parameter.outputs["arn"]}]


def test_log_retention_is_configurable(service: Declaration) -> None:
    log = service.one(LOG)
    assert log.inputs["retentionInDays"] == 90
    assert container(service)["logConfiguration"]["options"]["awslogs-group"] == log.outputs["name"]


@pytest.mark.parametrize(("role", "key"), [("execution", "executionRoleArn"), ("task", "taskRoleArn")])
def test_roles_trust_only_ecs_tasks(service: Declaration, role: str, key: str) -> None:
    created = service.one("aws:iam/role:Role", f"net-{role}")
    assert service.one(TASK).inputs[key] == created.outputs["arn"]
    (statement,) = json.loads(created.inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}


def test_policies_of_the_roles(service: Declaration) -> None:
    granted = {
        (policy.inputs["role"], str(json.loads(policy.inputs["policy"])["Statement"]))
        for policy in service.all(ROLE_POLICY)
    }
    roles = {role.name: role.outputs["name"] for role in service.all("aws:iam/role:Role")}
    ((_, execution),) = [each for each in granted if each[0] == roles["net-execution"]]
    assert (roles["net-task"], "images") in granted
    assert service.one(PARAMETER).outputs["arn"] in execution
    assert service.one(LOG).outputs["arn"] in execution


def test_service_depends_on_the_policies_of_its_roles(service: Declaration) -> None:
    assert {policy.urn for policy in service.all(ROLE_POLICY)} <= service.one(SERVICE).dependencies
