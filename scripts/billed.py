"""Counts what AWS bills as long as it exists, in a declaration."""

from collections import Counter
from collections.abc import Callable, Mapping

from sandbox.evaluation.declared import Declaration, Resource
from scripts.prices import FIXED

# Container Insights sends these for a cluster with one service and one task definition, whatever the number of tasks: 8
# for each of the three, 3 more for the cluster, 5 more for the service (CloudWatch User Guide, "Amazon ECS Container
# Insights metrics", without those of Fargate, EBS volumes, managed instances and restart policies).
_CONTAINER_INSIGHTS_METRICS = 8 * 3 + 3 + 5
# S3 User Guide, "Metrics and dimensions", without those of SELECT, which the registry does not send.
_REQUEST_METRICS = 13
# S3 User Guide, "Using S3 Replication metrics": latency, bytes and operations pending, operations failed.
_REPLICATION_METRICS = 4
# One alarm to scale out, one to scale in (ECS Developer Guide, "Automatically manage Amazon ECS capacity with cluster
# auto scaling"; Application Auto Scaling User Guide, "How target tracking scaling for Application Auto Scaling works").
_TARGET_TRACKING_ALARMS = 2


def billed(declaration: Declaration) -> Counter[str]:
    """Return how many of what AWS bills as long as it exists, by the keys of `prices.FIXED`.

    Raises:
        LookupError: it is not known what AWS bills for a resource, or the price of an instance type.
    """
    found: Counter[str] = Counter()
    for resource in declaration.resources:
        if count := _COUNTS.get(resource.type):
            found.update(count(resource, declaration))
        elif resource.type.startswith("aws:") and resource.type not in _WITHOUT_FIXED_PRICE:
            raise LookupError(
                f"what AWS bills for {resource.type} is not known: look it up, and add the type to _COUNTS or"
                " _WITHOUT_FIXED_PRICE in scripts/billed.py"
            )
    if unknown := found.keys() - FIXED.keys():
        raise LookupError(f"scripts/prices.py lacks the price of {', '.join(sorted(unknown))}")
    return +found


def _instances(group: Resource, declaration: Declaration) -> Mapping[str, int]:
    template = declaration.one("aws:ec2/launchTemplate:LaunchTemplate").inputs
    instances = int(group.inputs["desiredCapacity"])
    volumes = sum(int(mapping["ebs"]["volumeSize"]) for mapping in template["blockDeviceMappings"])
    public = any(each["associatePublicIpAddress"] == "true" for each in template["networkInterfaces"])
    return {template["instanceType"]: instances, "gp3": instances * volumes, "address": instances if public else 0}


def _load_balancer(resource: Resource, _declaration: Declaration) -> Mapping[str, int]:
    # At least one address per zone; more when it scales.
    addresses = 0 if resource.inputs["internal"] else len(resource.inputs["subnets"])
    return {"load balancer": 1, "address": addresses}


def _endpoint(resource: Resource, _declaration: Declaration) -> Mapping[str, int]:
    return {"endpoint": len(resource.inputs.get("subnetIds", ()))}


def _web_acl(resource: Resource, _declaration: Declaration) -> Mapping[str, int]:
    return {"web acl": 1, "web acl rule": len(resource.inputs["rules"])}


def _alarm(resource: Resource, _declaration: Declaration) -> Mapping[str, int]:
    # An alarm on an expression is billed for each metric in it.
    queries = resource.inputs.get("metricQueries", ())
    return {"alarm": sum("metric" in query for query in queries) or 1}


def _scaling_policy(resource: Resource, _declaration: Declaration) -> Mapping[str, int]:
    tracking = resource.inputs["targetTrackingScalingPolicyConfiguration"]
    queries = tracking.get("customizedMetricSpecification", {}).get("metrics", ())
    return {"alarm": _TARGET_TRACKING_ALARMS * (sum("metricStat" in query for query in queries) or 1)}


def _cluster(resource: Resource, _declaration: Declaration) -> Mapping[str, int]:
    insights = {"name": "containerInsights", "value": "enabled"} in resource.inputs.get("settings", ())
    return {"metric": _CONTAINER_INSIGHTS_METRICS if insights else 0}


def _replication(resource: Resource, _declaration: Declaration) -> Mapping[str, int]:
    measured = [rule for rule in resource.inputs["rules"] if "metrics" in rule["destination"]]
    return {"metric": _REPLICATION_METRICS * len(measured)}


def _always(key: str, count: int = 1) -> Callable[[Resource, Declaration], Mapping[str, int]]:
    return lambda _resource, _declaration: {key: count}


_COUNTS: Mapping[str, Callable[[Resource, Declaration], Mapping[str, int]]] = {
    "aws:appautoscaling/policy:Policy": _scaling_policy,
    "aws:autoscaling/group:Group": _instances,
    "aws:cloudwatch/dashboard:Dashboard": _always("dashboard"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _always("metric"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:ec2/eip:Eip": _always("address"),
    "aws:ec2/natGateway:NatGateway": _always("nat gateway"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ecs/capacityProvider:CapacityProvider": _always("alarm", _TARGET_TRACKING_ALARMS),
    "aws:ecs/cluster:Cluster": _cluster,
    "aws:kms/key:Key": _always("key"),
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:s3/bucketMetric:BucketMetric": _always("metric", _REQUEST_METRICS),
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": _replication,
    "aws:wafv2/webAcl:WebAcl": _web_acl,
}

# Free, billed by use, or billed with the resource that they belong to.
_WITHOUT_FIXED_PRICE = frozenset(
    {
        "aws:appautoscaling/target:Target",
        "aws:budgets/budget:Budget",
        "aws:cloudwatch/eventRule:EventRule",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:cloudwatch/queryDefinition:QueryDefinition",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:ec2/flowLog:FlowLog",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/managedPrefixList:ManagedPrefixList",
        "aws:ec2/route:Route",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        "aws:ecs/service:Service",
        "aws:ecs/taskDefinition:TaskDefinition",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/serverCertificate:ServerCertificate",
        "aws:kms/alias:Alias",
        "aws:lambda/function:Function",
        "aws:lambda/permission:Permission",
        "aws:lb/listener:Listener",
        "aws:lb/listenerRule:ListenerRule",
        "aws:lb/targetGroup:TargetGroup",
        "aws:lb/targetGroupAttachment:TargetGroupAttachment",
        "aws:s3/bucket:Bucket",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketLogging:BucketLogging",
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:sfn/stateMachine:StateMachine",
        "aws:scheduler/schedule:Schedule",
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        "aws:sns/topic:Topic",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sns/topicSubscription:TopicSubscription",
        "aws:ssm/parameter:Parameter",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "aws:wafv2/webAclAssociation:WebAclAssociation",
    }
)
