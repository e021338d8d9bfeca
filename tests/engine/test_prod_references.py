"""The example stack-references uses the outputs of the prod stack through a stack reference."""

from __future__ import annotations

import base64
import json

import pytest
from pulumi import automation as auto

from sandbox import engine
from tests.engine.commands import encrypted_state, run
from tests.engine.stacks import EXAMPLES, DeployedStack


@pytest.fixture(scope="module")
def service(prod: DeployedStack, tmp_path_factory: pytest.TempPathFactory) -> auto.Stack:
    """The deployed stack of the example."""
    folder = tmp_path_factory.mktemp("service")
    stack = engine.create_stack(EXAMPLES / "stack-references", "dev", prod.api, folder, backend_of=prod.stack)
    stack.set_config("registryStack", auto.ConfigValue("organization/registry/prod"))
    run(stack.up)
    return stack


@pytest.fixture(scope="module")
def address(prod: DeployedStack) -> str:
    return prod.declaration.exports["registryAddress"]


@pytest.fixture(scope="module")
def password(prod: DeployedStack) -> str:
    return prod.declaration.exports["passwords"]["docker"]


def test_image_name_starts_with_the_registry_address(service: auto.Stack, address: str) -> None:
    assert service.outputs()["image"].value == f"{address}/team/service:1"


def test_pull_secret_is_a_secret_output(service: auto.Stack, address: str, password: str) -> None:
    config = service.outputs()["dockerConfigJson"]
    auth = base64.b64encode(f"docker:{password}".encode()).decode()
    assert config.secret
    assert json.loads(config.value) == {"auths": {address: {"auth": auth}}}
    state = encrypted_state(service)
    assert password not in state
    assert auth not in state


def test_task_definition_uses_the_secret_with_the_login(
    prod: DeployedStack, service: auto.Stack, password: str
) -> None:
    secrets, ecs = prod.aws("secretsmanager"), prod.aws("ecs")
    [secret] = secrets.list_secrets()["SecretList"]
    login = json.loads(secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"])
    [arn] = ecs.list_task_definitions(familyPrefix="service")["taskDefinitionArns"]
    [container] = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"]
    assert login == {"username": "docker", "password": password}
    assert container["repositoryCredentials"] == {"credentialsParameter": secret["ARN"]}
