"""The outputs of a registry: each one is the property that its name says, and is in Pulumi's state."""

import pytest

from components import PrivateRegistry, PrivateRegistryArgs, RegistryOutputs
from components.options import attribute_docs, camel_case
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare

REGISTRY = "private-registry:index:PrivateRegistry"
BUCKET, ROLE = "aws:s3/bucket:Bucket", "aws:iam/role:Role"
BALANCER, GROUP = "aws:lb/loadBalancer:LoadBalancer", "aws:ec2/securityGroup:SecurityGroup"
TARGETS, LISTENER = "aws:lb/targetGroup:TargetGroup", "aws:lb/listener:Listener"
CLUSTER, TASK = "aws:ecs/cluster:Cluster", "aws:ecs/taskDefinition:TaskDefinition"
LOG, TOPIC = "aws:cloudwatch/logGroup:LogGroup", "aws:sns/topic:Topic"
# By output: the resource's type, its name without the registry's, and the property.
SOURCES = {
    "address": (BALANCER, "alb", "dnsName"),
    "caCertificate": ("tls:index/selfSignedCert:SelfSignedCert", "certificate", "certPem"),
    "certificateArn": ("aws:iam/serverCertificate:ServerCertificate", "certificate", "arn"),
    "loadBalancerDns": (BALANCER, "alb", "dnsName"),
    "loadBalancerZoneId": (BALANCER, "alb", "zoneId"),
    "loadBalancerArn": (BALANCER, "alb", "arn"),
    "loadBalancerArnSuffix": (BALANCER, "alb", "arnSuffix"),
    "loadBalancerSecurityGroupId": (GROUP, "alb", "id"),
    "listenerArn": (LISTENER, "https", "arn"),
    "targetGroupArn": (TARGETS, "tg", "arn"),
    "targetGroupArnSuffix": (TARGETS, "tg", "arnSuffix"),
    "clusterName": (CLUSTER, "cluster", "name"),
    "clusterArn": (CLUSTER, "cluster", "arn"),
    "serviceName": ("aws:ecs/service:Service", "service", "name"),
    "taskDefinitionFamily": (TASK, "task", "family"),
    "taskDefinitionArn": (TASK, "task", "arn"),
    "capacityProviderName": ("aws:ecs/capacityProvider:CapacityProvider", "capacity", "name"),
    "autoScalingGroupName": ("aws:autoscaling/group:Group", "instances", "name"),
    "instanceSecurityGroupId": (GROUP, "instances", "id"),
    "logGroupName": (LOG, "log", "name"),
    "logGroupArn": (LOG, "log", "arn"),
    "alarmTopicArn": (TOPIC, "alarms", "arn"),
    **{f"{role}RoleName": (ROLE, role, "name") for role in ("instance", "task", "execution")},
    **{f"{role}RoleArn": (ROLE, role, "arn") for role in ("instance", "task", "execution")},
    "bucketName": (BUCKET, "images", "bucket"),
    "bucketArn": (BUCKET, "images", "arn"),
    **{f"{bucket}BucketName": (BUCKET, bucket, "bucket") for bucket in ("logs", "bootstrap")},
    **{f"{bucket}BucketArn": (BUCKET, bucket, "arn") for bucket in ("logs", "bootstrap")},
}


@pytest.mark.parametrize("key", SOURCES)
def test_output_is_the_property_of_its_resource(registry: Declaration, key: str) -> None:
    type_, name, property_ = SOURCES[key]
    resource = registry.one(type_, f"images-{name}")
    expected = resource.id if property_ == "id" else resource.outputs[property_]
    assert registry.one(REGISTRY).outputs[key] == expected


def test_every_output_is_in_the_state(registry: Declaration) -> None:
    declared = {camel_case(name) for name in attribute_docs(RegistryOutputs)}
    others = {"acceptsPushes", "passwords", "network", "availabilityZoneNames"}
    of_options = {"garbageCollectionArn", "replicaBucketName", "replicaBucketArn", "retentionFunctionName"}
    state = registry.one(REGISTRY)
    assert state.outputs.keys() == declared - of_options == SOURCES.keys() | others
    assert state.outputs["acceptsPushes"] is True
    assert state.secret_outputs == {"passwords"}
    assert state.outputs["availabilityZoneNames"] == ["us-west-2a", "us-west-2b"]
    assert state.outputs["network"]["vpcId"] == registry.one("aws:ec2/vpc:Vpc").id
    assert state.outputs["network"].keys() == {"vpcId", "publicSubnetIds", "privateSubnetIds", "s3RouteTableIds"}


def test_address_is_the_domain(declare: Declare) -> None:
    declaration = declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(domain="registry.example.com")))
    assert declaration.one(REGISTRY).outputs["address"] == "registry.example.com"
