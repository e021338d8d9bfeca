"""The registry's container: from an image and its surroundings to the ECS container definition."""

import json
from dataclasses import dataclass
from typing import Any

from .image import registry_version

NAME = "registry"
PORT = 443

# The registry needs no identity of its own. The boot script gives its files to this group.
USER_ID = 1000
GROUP_ID = 1000

# Where an instance keeps the files, by the name of the volume, and where the container sees them.
HOST_PATHS = {"auth": "/docker-registry/auth", "certs": "/docker-registry/certs"}
_MOUNTS = {"auth": "/auth", "certs": "/certs"}

# The registry ends requests that are under way after its drain timeout; ECS kills the container after the longer
# stop timeout. Without one the registry drops them at once when it is told to stop.
_DRAIN_SECONDS = 60
_STOP_SECONDS = 90


@dataclass(frozen=True, kw_only=True)
class ContainerSettings:
    """What the container is told of its surroundings.

    Attributes:
        image: the image with its tag.
        region: the region of the bucket and the log group.
        bucket: the images bucket's name. Its domain name does not work.
        log_group: the CloudWatch log group's name.
        http_secret_arn: the SSM parameter with the secret that all replicas share.
        redirects: whether clients are sent to S3 for image data.
        upstream: the registry that this one is a pull-through cache of. Default: none.
        upstream_username: who logs in there. Default: nobody.
        upstream_password_arn: the SSM parameter with the password.
        upstream_password_version: its version. ECS reads it when a task starts, so that a new one makes new tasks.
    """

    image: str
    region: str
    bucket: str
    log_group: str
    http_secret_arn: str
    redirects: bool = True
    upstream: str | None = None
    upstream_username: str | None = None
    upstream_password_arn: str | None = None
    upstream_password_version: int | None = None


def environment(settings: ContainerSettings) -> dict[str, str]:
    """The registry's configuration. A variable REGISTRY_A_B overrides key b under key a of its config file."""
    return {
        "REGISTRY_AUTH": "htpasswd",
        "REGISTRY_AUTH_HTPASSWD_REALM": "Registry Realm",
        "REGISTRY_AUTH_HTPASSWD_PATH": "/auth/htpasswd",
        "REGISTRY_HTTP_ADDR": f"0.0.0.0:{PORT}",
        "REGISTRY_HTTP_TLS_CERTIFICATE": "/certs/domain.crt",
        "REGISTRY_HTTP_TLS_KEY": "/certs/domain.key",
        "REGISTRY_HTTP_RELATIVEURLS": "true",
        "REGISTRY_HTTP_DRAINTIMEOUT": f"{_DRAIN_SECONDS}s",
        # Replaces the image's whole storage section, and with it the cache of blob descriptors that the image turns on.
        # A replica would serve a layer from its cache that was deleted through another one.
        "REGISTRY_STORAGE": "s3",
        "REGISTRY_STORAGE_S3_BUCKET": settings.bucket,
        "REGISTRY_STORAGE_S3_REGION": settings.region,
        "REGISTRY_STORAGE_S3_ENCRYPT": "true",
        # The driver sends an ACL with every object; a bucket with ACLs disabled takes no other than this.
        "REGISTRY_STORAGE_S3_OBJECTACL": "bucket-owner-full-control",
        "REGISTRY_STORAGE_DELETE_ENABLED": "true",
        "REGISTRY_STORAGE_REDIRECT_DISABLE": "false" if settings.redirects else "true",
        # Whole maps: a variable for one key inside them makes the registry panic (distribution#1736).
        "REGISTRY_STORAGE_MAINTENANCE_READONLY": json.dumps({"enabled": False}),
        "REGISTRY_STORAGE_MAINTENANCE_UPLOADPURGING": json.dumps(
            {"enabled": True, "age": "168h", "interval": "24h", "dryrun": False}
        ),
        # Its check of S3 would turn every replica unhealthy at once, and ECS would kill them for it.
        "REGISTRY_HEALTH_STORAGEDRIVER_ENABLED": "false",
        "REGISTRY_LOG_FORMATTER": "json",
        "REGISTRY_LOG_ACCESSLOG_DISABLED": "true",  # the JSON lines hold each request already
        **_upstream(settings),
        **registry_version(settings.image).environment,
    }


def _upstream(settings: ContainerSettings) -> dict[str, str]:
    named = {"REMOTEURL": settings.upstream, "USERNAME": settings.upstream_username}
    return {f"REGISTRY_PROXY_{key}": value for key, value in named.items() if value is not None}


def _labels(settings: ContainerSettings) -> dict[str, Any]:
    version = settings.upstream_password_version
    return {} if version is None else {"dockerLabels": {"private-registry.upstream-password-version": str(version)}}


def _secrets(settings: ContainerSettings) -> dict[str, str]:
    """SSM parameters, by the variable that the container gets their values in."""
    # Replicas with different secrets cannot finish each other's uploads (distribution#1576).
    secrets = {"REGISTRY_HTTP_SECRET": settings.http_secret_arn}
    if settings.upstream_password_arn is not None:
        secrets["REGISTRY_PROXY_PASSWORD"] = settings.upstream_password_arn
    return secrets


def container_definition(settings: ContainerSettings) -> dict[str, Any]:
    """One ECS container definition: not root, no capabilities, nothing writable, no secret in clear.

    It has the form in which ECS returns it. The AWS provider compares the two and does not know every default
    (pulumi/pulumi-aws#4576): a list left out here would replace the task definition, and every task, at each
    `pulumi up`.
    """
    return {
        "name": NAME,
        "image": settings.image,
        "essential": True,
        "user": f"{USER_ID}:{GROUP_ID}",
        "readonlyRootFilesystem": True,
        "privileged": False,
        "linuxParameters": {"capabilities": {"add": [], "drop": ["ALL"]}},
        "dockerSecurityOptions": ["no-new-privileges"],
        "cpu": 0,  # none reserved
        # A reservation and no limit: an upload buffers tens of MB, and a limit would kill many at once.
        "memoryReservation": 256,
        "ulimits": [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}],
        "stopTimeout": _STOP_SECONDS,
        # Host port 0 is a free one, so that old and new tasks fit one instance during a deployment.
        "portMappings": [{"containerPort": PORT, "hostPort": 0, "protocol": "tcp"}],
        # Read-only also because a registry that finds no htpasswd invents a user and logs the password.
        "mountPoints": [
            {"sourceVolume": volume, "containerPath": path, "readOnly": True} for volume, path in _MOUNTS.items()
        ],
        "volumesFrom": [],
        "systemControls": [],
        "environment": [{"name": name, "value": value} for name, value in sorted(environment(settings).items())],
        "secrets": [{"name": name, "valueFrom": arn} for name, arn in _secrets(settings).items()],
        **_labels(settings),
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": settings.log_group,
                "awslogs-region": settings.region,
                "awslogs-stream-prefix": NAME,
                "mode": "non-blocking",  # a registry must not wait for CloudWatch
                "max-buffer-size": "4m",
            },
        },
    }
