"""A second program refers to the prod stack, as a team beside the platform's would."""

from __future__ import annotations

import base64
import json

import pytest
from pulumi import automation as auto

from sandbox import engine
from tests.engine.conftest import ROOT, Deployed
from tests.engine.steps import exported, run


@pytest.fixture(scope="module")
def second(prod: Deployed, tmp_path_factory: pytest.TempPathFactory) -> auto.Stack:
    """The example's stack, up."""
    folder = tmp_path_factory.mktemp("second")
    stack = engine.create_stack(ROOT / "examples" / "stack-references", "dev", prod.api, folder, backend_of=prod.stack)
    stack.set_config("registryStack", auto.ConfigValue("organization/registry/prod"))
    run(stack.up)
    return stack


def test_it_builds_the_image_s_name(prod: Deployed, second: auto.Stack) -> None:
    address = prod.stack.outputs()["registryAddress"].value
    assert second.outputs()["image"].value == f"{address}/team/service:1"


def test_it_builds_a_pull_secret_which_stays_one(prod: Deployed, second: auto.Stack) -> None:
    outputs, password = prod.stack.outputs(), prod.stack.outputs()["passwords"].value["docker"]
    config = second.outputs()["dockerConfigJson"]
    auth = base64.b64encode(f"docker:{password}".encode()).decode()
    assert config.secret
    assert json.loads(config.value) == {"auths": {outputs["registryAddress"].value: {"auth": auth}}}
    state = exported(second)
    assert password not in state
    assert auth not in state


def test_its_task_may_use_that_secret_and_no_other(prod: Deployed, second: auto.Stack) -> None:
    [secret] = prod.aws("secretsmanager").list_secrets()["SecretList"]
    login = json.loads(prod.aws("secretsmanager").get_secret_value(SecretId=secret["ARN"])["SecretString"])
    assert login == {"username": "docker", "password": prod.stack.outputs()["passwords"].value["docker"]}
    [definition] = prod.aws("ecs").list_task_definitions(familyPrefix="service")["taskDefinitionArns"]
    described = prod.aws("ecs").describe_task_definition(taskDefinition=definition)["taskDefinition"]
    [container] = described["containerDefinitions"]
    assert container["repositoryCredentials"] == {"credentialsParameter": secret["ARN"]}
