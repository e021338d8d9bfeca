"""Gaps of moto's Application Auto Scaling: tags, the capacity of a registered service, what ends with a target."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from sandbox.aws.patching import around, method_of


@around(ApplicationAutoscalingBackend, "register_scalable_target")
def _bring_the_capacity_into_the_range(register: Callable[..., Any], backend: Any, *args: Any, **kwargs: Any) -> Any:
    """A service's desired count is brought between the minimum and the maximum.

    Source: Application Auto Scaling API Reference, "RegisterScalableTarget".
    """
    target = register(backend, *args, **kwargs)
    _, cluster, name = target.resource_id.split("/")
    service = backend.ecs_backend._get_service(cluster, name)
    count = max(target.min_capacity, min(service.desired_count, target.max_capacity))
    service.desired_count = service.running_count = count
    return target


@around(ApplicationAutoscalingBackend, "deregister_scalable_target")
def _delete_the_policies(
    deregister: Callable[..., None], backend: Any, namespace: str, r_id: str, dimension: str
) -> None:
    """The scaling policies of a target are deleted with it.

    Source: Application Auto Scaling API Reference, "DeregisterScalableTarget".
    """
    deregister(backend, namespace, r_id, dimension)
    for policy in [policy for policy in backend.policies.values() if policy.resource_id == r_id]:
        backend.delete_scaling_policy(policy.policy_name, namespace, r_id, dimension)


@around(ApplicationAutoScalingResponse, "register_scalable_target")
def _keep_tags(register: Callable[..., str], response: Any) -> str:
    """Source: Application Auto Scaling API Reference, "RegisterScalableTarget", Tags."""
    answer = register(response)
    _tags(response, json.loads(answer)["ScalableTargetARN"]).update(response._get_param("Tags", {}))
    return answer


@method_of(ApplicationAutoScalingResponse)
def list_tags_for_resource(response: Any) -> str:
    """Source: Application Auto Scaling API Reference, "ListTagsForResource"."""
    return json.dumps({"Tags": _tags(response, response._get_param("ResourceARN"))})


@method_of(ApplicationAutoScalingResponse)
def tag_resource(response: Any) -> str:
    """Source: Application Auto Scaling API Reference, "TagResource"."""
    _tags(response, response._get_param("ResourceARN")).update(response._get_param("Tags"))
    return json.dumps({})


@method_of(ApplicationAutoScalingResponse)
def untag_resource(response: Any) -> str:
    """Source: Application Auto Scaling API Reference, "UntagResource"."""
    for key in response._get_param("TagKeys"):
        _tags(response, response._get_param("ResourceARN")).pop(key, None)
    return json.dumps({})


def _tags(response: Any, arn: str) -> dict[str, str]:
    """The tags of a scalable target. Scaling policies have none."""
    targets = response.applicationautoscaling_backend.targets.values()
    [target] = [target for by_id in targets for target in by_id.values() if target.arn == arn]
    return vars(target).setdefault("tags", {})
