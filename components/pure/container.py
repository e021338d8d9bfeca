"""The ECS container definition of the registry."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .bootstrap_files import BACKEND_CERTIFICATE, BACKEND_KEY, HTPASSWD, VOLUMES
from .image import registry_version

NAME = "registry"
PORT = 443

# The registry needs no particular user. The boot script makes its files readable for this group.
USER_ID = 1000
GROUP_ID = 1000

# When the registry is stopped, it finishes open requests until the drain timeout ends; without one it drops them. ECS
# kills the container after the stop timeout, which must be longer.
_DRAIN_SECONDS = 60
_STOP_SECONDS = 90

# A collection has no requests to finish, and may not run on.
COLLECTION_STOP_SECONDS = 30
_DRY_RUN_SECONDS = 12 * 60 * 60

# MiB. A registry to which nobody pushes takes about 45.
MEMORY_RESERVATION = 256
# Of the memory limit, for what Go manages. The rest is for its code and threads.
_GO_SHARE = 5 / 6


# The issuer of the tokens that the registry trusts.
ISSUER = "private-registry"
# The public keys are no secret, so the task definition has them: the registry reads them only when it starts
# (`newAccessController` in distribution v2.8.3 and v3.1.2, registry/auth/token/accesscontroller.go), and files of the
# instance come earlier or later than a task definition. The container writes them to memory: its files are read-only.
_KEYS_VARIABLE = "TOKEN_KEYS"
_KEYS_FOLDER = "/tokens"
_KEYS_PATH = f"{_KEYS_FOLDER}/keys"


@dataclass(frozen=True, kw_only=True)
class TokenSettings:
    """How the registry verifies tokens.

    Attributes:
        registry: the registry's host name. A token for another one is refused.
        public_keys: the keys that sign tokens, as PEM.
    """

    registry: str
    public_keys: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ContainerSettings:
    """The values that the container definition depends on.

    Attributes:
        image: the registry image with its tag.
        memory_limit: the memory in MiB at which the kernel stops the registry, more than `MEMORY_RESERVATION`.
        cpu_reservation: the CPU units that ECS reserves, 1024 for a vCPU. Default 0: none.
        region: the region of the images bucket and of the log group.
        bucket: the images bucket's name (not its domain name).
        log_group: the CloudWatch log group's name.
        http_secret_arn: the ARN of the SSM parameter with the secret that all replicas share.
        redirects: whether clients are redirected to S3 for image data. Default True.
        deletes: whether users may delete images. Default False.
        tokens: how the registry verifies tokens. Default: it has no tokens, but users with passwords.
        upstream: the URL of the registry that this one is a pull-through cache of. Default: none.
        upstream_username: the user name for `upstream`. Default: none.
        upstream_password_arn: the ARN of the SSM parameter with the password for `upstream`. Default: none.
        upstream_password_version: the parameter's version. ECS reads the parameter only when a task starts; the version
            is in the container definition, so that a new password starts new tasks. Default: none.
    """

    image: str
    memory_limit: int
    cpu_reservation: int = 0
    region: str
    bucket: str
    log_group: str
    http_secret_arn: str
    redirects: bool = True
    deletes: bool = False
    tokens: TokenSettings | None = None
    upstream: str | None = None
    upstream_username: str | None = None
    upstream_password_arn: str | None = None
    upstream_password_version: int | None = None


def environment(settings: ContainerSettings) -> dict[str, str]:
    """Return the registry's configuration. REGISTRY_A_B overrides key b under key a of its configuration file."""
    return {
        **(_password_environment() if settings.tokens is None else _token_environment(settings.tokens, settings.image)),
        "REGISTRY_HTTP_ADDR": f"0.0.0.0:{PORT}",
        "REGISTRY_HTTP_TLS_CERTIFICATE": BACKEND_CERTIFICATE.container_path,
        "REGISTRY_HTTP_TLS_KEY": BACKEND_KEY.container_path,
        "REGISTRY_HTTP_RELATIVEURLS": "true",
        "REGISTRY_HTTP_DRAINTIMEOUT": f"{_DRAIN_SECONDS}s",
        # Replaces the whole storage section of the image's configuration file, including the cache of blob descriptors:
        # a replica would serve a layer from its cache after the layer was deleted through another replica.
        "REGISTRY_STORAGE": "s3",
        "REGISTRY_STORAGE_S3_BUCKET": settings.bucket,
        "REGISTRY_STORAGE_S3_REGION": settings.region,
        "REGISTRY_STORAGE_S3_ENCRYPT": "true",
        # The driver sends an ACL with every object. A bucket with ACLs disabled accepts only this one.
        "REGISTRY_STORAGE_S3_OBJECTACL": "bucket-owner-full-control",
        # Off by default, as in the registry: htpasswd knows no rights, so every user could delete every image. A cache
        # refuses deletions by clients, but deletes expired images by this setting (distribution v2.8.3 and v3.1.1,
        # registry/proxy/proxyregistry.go and proxymanifeststore.go).
        "REGISTRY_STORAGE_DELETE_ENABLED": "true" if settings.deletes or settings.upstream is not None else "false",
        "REGISTRY_STORAGE_REDIRECT_DISABLE": "false" if settings.redirects else "true",
        # Whole maps, because the registry panics at a variable for a key inside them (distribution#1736).
        "REGISTRY_STORAGE_MAINTENANCE_READONLY": json.dumps({"enabled": False}),
        "REGISTRY_STORAGE_MAINTENANCE_UPLOADPURGING": json.dumps(
            {"enabled": True, "age": "168h", "interval": "24h", "dryrun": False}
        ),
        # With this check, an S3 failure would make every replica unhealthy at once, and ECS would replace them all.
        "REGISTRY_HEALTH_STORAGEDRIVER_ENABLED": "false",
        # Go frees memory late unless it is short ("A Guide to the Go Garbage Collector", Memory limit). Without this,
        # 32 uploads at once took 1456 MiB of 2.8.2, and 954 MiB with 900MiB.
        "GOMEMLIMIT": f"{int(settings.memory_limit * _GO_SHARE)}MiB",
        "REGISTRY_LOG_FORMATTER": "json",
        "REGISTRY_LOG_ACCESSLOG_DISABLED": "true",  # the JSON log has a line per request already
        **_upstream_environment(settings),
        **registry_version(settings.image).environment,
    }


def _password_environment() -> dict[str, str]:
    return {
        "REGISTRY_AUTH": "htpasswd",
        "REGISTRY_AUTH_HTPASSWD_REALM": "Registry Realm",
        "REGISTRY_AUTH_HTPASSWD_PATH": HTPASSWD.container_path,
    }


def _token_environment(tokens: TokenSettings, image: str) -> dict[str, str]:
    verification = registry_version(image).tokens
    return {
        "REGISTRY_AUTH": "token",
        "REGISTRY_AUTH_TOKEN_ISSUER": ISSUER,
        "REGISTRY_AUTH_TOKEN_SERVICE": tokens.registry,
        # Clients get tokens from the host that they use, at this path, whatever the realm is, which must be set.
        "REGISTRY_AUTH_TOKEN_AUTOREDIRECT": "true",
        "REGISTRY_AUTH_TOKEN_REALM": f"https://{tokens.registry}/auth/token",
        f"REGISTRY_AUTH_TOKEN_{verification.setting}": _KEYS_PATH,
        _KEYS_VARIABLE: verification.encode(tokens.public_keys),
        **verification.environment,
    }


def _start(settings: ContainerSettings) -> dict[str, Any]:
    """Return what takes the place of the image's own command. The image is Alpine Linux, so it has a shell."""
    if settings.tokens is None:
        return {}
    write_keys = f'printf %s "${_KEYS_VARIABLE}" > {_KEYS_PATH}'
    serve = f"exec registry serve {registry_version(settings.image).config_path}"
    return {"entryPoint": ["/bin/sh", "-c"], "command": [f"{write_keys} && {serve}"]}


def _linux_parameters(settings: ContainerSettings) -> dict[str, Any]:
    capabilities: dict[str, list[str]] = {"add": [], "drop": ["ALL"]}
    if settings.tokens is None:
        return {"capabilities": capabilities}
    # Docker lets every user write to it (Docker manual, "tmpfs mounts", tmpfs-mode).
    memory = {"containerPath": _KEYS_FOLDER, "size": 1, "mountOptions": ["nodev", "noexec", "nosuid"]}
    return {"capabilities": capabilities, "tmpfs": [memory]}


def collection_definition(settings: ContainerSettings) -> dict[str, Any]:
    """Return the definition of the container that collects garbage: a replica's, with another command and no port.

    It serves no requests, so it verifies no tokens. By itself it is a dry run: what deletes must say so, with the
    command that `garbage_collection` returns.
    """
    return {
        **container_definition(replace(settings, tokens=None)),
        "command": garbage_collection(settings.image, dry_run=True),
        "cpu": 0,  # with `max_count`, replicas reserve all CPU units of their instances
        "portMappings": [],
        "secrets": [],
        "stopTimeout": COLLECTION_STOP_SECONDS,
        # The command prints a line of 100 bytes for each blob that is garbage, all at once: enough for 300,000 of them.
        "logConfiguration": _log_configuration(settings, buffer="32m"),
    }


def garbage_collection(image: str, *, dry_run: bool = False, seconds: int = _DRY_RUN_SECONDS) -> list[str]:
    """Return the command that collects garbage, and is killed after some seconds.

    The entry point of the image executes what is not an argument of the registry (distribution-library-image,
    entrypoint.sh), and both images have Alpine's `timeout`.

    Never add `--delete-untagged`: version 2 deletes the platforms of tagged multi-platform images with it
    (distribution#3178), and both versions delete what is pulled by digest only.
    """
    options = ["--dry-run"] if dry_run else []
    return ["timeout", str(seconds), "registry", "garbage-collect", *options, registry_version(image).config_path]


def _upstream_environment(settings: ContainerSettings) -> dict[str, str]:
    values = {"REMOTEURL": settings.upstream, "USERNAME": settings.upstream_username}
    return {f"REGISTRY_PROXY_{key}": value for key, value in values.items() if value is not None}


def _labels(settings: ContainerSettings) -> dict[str, Any]:
    version = settings.upstream_password_version
    return {} if version is None else {"dockerLabels": {"private-registry.upstream-password-version": str(version)}}


def _secrets(settings: ContainerSettings) -> dict[str, str]:
    """Return the ARNs of SSM parameters, by the environment variable that gets the parameter's value."""
    # Replicas with different HTTP secrets cannot continue each other's uploads (distribution#1576).
    secrets = {"REGISTRY_HTTP_SECRET": settings.http_secret_arn}
    if settings.upstream_password_arn is not None:
        secrets["REGISTRY_PROXY_PASSWORD"] = settings.upstream_password_arn
    return secrets


def container_definition(settings: ContainerSettings) -> dict[str, Any]:
    """Return a container definition without root, capabilities, writable files and plain-text secrets.

    It has the form in which ECS returns it. The AWS provider compares the two and does not know every default
    (pulumi/pulumi-aws#4576): a missing list would replace the task definition, and every task, at each `pulumi up`.
    """
    return {
        "name": NAME,
        "image": settings.image,
        "essential": True,
        **_start(settings),
        "user": f"{USER_ID}:{GROUP_ID}",
        "readonlyRootFilesystem": True,
        "privileged": False,
        "linuxParameters": _linux_parameters(settings),
        "dockerSecurityOptions": ["no-new-privileges"],
        "cpu": settings.cpu_reservation,
        # Without a limit, requests that never end would take the instance's memory, and with it the ECS agent.
        "memory": settings.memory_limit,
        "memoryReservation": MEMORY_RESERVATION,  # what ECS places tasks by: two fit on one instance
        "ulimits": [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}],
        "stopTimeout": _STOP_SECONDS,
        # Host port 0: Docker chooses a free port, so old and new tasks fit on one instance during a deployment.
        "portMappings": [{"containerPort": PORT, "hostPort": 0, "protocol": "tcp"}],
        # Read-only also because a registry without an htpasswd file creates a user and logs its password.
        "mountPoints": [
            {"sourceVolume": volume.name, "containerPath": volume.container_path, "readOnly": True}
            for volume in VOLUMES
        ],
        "volumesFrom": [],
        "systemControls": [],
        "environment": [{"name": name, "value": value} for name, value in sorted(environment(settings).items())],
        "secrets": [{"name": name, "valueFrom": arn} for name, arn in _secrets(settings).items()],
        **_labels(settings),
        "logConfiguration": _log_configuration(settings, buffer="4m"),
    }


def _log_configuration(settings: ContainerSettings, *, buffer: str) -> dict[str, Any]:
    return {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": settings.log_group,
            "awslogs-region": settings.region,
            "awslogs-stream-prefix": NAME,
            "mode": "non-blocking",  # the registry does not wait for CloudWatch
            "max-buffer-size": buffer,
        },
    }
