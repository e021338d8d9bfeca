"""The prod stack's buckets, instances, service and roles as the AWS API describes them."""

from __future__ import annotations

import base64
import json

import pytest

from sandbox.evaluation.project import stack_config
from tests.engine.queries import auto_scaling_group, launch_template_data
from tests.engine.stacks import ROOT, DeployedStack


@pytest.mark.parametrize("name", ["registry-images", "registry-bootstrap", "registry-logs"])
def test_bucket_is_private_encrypted_and_versioned(prod: DeployedStack, name: str) -> None:
    s3, bucket = prod.aws("s3"), prod.declaration.one("aws:s3/bucket:Bucket", name).id
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
def test_bucket_requests_are_logged(prod: DeployedStack, name: str) -> None:
    bucket, logs = (prod.declaration.one("aws:s3/bucket:Bucket", each).id for each in (name, "registry-logs"))
    assert prod.aws("s3").get_bucket_logging(Bucket=bucket)["LoggingEnabled"]["TargetBucket"] == logs


def test_bootstrap_bucket_holds_certificate_key_and_htpasswd(prod: DeployedStack) -> None:
    s3, bucket = prod.aws("s3"), prod.declaration.one("aws:s3/bucket:Bucket", "registry-bootstrap").id
    files = {
        item["Key"]: s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
        for item in s3.list_objects_v2(Bucket=bucket)["Contents"]
    }
    assert {key: text.splitlines()[0][:14] for key, text in files.items()} == {
        "domain.crt": "-----BEGIN CER",
        "domain.key": "-----BEGIN EC ",
        "htpasswd": "docker:$2b$05$",
    }


def test_cluster_scales_through_its_capacity_provider(prod: DeployedStack) -> None:
    ecs, name = prod.aws("ecs"), prod.declaration.exports["clusterName"]
    [cluster] = ecs.describe_clusters(clusters=[name])["clusters"]
    [provider] = ecs.describe_capacity_providers(capacityProviders=cluster["capacityProviders"])["capacityProviders"]
    group_provider = provider["autoScalingGroupProvider"]
    assert cluster["status"] == "ACTIVE"
    assert [item["capacityProvider"] for item in cluster["defaultCapacityProviderStrategy"]] == [provider["name"]]
    assert group_provider["autoScalingGroupArn"] == auto_scaling_group(prod.aws)["AutoScalingGroupARN"]
    assert group_provider["managedScaling"]["status"] == "ENABLED"
    assert group_provider["managedTerminationProtection"] == "ENABLED"
    assert group_provider["managedDraining"] == "ENABLED"


def test_auto_scaling_group_has_a_launch_hook(prod: DeployedStack) -> None:
    group = auto_scaling_group(prod.aws)
    hooks = prod.aws("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName=group["AutoScalingGroupName"])
    [hook] = hooks["LifecycleHooks"]
    subnets = prod.declaration.all("aws:ec2/subnet:Subnet")
    private = [subnet.id for subnet in subnets if subnet.name.startswith("registry-private-")]
    template = prod.declaration.one("aws:ec2/launchTemplate:LaunchTemplate")
    assert (group["MinSize"], group["DesiredCapacity"], group["MaxSize"]) == (2, 2, 12)
    assert sorted(group["VPCZoneIdentifier"].split(",")) == sorted(private)
    assert group["NewInstancesProtectedFromScaleIn"] is True
    assert group["LaunchTemplate"]["LaunchTemplateId"] == template.id
    assert group["LaunchTemplate"]["Version"] == "1"
    assert hook["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"
    assert hook["DefaultResult"] == "ABANDON"


def test_launch_template_requires_imdsv2_and_encrypts_volumes(prod: DeployedStack) -> None:
    template = launch_template_data(prod.aws, prod.declaration.one("aws:ec2/launchTemplate:LaunchTemplate").id)
    [interface] = template["NetworkInterfaces"]
    group = prod.declaration.one("aws:ec2/securityGroup:SecurityGroup", "registry-instances").id
    assert template["MetadataOptions"]["HttpTokens"] == "required"
    assert template["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert template["ImageId"].startswith("resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/")
    assert interface["AssociatePublicIpAddress"] is False
    assert interface["Groups"] == [group]
    assert base64.b64decode(template["UserData"]).startswith(b"#!/bin/bash\n")


def test_service_runs_the_registry_behind_the_target_group(prod: DeployedStack) -> None:
    ecs, exports = prod.aws("ecs"), prod.declaration.exports
    [service] = ecs.describe_services(cluster=exports["clusterName"], services=[exports["serviceName"]])["services"]
    task_definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    [container] = task_definition["containerDefinitions"]
    [targets] = prod.aws("elbv2").describe_target_groups()["TargetGroups"]
    environment = {item["name"]: item["value"] for item in container["environment"]}
    assert service["status"] == "ACTIVE"
    assert service["runningCount"] == service["desiredCount"] == 2
    assert service["loadBalancers"][0]["targetGroupArn"] == targets["TargetGroupArn"]
    assert service["availabilityZoneRebalancing"] == "ENABLED"
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert container["image"] == stack_config(ROOT, "prod").values["registry:image"]
    assert environment["REGISTRY_STORAGE_S3_BUCKET"] == exports["bucketName"]


def test_log_groups_keep_logs_for_a_year(prod: DeployedStack) -> None:
    groups = prod.aws("logs").describe_log_groups()["logGroups"]
    declared = {each.outputs["name"] for each in prod.declaration.all("aws:cloudwatch/logGroup:LogGroup")}
    assert {each["logGroupName"]: each["retentionInDays"] for each in groups} == dict.fromkeys(declared, 365)


def test_http_secret_is_a_secure_parameter(prod: DeployedStack) -> None:
    name = prod.declaration.one("aws:ssm/parameter:Parameter").outputs["name"]
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
def test_role_trusts_one_service_and_has_inline_policies(
    prod: DeployedStack, role: str, service: str, policies: list[str]
) -> None:
    iam, name = prod.aws("iam"), prod.declaration.one("aws:iam/role:Role", f"registry-{role}").outputs["name"]
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    names = iam.list_role_policies(RoleName=name)["PolicyNames"]
    assert [statement["Principal"] for statement in trust] == [{"Service": f"{service}.amazonaws.com"}]
    # Pulumi's auto-naming adds a random suffix, such as registry-instance-ecs-1a2b3c4.
    assert sorted(name.split("-")[2] for name in names) == policies
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
