"""A pull-through cache: its upstream and its password."""

import json

import pulumi
import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, all_dependencies, container, environment

HUB, PASSWORD = "https://registry-1.docker.io", "dckr_pat_made_up"
PARAMETER = "aws:ssm/parameter:Parameter"


def proxy_settings(declaration: Declaration) -> dict[str, str]:
    return {name: value for name, value in environment(declaration).items() if name.startswith("REGISTRY_PROXY_")}


@pytest.fixture(scope="module")
def cache(declare: Declare) -> Declaration:
    args = PrivateRegistryArgs(image="registry:3", upstream=HUB, upstream_username="alice", upstream_password=PASSWORD)

    def program() -> None:
        pulumi.export("acceptsPushes", PrivateRegistry("cache", args).accepts_pushes)

    return declare(program)


def test_cache_has_its_upstream_and_accepts_no_pushes(cache: Declaration) -> None:
    assert proxy_settings(cache) == {"REGISTRY_PROXY_REMOTEURL": HUB, "REGISTRY_PROXY_USERNAME": "alice"}
    assert cache.exports["acceptsPushes"] is False


def test_upstream_password_is_a_container_secret(cache: Declaration) -> None:
    parameter = cache.one(PARAMETER, "cache-upstream-password")
    assert (parameter.inputs["type"], parameter.inputs["value"]) == ("SecureString", PASSWORD)
    assert "value" in parameter.secret_inputs
    assert {"name": "REGISTRY_PROXY_PASSWORD", "valueFrom": parameter.outputs["arn"]} in container(cache)["secrets"]
    run = cache.one("aws:iam/rolePolicy:RolePolicy", "cache-execution-run").inputs["policy"]
    assert parameter.outputs["arn"] in run


def test_upstream_password_is_in_no_other_resource(cache: Declaration) -> None:
    holders = {
        r.name for r in cache.resources if PASSWORD in json.dumps([dict(r.inputs), dict(r.outputs)], default=str)
    }
    assert holders == {"cache-upstream-password"}


def test_new_upstream_password_replaces_the_task_definition(cache: Declaration) -> None:
    """ECS reads a secret when a task starts."""
    version = cache.one(PARAMETER, "cache-upstream-password").outputs["version"]
    assert str(version) in container(cache)["dockerLabels"].values()
    definition = cache.one("aws:ecs/taskDefinition:TaskDefinition")
    assert cache.one(PARAMETER, "cache-upstream-password").urn in all_dependencies(cache, definition)


def test_no_password_parameter_without_a_login(declare: Declare) -> None:
    cache = declare(lambda: PrivateRegistry("cache", PrivateRegistryArgs(upstream=HUB)))
    assert proxy_settings(cache) == {"REGISTRY_PROXY_REMOTEURL": HUB}
    assert [parameter.name for parameter in cache.all(PARAMETER)] == ["cache-http-secret"]


def test_no_proxy_settings_by_default(registry: Declaration) -> None:
    assert proxy_settings(registry) == {}
    assert "dockerLabels" not in container(registry)
