"""The container definition and the environment."""

import json
from dataclasses import replace
from typing import Any

import pytest

from components.pure.bootstrap_files import VOLUMES
from components.pure.container import ContainerSettings, container_definition, environment
from tests.unit.helpers import differences

SETTINGS = ContainerSettings(
    image="registry:2",
    memory_limit=1536,
    region="eu-west-1",
    bucket="images-1a2b3c4",
    log_group="images-log",
    http_secret_arn="arn:aws:ssm:eu-west-1:123456789012:parameter/private-registry/http-secret",
)
MAJORS = pytest.mark.parametrize("settings", [SETTINGS, replace(SETTINGS, image="registry:3")], ids=lambda s: s.image)


@MAJORS
def test_environment_configures_the_registry(settings: ContainerSettings) -> None:
    expected = {
        "REGISTRY_STORAGE": "s3",
        "REGISTRY_STORAGE_S3_BUCKET": "images-1a2b3c4",
        "REGISTRY_STORAGE_S3_REGION": "eu-west-1",
        "REGISTRY_STORAGE_S3_ENCRYPT": "true",
        "REGISTRY_STORAGE_S3_OBJECTACL": "bucket-owner-full-control",
        "REGISTRY_STORAGE_DELETE_ENABLED": "false",
        "REGISTRY_STORAGE_REDIRECT_DISABLE": "false",
        "REGISTRY_AUTH": "htpasswd",
        "REGISTRY_AUTH_HTPASSWD_REALM": "Registry Realm",
        "REGISTRY_AUTH_HTPASSWD_PATH": "/auth/htpasswd",
        "REGISTRY_HTTP_ADDR": "0.0.0.0:443",
        "REGISTRY_HTTP_TLS_CERTIFICATE": "/certs/domain.crt",
        "REGISTRY_HTTP_TLS_KEY": "/certs/domain.key",
        "REGISTRY_HTTP_RELATIVEURLS": "true",
        "REGISTRY_HTTP_DRAINTIMEOUT": "60s",
        "REGISTRY_HEALTH_STORAGEDRIVER_ENABLED": "false",
        "GOMEMLIMIT": "1280MiB",
        "REGISTRY_LOG_FORMATTER": "json",
        "REGISTRY_LOG_ACCESSLOG_DISABLED": "true",
    }
    assert differences(environment(settings), expected) == {}


@pytest.mark.parametrize(
    ("change", "enabled"),
    [({}, "false"), ({"deletes": True}, "true"), ({"upstream": "https://registry-1.docker.io"}, "true")],
    ids=["default", "deletes", "a cache, which deletes expired images"],
)
def test_deletions_are_enabled_only_where_needed(change: dict[str, Any], enabled: str) -> None:
    assert environment(replace(SETTINGS, **change))["REGISTRY_STORAGE_DELETE_ENABLED"] == enabled


@MAJORS
def test_maintenance_variables_are_whole_maps(settings: ContainerSettings) -> None:
    prefix = "REGISTRY_STORAGE_MAINTENANCE_"
    maps = {key: value for key, value in environment(settings).items() if key.startswith(prefix)}
    assert maps.keys() == {f"{prefix}READONLY", f"{prefix}UPLOADPURGING"}
    assert json.loads(maps[f"{prefix}READONLY"]) == {"enabled": False}
    assert json.loads(maps[f"{prefix}UPLOADPURGING"])["enabled"] is True


def test_only_version_3_has_the_variable_for_traces() -> None:
    old, new = environment(SETTINGS), environment(replace(SETTINGS, image="registry:3"))
    assert new.items() - old.items() == {("OTEL_TRACES_EXPORTER", "none")}
    assert old.items() <= new.items()


@MAJORS
def test_container_is_hardened(settings: ContainerSettings) -> None:
    definition = container_definition(settings)
    expected = {
        "user": "1000:1000",
        "readonlyRootFilesystem": True,
        "privileged": False,
        "linuxParameters": {"capabilities": {"add": [], "drop": ["ALL"]}},
        "dockerSecurityOptions": ["no-new-privileges"],
    }
    assert differences(definition, expected) == {}


def test_go_collects_before_the_memory_limit_and_places_by_less() -> None:
    """The kernel stops a container at `memory`, so Go must begin to save some before."""
    definition = container_definition(replace(SETTINGS, memory_limit=3000))
    variables = {variable["name"]: variable["value"] for variable in definition["environment"]}
    assert definition["memory"] == 3000
    assert definition["memoryReservation"] < definition["memory"]
    assert variables["GOMEMLIMIT"] == "2500MiB"


def test_volumes_are_mounted_read_only() -> None:
    mounts = container_definition(SETTINGS)["mountPoints"]
    assert {mount["sourceVolume"] for mount in mounts} == {volume.name for volume in VOLUMES}
    assert all(mount["readOnly"] for mount in mounts)


@pytest.mark.parametrize(
    "variable", ["REGISTRY_AUTH_HTPASSWD_PATH", "REGISTRY_HTTP_TLS_CERTIFICATE", "REGISTRY_HTTP_TLS_KEY"]
)
def test_bootstrap_files_are_in_the_mounts(variable: str) -> None:
    folders = [mount["containerPath"] for mount in container_definition(SETTINGS)["mountPoints"]]
    assert environment(SETTINGS)[variable].rpartition("/")[0] in folders


def test_http_secret_comes_from_the_parameter() -> None:
    definition = container_definition(SETTINGS)
    assert definition["secrets"] == [{"name": "REGISTRY_HTTP_SECRET", "valueFrom": SETTINGS.http_secret_arn}]
    assert "REGISTRY_HTTP_SECRET" not in {variable["name"] for variable in definition["environment"]}


def test_host_port_is_dynamic() -> None:
    assert container_definition(SETTINGS)["portMappings"] == [{"containerPort": 443, "hostPort": 0, "protocol": "tcp"}]


def test_stop_timeout_is_longer_than_the_drain_timeout() -> None:
    drain = int(environment(SETTINGS)["REGISTRY_HTTP_DRAINTIMEOUT"].removesuffix("s"))
    assert drain < container_definition(SETTINGS)["stopTimeout"]


def test_log_goes_to_its_group() -> None:
    options = container_definition(SETTINGS)["logConfiguration"]["options"]
    expected = {"awslogs-group": "images-log", "awslogs-region": "eu-west-1", "mode": "non-blocking"}
    assert differences(options, expected) == {}


def test_environment_is_sorted() -> None:
    names = [variable["name"] for variable in container_definition(SETTINGS)["environment"]]
    assert names == sorted(names)
