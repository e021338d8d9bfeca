"""The cluster, its instances and its capacity provider."""

import dataclasses
import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.capacity import Capacity, CapacityArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import OREGON, Declare, all_dependencies, boot_script, differences

ARGS = CapacityArgs(
    location=OREGON,
    instance_type="t3.small",
    min_size=2,
    max_size=5,
    desired_capacity=3,
    vpc_id="vpc-1",
    subnet_ids=["subnet-1", "subnet-2"],
    public_addresses=False,
    security_group_id="sg-1",
    bootstrap_bucket="files",
    instance_policies={"extra": json.dumps({"Statement": "extra"})},
    tags={"team": "platform"},
)
GROUP, TEMPLATE = "aws:autoscaling/group:Group", "aws:ec2/launchTemplate:LaunchTemplate"
PROVIDER, ASSOCIATION = (
    "aws:ecs/capacityProvider:CapacityProvider",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
)
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def declared(declare: Declare, args: CapacityArgs) -> Declaration:
    def program() -> None:
        created = Capacity("net", args)
        pulumi.CustomResource("test:index:Probe", "probe", {"provider": created.capacity_provider})

    return declare(program)


@pytest.fixture(scope="module")
def capacity(declare: Declare) -> Declaration:
    return declared(declare, ARGS)


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (
            GROUP,
            {
                "minSize": 2,
                "maxSize": 5,
                "desiredCapacity": 3,
                "vpcZoneIdentifiers": ["subnet-1", "subnet-2"],
                "protectFromScaleIn": True,
                "forceDelete": True,
                "initialLifecycleHooks": [
                    {
                        "name": "booted",
                        "lifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
                        "heartbeatTimeout": 600,
                        "defaultResult": "ABANDON",
                    }
                ],
            },
        ),
        (
            TEMPLATE,
            {
                "instanceType": "t3.small",
                "imageId": "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id",
                "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
            },
        ),
    ],
    ids=["group", "template"],
)
def test_properties(capacity: Declaration, type_: str, expected: dict[str, Any]) -> None:
    assert differences(capacity.one(type_).inputs, expected) == {}


def test_ami_can_be_pinned(declare: Declare) -> None:
    args = dataclasses.replace(ARGS, ami_id="ami-0123456789abcdef0")
    assert declared(declare, args).one(TEMPLATE).inputs["imageId"] == "ami-0123456789abcdef0"


def test_graviton_instances_boot_an_arm64_ami(declare: Declare) -> None:
    args = dataclasses.replace(ARGS, instance_type="t4g.small")
    assert "/arm64/" in declared(declare, args).one(TEMPLATE).inputs["imageId"]


@pytest.mark.parametrize(("public", "expected"), [(True, "true"), (False, "false")])
def test_public_addresses_are_configurable(declare: Declare, public: bool, expected: str) -> None:
    template = declared(declare, dataclasses.replace(ARGS, public_addresses=public)).one(TEMPLATE)
    (interface,) = template.inputs["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == expected
    assert interface["securityGroups"] == ["sg-1"]


def test_volume_is_encrypted(capacity: Declaration) -> None:
    (disk,) = capacity.one(TEMPLATE).inputs["blockDeviceMappings"]
    assert disk["ebs"]["encrypted"] == "true"


def test_tags_are_on_instances_volumes_and_network_interfaces(capacity: Declaration) -> None:
    tagged = {spec["resourceType"]: spec["tags"] for spec in capacity.one(TEMPLATE).inputs["tagSpecifications"]}
    assert tagged.keys() == {"instance", "volume", "network-interface"}
    assert all(differences(tags, {"team": "platform", "Name": "net-instance"}) == {} for tags in tagged.values())


@pytest.mark.parametrize(
    ("default_tags", "expected"),
    [
        ({"tags": {"company": "example.com", "team": "default"}}, {"company": "example.com", "team": "platform"}),
        (None, {"team": "platform"}),
    ],
    ids=["default tags", "none"],
)
def test_default_tags_are_on_what_the_provider_does_not_create(
    declare: Declare, default_tags: aws.ProviderDefaultTagsArgsDict | None, expected: dict[str, str]
) -> None:
    """A tag of the component overrides a default tag, as on every other resource."""

    def program() -> None:
        provider = aws.Provider("company", region="us-west-2", default_tags=default_tags)
        Capacity("net", ARGS, pulumi.ResourceOptions(provider=provider))

    declaration = declare(program)
    expected = {**expected, "Name": "net-instance"}
    group = {tag["key"]: tag["value"] for tag in declaration.one(GROUP).inputs["tags"] if tag["propagateAtLaunch"]}
    assert group.items() >= expected.items()
    assert [spec["tags"] for spec in declaration.one(TEMPLATE).inputs["tagSpecifications"]] == [expected] * 3


def test_group_has_the_tags_for_its_cluster_and_ecs(capacity: Declaration) -> None:
    tags = {tag["key"]: tag["value"] for tag in capacity.one(GROUP).inputs["tags"]}
    cluster = capacity.one("aws:ecs/cluster:Cluster").outputs["name"]
    assert (
        differences(tags, {"team": "platform", "private-registry:cluster": cluster, "AmazonECSManaged": "true"}) == {}
    )


def test_instances_may_complete_the_launch_hook_of_their_group_only(capacity: Declaration) -> None:
    document = json.loads(capacity.one(ROLE_POLICY, "net-instance-launch").inputs["policy"])
    cluster = capacity.one("aws:ecs/cluster:Cluster").outputs["name"]
    condition = {"StringEquals": {"aws:ResourceTag/private-registry:cluster": cluster}}
    assert document["Statement"][0]["Condition"] == condition


def test_launch_template_version_is_pinned(capacity: Declaration) -> None:
    """With $Latest, a change of the template would not refresh the instances."""
    template = capacity.one(TEMPLATE)
    assert capacity.one(GROUP).inputs["launchTemplate"] == {"id": template.id, "version": "1"}


def test_instance_refresh_replaces_protected_instances_after_new_ones_run(capacity: Declaration) -> None:
    preferences = capacity.one(GROUP).inputs["instanceRefresh"]["preferences"]
    grace_period = capacity.one(GROUP).inputs["healthCheckGracePeriod"]
    assert preferences["scaleInProtectedInstances"] == "Refresh"
    assert preferences["minHealthyPercentage"] == 100
    assert 0 < preferences["maxHealthyPercentage"] - preferences["minHealthyPercentage"] <= 100
    assert int(preferences["instanceWarmup"]) < grace_period, "the launch hook proves the boot already"


def test_only_ecs_scales_the_group(capacity: Declaration) -> None:
    assert capacity.one(GROUP).ignore_changes == ("desiredCapacity",)
    managed = capacity.one(PROVIDER).inputs["autoScalingGroupProvider"]
    assert managed["autoScalingGroupArn"] == capacity.one(GROUP).outputs["arn"]
    assert managed["managedScaling"]["status"] == "ENABLED"
    assert (managed["managedDraining"], managed["managedTerminationProtection"]) == ("ENABLED", "ENABLED")


def test_capacity_provider_is_the_default_of_the_cluster(capacity: Declaration) -> None:
    association, provider = capacity.one(ASSOCIATION).inputs, capacity.one(PROVIDER).outputs["name"]
    assert association["capacityProviders"] == [provider]
    assert association["defaultCapacityProviderStrategies"] == [{"capacityProvider": provider, "weight": 1}]


def test_capacity_provider_output_depends_on_the_association(capacity: Declaration) -> None:
    assert capacity.one(ASSOCIATION).urn in capacity.one("test:index:Probe").dependencies


def test_boot_script_has_the_cluster_and_the_launch_hook(capacity: Declaration) -> None:
    script = boot_script(capacity)
    cluster = capacity.one("aws:ecs/cluster:Cluster").outputs["name"]
    (hook,) = capacity.one(GROUP).inputs["initialLifecycleHooks"]
    for line in ("REGION=us-west-2", "BUCKET=files", f"CLUSTER={cluster}", f"LAUNCH_HOOK={hook['name']}"):
        assert f"\n{line}\n" in script


def test_group_depends_on_the_instance_role_and_its_policies(capacity: Declaration) -> None:
    policies = capacity.all(ROLE_POLICY)
    assert {policy.name for policy in policies} == {f"net-instance-{role}" for role in ("ecs", "launch", "extra")}
    assert {policy.urn for policy in policies} <= all_dependencies(capacity, capacity.one(GROUP))
    role = capacity.one("aws:iam/role:Role").outputs["name"]
    profile = capacity.one("aws:iam/instanceProfile:InstanceProfile")
    assert {policy.inputs["role"] for policy in policies} == {role} == {profile.inputs["role"]}
    assert capacity.one(TEMPLATE).inputs["iamInstanceProfile"] == {"arn": profile.outputs["arn"]}


@pytest.mark.parametrize("on", [False, True])
def test_cluster_and_group_send_more_metrics_on_request(declare: Declare, on: bool) -> None:
    found = declared(declare, dataclasses.replace(ARGS, container_insights=on, group_metrics=on))
    settings = found.one("aws:ecs/cluster:Cluster").inputs["settings"]
    assert settings == [{"name": "containerInsights", "value": "enabled" if on else "disabled"}]
    assert found.one(GROUP).inputs.get("enabledMetrics") == (["GroupInServiceInstances"] if on else None)
