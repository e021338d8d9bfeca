"""The names of what a registry is made of, and which of them AWS refuses.

Pulumi names a resource after its logical name and adds a hyphen and seven random characters. AWS checks a name when the
resource is created, for some of them after minutes: a capacity provider comes after the instances.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..problems import Problem

_RANDOM = "0000000"


@dataclass(frozen=True)
class NameRule:
    """What AWS allows of the names of one kind of resource. Lowercase letters, digits and hyphens it allows of all.

    Attributes:
        kind: the kind, in a message's words.
        type: its Pulumi type.
        form: the longest name of that kind, with {name} for the component's and {random} for Pulumi's characters.
        max_length: how many characters AWS takes.
        source: where AWS documents it; an action stands for its page in the service's API reference.
        reserved: how names must not begin.
    """

    kind: str
    type: str
    form: str
    max_length: int
    source: str
    reserved: tuple[str, ...] = ()

    def name(self, component: str) -> str:
        """The longest name for a component."""
        return self.form.format(name=component, random=_RANDOM)


# fmt: off
RULES = (
    NameRule("load balancer", "aws:lb/loadBalancer:LoadBalancer", "{name}-alb-{random}", 32,
             "ELB CreateLoadBalancer", ("internal-",)),
    NameRule("target group", "aws:lb/targetGroup:TargetGroup", "{name}-tg-{random}", 32, "ELB CreateTargetGroup"),
    NameRule("bucket", "aws:s3/bucket:Bucket", "{name}-bootstrap-{random}", 63,
             "S3 User Guide, General purpose bucket naming rules", ("xn--", "sthree-", "amzn-s3-demo-")),
    NameRule("role", "aws:iam/role:Role", "{name}-execution-{random}", 64, "IAM CreateRole"),
    NameRule("role policy", "aws:iam/rolePolicy:RolePolicy", "{name}-instance-bootstrap-{random}", 128,
             "IAM PutRolePolicy"),
    NameRule("instance profile", "aws:iam/instanceProfile:InstanceProfile", "{name}-instance-{random}", 128,
             "IAM CreateInstanceProfile"),
    NameRule("server certificate", "aws:iam/serverCertificate:ServerCertificate", "{name}-certificate-{random}", 128,
             "IAM UploadServerCertificate"),
    NameRule("launch template", "aws:ec2/launchTemplate:LaunchTemplate", "{name}-instance-{random}", 128,
             "EC2 CreateLaunchTemplate"),
    NameRule("security group", "aws:ec2/securityGroup:SecurityGroup", "{name}-instances-{random}", 255,
             "EC2 CreateSecurityGroup", ("sg-",)),
    NameRule("Auto Scaling group", "aws:autoscaling/group:Group", "{name}-instances-{random}", 255,
             "Auto Scaling CreateAutoScalingGroup"),
    NameRule("cluster", "aws:ecs/cluster:Cluster", "{name}-cluster-{random}", 255, "ECS CreateCluster"),
    NameRule("capacity provider", "aws:ecs/capacityProvider:CapacityProvider", "{name}-capacity-{random}", 255,
             "ECS CreateCapacityProvider", ("aws", "ecs", "fargate")),
    NameRule("task definition", "aws:ecs/taskDefinition:TaskDefinition", "{name}-cluster-{random}-registry", 255,
             "ECS RegisterTaskDefinition"),
    NameRule("service", "aws:ecs/service:Service", "{name}-service-{random}", 255, "ECS CreateService"),
    NameRule("log group", "aws:cloudwatch/logGroup:LogGroup", "{name}-log-{random}", 512,
             "CloudWatch Logs CreateLogGroup", ("aws/",)),
    NameRule("parameter", "aws:ssm/parameter:Parameter",
             "/private-registry/{name}-cluster-{random}/upstream-password", 1011, "SSM PutParameter", ("aws", "ssm")),
)
# fmt: on
_MAX_LENGTH = min(rule.max_length - len(rule.name("")) for rule in RULES)
_NAME = re.compile(rf"[a-z](?:[a-z0-9-]{{0,{_MAX_LENGTH - 2}}}[a-z0-9])?")


def name_problems(name: str) -> Iterator[Problem]:
    """What is wrong with a component's name."""
    if not _NAME.fullmatch(name):
        yield Problem(
            key="name",
            found=f"{name!r} ({len(name)} characters) cannot be used",
            allowed=f"1 to {_MAX_LENGTH} lowercase letters, digits and hyphens, a letter first, no hyphen last:"
            " bucket names take no others, a load balancer's name no more",
            example="images",
        )
    for rule in RULES:
        for beginning in rule.reserved:
            if rule.name(name).startswith(beginning):
                yield Problem(
                    key="name",
                    found=f"{name!r} cannot be used: the {rule.kind}'s name would begin with {beginning!r}",
                    allowed=f"another beginning: AWS reserves {', '.join(rule.reserved)} for itself",
                    example="images",
                )
