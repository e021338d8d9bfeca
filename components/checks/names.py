"""Checks of a component's name, which prefixes the name of every resource.

Pulumi appends a hyphen and seven random characters to a resource's name. AWS checks a name when the resource is
created, which may be minutes after the start of a `pulumi up`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..problems import Problem

_RANDOM = "0000000"


@dataclass(frozen=True)
class NameRule:
    """The rule for the names of one kind of resource. AWS allows lowercase letters, digits and hyphens in all of them.

    Attributes:
        kind: the kind of resource, for messages.
        type: the Pulumi type.
        form: the longest name, with {name} for the component's name and {random} for Pulumi's characters.
        max_length: the maximum number of characters.
        source: the page of AWS's documentation. An action stands for its page in the service's API reference.
        reserved: the prefixes that AWS reserves.
    """

    kind: str
    type: str
    form: str
    max_length: int
    source: str
    reserved: tuple[str, ...] = ()

    def name(self, component: str) -> str:
        """Return the longest name for a component."""
        return self.form.format(name=component, random=_RANDOM)


# fmt: off
RULES = (
    NameRule("load balancer", "aws:lb/loadBalancer:LoadBalancer", "{name}-alb-{random}", 32,
             "ELB CreateLoadBalancer", ("internal-",)),
    NameRule("target group", "aws:lb/targetGroup:TargetGroup", "{name}-tg-{random}", 32, "ELB CreateTargetGroup"),
    NameRule("web ACL", "aws:wafv2/webAcl:WebAcl", "{name}-web-acl-{random}", 128, "WAFV2 CreateWebACL"),
    NameRule("bucket", "aws:s3/bucket:Bucket", "{name}-bootstrap-{random}", 63,
             "S3 User Guide, General purpose bucket naming rules", ("xn--", "sthree-", "amzn-s3-demo-")),
    NameRule("function", "aws:lambda/function:Function", "{name}-retention-{random}", 64, "Lambda CreateFunction"),
    NameRule("role", "aws:iam/role:Role", "{name}-collection-schedule-{random}", 64, "IAM CreateRole"),
    NameRule("role policy", "aws:iam/rolePolicy:RolePolicy", "{name}-collection-schedule-start-{random}", 128,
             "IAM PutRolePolicy"),
    NameRule("instance profile", "aws:iam/instanceProfile:InstanceProfile", "{name}-instance-{random}", 128,
             "IAM CreateInstanceProfile"),
    NameRule("server certificate", "aws:iam/serverCertificate:ServerCertificate", "{name}-certificate-{random}", 128,
             "IAM UploadServerCertificate"),
    NameRule("launch template", "aws:ec2/launchTemplate:LaunchTemplate", "{name}-instance-{random}", 128,
             "EC2 CreateLaunchTemplate"),
    NameRule("security group", "aws:ec2/securityGroup:SecurityGroup", "{name}-instances-{random}", 255,
             "EC2 CreateSecurityGroup", ("sg-",)),
    NameRule("prefix list", "aws:ec2/managedPrefixList:ManagedPrefixList", "{name}-clients-{random}", 255,
             "EC2 CreateManagedPrefixList"),
    NameRule("Auto Scaling group", "aws:autoscaling/group:Group", "{name}-instances-{random}", 255,
             "Auto Scaling CreateAutoScalingGroup"),
    NameRule("cluster", "aws:ecs/cluster:Cluster", "{name}-cluster-{random}", 255, "ECS CreateCluster"),
    NameRule("capacity provider", "aws:ecs/capacityProvider:CapacityProvider", "{name}-capacity-{random}", 255,
             "ECS CreateCapacityProvider", ("aws", "ecs", "fargate")),
    NameRule("task definition", "aws:ecs/taskDefinition:TaskDefinition", "{name}-cluster-{random}-collection", 255,
             "ECS RegisterTaskDefinition"),
    NameRule("service", "aws:ecs/service:Service", "{name}-service-{random}", 255, "ECS CreateService"),
    NameRule("scaling policy", "aws:appautoscaling/policy:Policy", "{name}-replicas-requests-{random}", 256,
             "Application Auto Scaling PutScalingPolicy"),
    NameRule("log group", "aws:cloudwatch/logGroup:LogGroup",
             "/aws/vendedlogs/states/{name}-cluster-{random}-collection", 512,
             "CloudWatch Logs CreateLogGroup", ("aws/",)),
    NameRule("schedule group", "aws:scheduler/scheduleGroup:ScheduleGroup", "{name}-collection-{random}", 64,
             "EventBridge Scheduler CreateScheduleGroup"),
    NameRule("schedule", "aws:scheduler/schedule:Schedule", "{name}-collection-{random}", 64,
             "EventBridge Scheduler CreateSchedule"),
    NameRule("state machine", "aws:sfn/stateMachine:StateMachine", "{name}-collection-watcher-{random}", 80,
             "Step Functions CreateStateMachine"),
    NameRule("metric filter", "aws:cloudwatch/logMetricFilter:LogMetricFilter", "{name}-UploadFailures-{random}", 512,
             "CloudWatch Logs PutMetricFilter"),
    NameRule("saved query", "aws:cloudwatch/queryDefinition:QueryDefinition",
             "aws/vendedlogs/states/{name}-cluster-{random}-collection/phases of collections", 255,
             "CloudWatch Logs PutQueryDefinition"),
    NameRule("metrics configuration", "aws:s3/bucketMetric:BucketMetric", "{name}-images-{random}", 64,
             "S3 PutBucketMetricsConfiguration"),
    NameRule("alarm", "aws:cloudwatch/metricAlarm:MetricAlarm", "{name}-garbage-collection-not-started-{random}", 255,
             "CloudWatch PutMetricAlarm"),
    NameRule("event rule", "aws:cloudwatch/eventRule:EventRule", "{name}-instance-refresh-failed-{random}", 64,
             "EventBridge PutRule"),
    NameRule("topic", "aws:sns/topic:Topic", "{name}-alarms-{random}", 256, "SNS CreateTopic"),
    NameRule("budget", "aws:budgets/budget:Budget", "{name}-{random}", 100, "AWS Budgets Budget"),
    NameRule("parameter", "aws:ssm/parameter:Parameter",
             "/private-registry/{name}-cluster-{random}/upstream-password", 1011, "SSM PutParameter", ("aws", "ssm")),
)
# fmt: on
_MAX_LENGTH = min(rule.max_length - len(rule.name("")) for rule in RULES)
_NAME = re.compile(rf"[a-z](?:[a-z0-9-]{{0,{_MAX_LENGTH - 2}}}[a-z0-9])?")


def name_type_problems(name: object) -> Iterator[Problem]:
    """Find the problem with a component's name that Pulumi does not accept for any resource."""
    if not isinstance(name, str) or not name:
        yield Problem(
            key="name",
            found="is empty" if name == "" else f"is of the type {type(name).__name__}",
            allowed="a string that is no Output: Pulumi identifies resources by their names",
            example="images",
        )


def name_problems(name: str) -> Iterator[Problem]:
    """Find the problems with a component's name."""
    if not _NAME.fullmatch(name):
        yield Problem(
            key="name",
            found=f"{name!r} ({len(name)} characters) cannot be used",
            allowed=f"1 to {_MAX_LENGTH} lowercase letters, digits and hyphens, a letter first, no hyphen last:"
            " AWS allows no other characters in a bucket's name, and at most 32 in a load balancer's name",
            example="images",
        )
    for rule in RULES:
        for prefix in rule.reserved:
            if rule.name(name).startswith(prefix):
                yield Problem(
                    key="name",
                    found=f"{name!r} cannot be used: the {rule.kind}'s name would begin with {prefix!r}",
                    allowed=f"another prefix: AWS reserves {', '.join(rule.reserved)}",
                    example="images",
                )
