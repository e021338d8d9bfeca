"""The prod stack's buckets, instances and service are there when the AWS API itself is asked; no destroy takes them."""

from __future__ import annotations

import base64
import json

import pytest
from pulumi import automation as auto

from tests.engine.conftest import Deployed
from tests.engine.inventory import inventory
from tests.engine.steps import run


@pytest.mark.parametrize("name", ["registry-images", "registry-bootstrap", "registry-logs"])
def test_bucket_protections(prod: Deployed, name: str) -> None:
    s3, bucket = prod.aws("s3"), prod.declared.one("aws:s3/bucket:Bucket", name).id
    access = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    [owner] = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    [encryption] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    rules = {rule["ID"] for rule in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]}
    [tls_only, *_] = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert set(access.values()) == {True}
    assert len(access) == 4
    assert owner["ObjectOwnership"] == "BucketOwnerEnforced"
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert rules >= {"expire-old-versions", "abort-unfinished-uploads"}
    assert tls_only["Effect"] == "Deny"
    assert tls_only["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("name", ["registry-images", "registry-bootstrap"])
def test_bucket_is_logged(prod: Deployed, name: str) -> None:
    bucket, logs = (prod.declared.one("aws:s3/bucket:Bucket", role).id for role in (name, "registry-logs"))
    assert prod.aws("s3").get_bucket_logging(Bucket=bucket)["LoggingEnabled"]["TargetBucket"] == logs


def test_boot_files(prod: Deployed) -> None:
    bucket = prod.declared.one("aws:s3/bucket:Bucket", "registry-bootstrap").id
    files = {
        item["Key"]: prod.aws("s3").get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
        for item in prod.aws("s3").list_objects_v2(Bucket=bucket)["Contents"]
    }
    assert {key: text.splitlines()[0][:14] for key, text in files.items()} == {
        "domain.crt": "-----BEGIN CER",
        "domain.key": "-----BEGIN EC ",
        "htpasswd": "docker:$2b$05$",
    }


def test_cluster_and_capacity_provider(prod: Deployed) -> None:
    ecs, name = prod.aws("ecs"), prod.declared.exports["clusterName"]
    [cluster] = ecs.describe_clusters(clusters=[name])["clusters"]
    [provider] = ecs.describe_capacity_providers(capacityProviders=cluster["capacityProviders"])["capacityProviders"]
    [group] = prod.aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    behind = provider["autoScalingGroupProvider"]
    assert cluster["status"] == "ACTIVE"
    assert [item["capacityProvider"] for item in cluster["defaultCapacityProviderStrategy"]] == [provider["name"]]
    assert behind["autoScalingGroupArn"] == group["AutoScalingGroupARN"]
    assert behind["managedScaling"]["status"] == "ENABLED"
    assert behind["managedTerminationProtection"] == "ENABLED"
    assert behind["managedDraining"] == "ENABLED"


def test_auto_scaling_group_and_its_launch_hook(prod: Deployed) -> None:
    autoscaling = prod.aws("autoscaling")
    [group] = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    [hook] = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=group["AutoScalingGroupName"])["LifecycleHooks"]
    private = [r.id for r in prod.declared.all("aws:ec2/subnet:Subnet") if r.name.startswith("registry-private-")]
    template = prod.declared.one("aws:ec2/launchTemplate:LaunchTemplate")
    assert (group["MinSize"], group["DesiredCapacity"], group["MaxSize"]) == (2, 2, 6)
    assert sorted(group["VPCZoneIdentifier"].split(",")) == sorted(private)
    assert group["NewInstancesProtectedFromScaleIn"] is True
    assert group["LaunchTemplate"]["LaunchTemplateId"] == template.id
    assert group["LaunchTemplate"]["Version"] == "1"
    assert hook["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"
    assert hook["DefaultResult"] == "ABANDON"


def test_launch_template(prod: Deployed) -> None:
    template = prod.declared.one("aws:ec2/launchTemplate:LaunchTemplate").id
    versions = prod.aws("ec2").describe_launch_template_versions(LaunchTemplateId=template)["LaunchTemplateVersions"]
    data = versions[-1]["LaunchTemplateData"]
    [interface] = data["NetworkInterfaces"]
    assert data["MetadataOptions"]["HttpTokens"] == "required"  # registry:3
    assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert data["ImageId"].startswith("resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/")
    assert interface["AssociatePublicIpAddress"] is False
    assert interface["Groups"] == [prod.declared.one("aws:ec2/securityGroup:SecurityGroup", "registry-instances").id]
    assert base64.b64decode(data["UserData"]).startswith(b"#!/bin/bash\n")


def test_service_and_its_task_definition(prod: Deployed) -> None:
    ecs, exports = prod.aws("ecs"), prod.declared.exports
    [service] = ecs.describe_services(cluster=exports["clusterName"], services=[exports["serviceName"]])["services"]
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    [container] = task["containerDefinitions"]
    [targets] = prod.aws("elbv2").describe_target_groups()["TargetGroups"]
    environment = {item["name"]: item["value"] for item in container["environment"]}
    assert service["status"] == "ACTIVE"
    assert service["runningCount"] == service["desiredCount"] == 2
    assert service["loadBalancers"][0]["targetGroupArn"] == targets["TargetGroupArn"]
    assert service["availabilityZoneRebalancing"] == "ENABLED"
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert container["image"] == "registry:3"
    assert environment["REGISTRY_STORAGE_S3_BUCKET"] == exports["bucketName"]


def test_log_group(prod: Deployed) -> None:
    [group] = prod.aws("logs").describe_log_groups()["logGroups"]
    assert group["logGroupName"] == prod.declared.one("aws:cloudwatch/logGroup:LogGroup").outputs["name"]
    assert group["retentionInDays"] == 365


def test_http_secret_is_a_secure_parameter(prod: Deployed) -> None:
    name = prod.declared.one("aws:ssm/parameter:Parameter").outputs["name"]
    parameter = prod.aws("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert parameter["Type"] == "SecureString"
    assert len(parameter["Value"]) == 64


@pytest.mark.parametrize(
    ("role", "service", "policies"),
    [
        ("instance", "ec2", ["bootstrap", "ecs", "launch"]),
        ("execution", "ecs-tasks", ["run"]),
        ("task", "ecs-tasks", ["images"]),
    ],
)
def test_roles_and_their_policies(prod: Deployed, role: str, service: str, policies: list[str]) -> None:
    iam, name = prod.aws("iam"), prod.declared.one("aws:iam/role:Role", f"registry-{role}").outputs["name"]
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    names = iam.list_role_policies(RoleName=name)["PolicyNames"]
    assert [statement["Principal"] for statement in trust] == [{"Service": f"{service}.amazonaws.com"}]
    # Auto-named: registry-instance-ecs-1a2b3c4.
    assert sorted(name.split("-")[2] for name in names) == policies
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []


def test_destroy_is_refused(prod: Deployed) -> None:
    before = inventory(prod.aws)
    # `pulumi destroy` previews first, and stops there. With --skip-preview it would delete all but what is protected.
    with pytest.raises(auto.CommandError, match="protected"):
        run(prod.stack.destroy, preview_only=True)
    protected = {resource.name for resource in prod.declared.resources if resource.protect}
    assert protected == {"registry-logs", "registry-images", "registry-alb"}
    assert inventory(prod.aws) == before
