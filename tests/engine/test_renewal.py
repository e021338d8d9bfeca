"""What is renewed while the registry runs: certificate, users, image, instances. Each touches its own part alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.certificates import issue
from tests.engine.configuring import configure
from tests.engine.conftest import ROOT
from tests.engine.steps import begun, changed, done, label, run

_DOMAIN = "registry.example.com"
_CERTIFICATE = "ServerCertificate registry-certificate"
_LISTENER = "Listener registry-https"
_HTPASSWD = "BucketObjectv2 registry-bootstrap-htpasswd"
_OBJECTS = {f"docker/registry/v2/blobs/{name}": name.encode() * 1000 for name in ("one", "two", "three")}


@pytest.fixture(scope="module")
def stack(api: AwsApi, folder: Path) -> auto.Stack:
    """The dev stack, up, with a certificate and two users of its own."""
    selected = engine.create_stack(ROOT, "dev", api, folder / "dev")
    users = {"users.alice": "correct horse battery", "users.bob": "staple of the other one"}
    configure(selected, {"domain": _DOMAIN, **_new_pems(), **users})
    run(selected.up)
    return selected


def test_certificate(stack: auto.Stack, aws: Callable[[str], Any]) -> None:
    configure(stack, _new_pems())
    said = run(stack.up)
    first = {(label(step.urn), step.op): place for place, step in begun(said)}
    last = {(label(step.urn), step.op): place for place, step in done(said)}
    create, delete = (_CERTIFICATE, auto.OpType.CREATE_REPLACEMENT), (_CERTIFICATE, auto.OpType.DELETE_REPLACED)
    update = (_LISTENER, auto.OpType.UPDATE)
    [uploaded] = aws("iam").list_server_certificates()["ServerCertificateMetadataList"]
    assert changed(said) == {_CERTIFICATE: "replace", _LISTENER: "update"}
    assert last[create] < first[update]
    assert last[update] < first[delete]
    assert _shown(aws) == [uploaded["Arn"]]


def test_changed_password(stack: auto.Stack) -> None:
    configure(stack, {"users.alice": "wrong horse battery"})
    assert changed(run(stack.up)) == {_HTPASSWD: "update"}


def test_removed_user(stack: auto.Stack) -> None:
    stack.remove_config("registry:users.bob", path=True)
    assert changed(run(stack.up)) == {"RandomBytes registry-user-bob": "delete", _HTPASSWD: "update"}


def test_image_forth_and_back_loses_no_object(stack: auto.Stack, aws: Callable[[str], Any]) -> None:
    bucket = stack.outputs()["bucketName"].value
    for key, body in _OBJECTS.items():
        aws("s3").put_object(Bucket=bucket, Key=key, Body=body)
    before = _versions(aws, bucket)
    steps = {}
    for image in ("registry:3", "registry:2"):
        configure(stack, {"image": image})
        steps[image] = changed(run(stack.up))
        assert _versions(aws, bucket) == before
        assert _tokens(aws) == {"registry:3": "required", "registry:2": "optional"}[image]
    moved = {"registry:3": ("instance", "task"), "registry:2": ("task", "instance")}
    assert len(before) == len(_OBJECTS)
    assert steps == {
        image: {
            f"RolePolicy registry-{giver}-images": "delete",
            f"RolePolicy registry-{taker}-images": "create",
            "LaunchTemplate registry-instance": "update",
            "Group registry-instances": "update",
            "TaskDefinition registry-task": "replace",
            "Service registry-service": "update",
        }
        for image, (giver, taker) in moved.items()
    }


def test_instance_type_refreshes_the_group(stack: auto.Stack, aws: Callable[[str], Any]) -> None:
    [group] = aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    name = group["AutoScalingGroupName"]
    refreshed = _refreshes(aws, name)
    configure(stack, {"instanceType": "m7g.large"})
    steps = changed(run(stack.up))
    [after] = aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert steps == {"LaunchTemplate registry-instance": "update", "Group registry-instances": "update"}
    assert after["AutoScalingGroupName"] == name
    assert int(after["LaunchTemplate"]["Version"]) == int(group["LaunchTemplate"]["Version"]) + 1
    assert _refreshes(aws, name)[:1] != refreshed[:1]
    assert _newest_template(aws)["InstanceType"] == "m7g.large"


def _new_pems() -> dict[str, str]:
    issued = issue(_DOMAIN)
    return {"certificate": issued.pem, "privateKey": issued.key_pem}


def _shown(aws: Callable[[str], Any]) -> list[str]:
    """The certificates that clients see."""
    [balancer] = aws("elbv2").describe_load_balancers()["LoadBalancers"]
    [listener] = aws("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return [certificate["CertificateArn"] for certificate in listener["Certificates"]]


def _versions(aws: Callable[[str], Any], bucket: str) -> dict[tuple[str, str], tuple[str, bool]]:
    """Each object's versions, with digest, and whether it is the one in force."""
    found = aws("s3").list_object_versions(Bucket=bucket)
    versions = {(item["Key"], item["VersionId"]): (item["ETag"], item["IsLatest"]) for item in found["Versions"]}
    deleted = {(item["Key"], item["VersionId"]): ("deleted", True) for item in found.get("DeleteMarkers", ())}
    return versions | deleted


def _newest_template(aws: Callable[[str], Any]) -> dict[str, Any]:
    [template] = aws("ec2").describe_launch_templates()["LaunchTemplates"]
    [version] = aws("ec2").describe_launch_template_versions(
        LaunchTemplateId=template["LaunchTemplateId"], Versions=["$Latest"]
    )["LaunchTemplateVersions"]
    return version["LaunchTemplateData"]


def _tokens(aws: Callable[[str], Any]) -> str:
    return _newest_template(aws)["MetadataOptions"]["HttpTokens"]


def _refreshes(aws: Callable[[str], Any], group: str) -> list[str]:
    """The group's instance refreshes, the newest first."""
    found = aws("autoscaling").describe_instance_refreshes(AutoScalingGroupName=group)["InstanceRefreshes"]
    return [refresh["InstanceRefreshId"] for refresh in found]
