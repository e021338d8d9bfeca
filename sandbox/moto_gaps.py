"""What moto forgets or lacks of the AWS API, put right.

The AWS provider reads back whatever it wrote. What comes back otherwise is drift to it, and a change in the next
`pulumi up` that nobody made. Each gap here is one that a private registry's stack meets.
"""

from __future__ import annotations

import functools
import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.iam.responses import IamResponse
from moto.s3.models import FakeBucket, FakeDeleteMarker

# What ECS services forget: names in the API, and as moto would spell them.
_SERVICE_SETTINGS = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "placementStrategy": "placement_strategy",
}


def close() -> None:
    """Closes all gaps, by changing moto's classes for the rest of this process."""
    _wrap(EC2ContainerServiceResponse, "create_service", _keep_service_settings)
    _wrap(EC2ContainerServiceResponse, "update_service", _keep_service_settings)
    _wrap(EC2ContainerServiceBackend, "_validate_container_defs", _take_memory_reservation_alone)
    _wrap(AutoScalingResponse, "delete_auto_scaling_group", _let_protected_instances_go)
    _add(AutoScalingResponse, "start_instance_refresh", _start_instance_refresh)
    _add(AutoScalingResponse, "describe_instance_refreshes", _describe_instance_refreshes)
    _add(LaunchTemplate, "tags", property(LaunchTemplate.get_tags, _ignore_copy))
    _wrap(LaunchTemplate, "create_version", _keep_template_tags_apart)
    _wrap(IamResponse, "upload_server_certificate", _keep_certificate_tags)
    _wrap(IamResponse, "get_server_certificate", _tell_certificate_apart)
    _add(IamResponse, "tag_server_certificate", _tag_server_certificate)
    _add(IamResponse, "untag_server_certificate", _untag_server_certificate)
    _add(FakeDeleteMarker, "dispose", _dispose_of_nothing)
    _add(FakeBucket, "_log_permissions_enabled_policy", staticmethod(_s3_may_log))


def _add(owner: type, name: str, what: object) -> None:
    setattr(owner, name, what)


def _wrap(owner: type, name: str, wrapper: Callable[..., Any]) -> None:
    """Puts `wrapper` in the place of a method, which it gets as its first argument."""
    method = getattr(owner, name)

    @functools.wraps(method)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return wrapper(method, *args, **kwargs)

    static = isinstance(owner.__dict__[name], staticmethod)
    setattr(owner, name, staticmethod(wrapped) if static else wrapped)


def _keep_service_settings(call: Callable[..., Any], response: Any) -> ActionResult:
    """Services keep what they are told, and are steady at once: nothing runs behind this API."""
    answer = call(response)
    service = answer.result["service"]
    for key, attribute in _SERVICE_SETTINGS.items():
        if (value := response._get_param(key)) is not None:
            setattr(service, attribute, value)
    # A capacity provider strategy stands in the place of a launch type, and only "awsvpc" has a network of its own.
    service.launch_type = None if getattr(service, "capacity_provider_strategy", None) else service.launch_type
    service.network_configuration = service.network_configuration or None
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments:
        deployment |= {
            "desiredCount": service.desired_count,
            "pendingCount": 0,
            "rolloutState": "COMPLETED",
            "runningCount": service.desired_count,
            "taskDefinition": service.task_definition,
        }
    return answer


def _take_memory_reservation_alone(
    validate: Callable[..., None], memory: str | None, definitions: list[dict[str, Any]], _compatibilities: list[str]
) -> None:
    """On EC2 a container needs a memory limit or a reservation; moto asks for the limit."""
    validate(memory, definitions, None)


def _let_protected_instances_go(delete: Callable[..., Any], response: Any) -> ActionResult:
    """A forced deletion takes them too; in moto they outlive their group."""
    if response._get_bool_param("ForceDelete", False):
        group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
        for instance in group.instance_states:
            instance.protected_from_scale_in = False
    return delete(response)


def _start_instance_refresh(response: Any) -> ActionResult:
    """A refresh that is done at once."""
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    now = datetime.now(timezone.utc)
    group.instance_refresh = {
        "InstanceRefreshId": str(uuid.uuid4()),
        "AutoScalingGroupName": group.name,
        "Status": "Successful",
        "StartTime": now,
        "EndTime": now,
        "PercentageComplete": 100,
        "InstancesToUpdate": 0,
    }
    return ActionResult({"InstanceRefreshId": group.instance_refresh["InstanceRefreshId"]})


def _describe_instance_refreshes(response: Any) -> ActionResult:
    """The last refresh of a group, if there was one."""
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    last = getattr(group, "instance_refresh", None)
    return ActionResult({"InstanceRefreshes": [last] if last else []})


def _ignore_copy(_template: LaunchTemplate, _tags: object) -> None:
    """moto copies a launch template's tags once, and then tells the copy whatever changes."""


def _keep_template_tags_apart(create_version: Callable[..., Any], template: Any, data: Any, description: str) -> Any:
    """A launch template's own tags are no part of what it launches."""
    specifications = data.get("TagSpecifications", [])
    launched = [item for item in specifications if item["ResourceType"] != "launch-template"]
    kept = {key: value for key, value in data.items() if key != "TagSpecifications"}
    return create_version(template, kept | ({"TagSpecifications": launched} if launched else {}), description)


def _keep_certificate_tags(upload: Callable[..., Any], response: Any) -> ActionResult:
    """moto's server certificates have no tags, and all of them the same id."""
    answer = upload(response)
    certificate = response.backend.get_server_certificate(response._get_param("ServerCertificateName"))
    certificate.tags = _given_tags(response)
    return _told_apart(answer, certificate, answer.result)


def _tell_certificate_apart(get: Callable[..., Any], response: Any) -> ActionResult:
    answer = get(response)
    certificate = response.backend.get_server_certificate(response._get_param("ServerCertificateName"))
    return _told_apart(answer, certificate, answer.result["ServerCertificate"])


def _told_apart(answer: Any, certificate: Any, described: dict[str, Any]) -> ActionResult:
    digest = hashlib.sha256(certificate.arn.encode()).hexdigest()
    described["ServerCertificateMetadata"]["ServerCertificateId"] = f"ASCA{digest[:17].upper()}"
    described["Tags"] = [{"Key": key, "Value": value} for key, value in certificate.tags.items()]
    return answer


def _tag_server_certificate(response: Any) -> ActionResult:
    certificate = response.backend.get_server_certificate(response._get_param("ServerCertificateName"))
    certificate.tags |= _given_tags(response)
    return EmptyResult()


def _untag_server_certificate(response: Any) -> ActionResult:
    certificate = response.backend.get_server_certificate(response._get_param("ServerCertificateName"))
    gone = response._get_param("TagKeys", [])
    certificate.tags = {key: value for key, value in certificate.tags.items() if key not in gone}
    return EmptyResult()


def _given_tags(response: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in response._get_param("Tags", [])}


def _dispose_of_nothing(_marker: FakeDeleteMarker) -> None:
    """moto disposes of each version's content when DeleteObjects takes an object's last one; a marker has none."""


def _s3_may_log(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    """Whether S3 may write its access logs there; moto fails on statements for everybody, and on lists."""
    statements = json.loads(target_bucket.policy)["Statement"] if target_bucket.policy else []
    return any(
        statement["Effect"] == "Allow"
        and "logging.s3.amazonaws.com" in _listed(statement["Principal"]["Service"])
        and "s3:PutObject" in _listed(statement["Action"])
        and f"{target_bucket.arn}/{target_prefix or ''}*" in _listed(statement["Resource"])
        for statement in statements
        if isinstance(statement["Principal"], dict)
    )


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
