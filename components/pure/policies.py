"""IAM and bucket policies, as JSON texts. Nothing may be done to `*` that AWS can restrict to an ARN."""

import json
from collections.abc import Iterable
from typing import Any

from ..location import Location
from .image import ecr_repository

Statement = dict[str, Any]

# Where in the logs bucket each of them writes. Flow logs have no choice: AWSLogs/.
LOAD_BALANCER_PREFIX = "load-balancer"
S3_PREFIX = "s3"


def document(statements: Iterable[Statement]) -> str:
    """A policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def _allow(actions: list[str], *resources: str, **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources), **more}


def assume_instance_role(location: Location) -> str:
    """Lets EC2 take a role for an instance.

    EC2 names no account on whose behalf it asks: with the condition of a task's role no instance would get its
    credentials. Its roles come by an instance profile, which is of the same account.
    """
    return document([_assume_role(f"ec2.{location.dns_suffix}")])


def assume_task_role(location: Location) -> str:
    """Lets ECS take a role for a task, of this account and region alone: nobody else can have ECS take it.

    A cluster cannot be named. Source: Amazon ECS Developer Guide, "Amazon ECS task IAM role".
    """
    source = f"arn:{location.partition}:ecs:{location.region}:{location.account_id}:*"
    condition = {
        "StringEquals": {"aws:SourceAccount": location.account_id},
        "ArnLike": {"aws:SourceArn": source},
    }
    return document([_assume_role("ecs-tasks.amazonaws.com", Condition=condition)])


def _assume_role(service: str, **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}, **more}


def images_access(bucket_arn: str) -> str:
    """What the registry's S3 storage driver does with the images bucket, and no more.

    Its documentation lists s3:GetBucketLocation too, which it never calls (distribution v2.8.3 and v3.1.1,
    registry/storage/driver/s3-aws/s3.go).
    """
    return document(
        [
            _allow(["s3:ListBucket", "s3:ListBucketMultipartUploads"], bucket_arn),
            _allow(
                [
                    "s3:PutObject",
                    "s3:PutObjectAcl",
                    "s3:GetObject",
                    "s3:DeleteObject",
                    "s3:ListMultipartUploadParts",
                    "s3:AbortMultipartUpload",
                ],
                f"{bucket_arn}/*",
            ),
        ]
    )


def bootstrap_access(bucket_arn: str) -> str:
    """Reading the files that an instance fetches."""
    return document([_allow(["s3:ListBucket"], bucket_arn), _allow(["s3:GetObject"], f"{bucket_arn}/*")])


def container_instance(cluster_arn: str) -> str:
    """What the ECS agent does in its own cluster, and a shell by Session Manager instead of SSH.

    The agent never deregisters its instance (aws/amazon-ecs-agent 1.105.1, ecs-agent/api/ecs): ECS does, when the
    instance is terminated. It sets its instance's state for Spot Instances alone (agent/app/agent.go).

    Narrower than AWS's managed policies AmazonEC2ContainerServiceforEC2Role and AmazonSSMManagedInstanceCore: these
    reach every cluster and every SSM parameter. Resource types: Service Authorization Reference.
    """
    account_arn = cluster_arn.partition(":cluster/")[0]
    container_instances = f"{cluster_arn.replace(':cluster/', ':container-instance/', 1)}/*"
    ec2_instances = f"{account_arn.replace(':ecs:', ':ec2:', 1)}:instance/*"
    return document(
        [
            _allow(
                [
                    "ecs:RegisterContainerInstance",
                    "ecs:SubmitAttachmentStateChanges",
                    "ecs:SubmitContainerStateChange",
                    "ecs:SubmitTaskStateChange",
                ],
                cluster_arn,
            ),
            _allow(["ecs:Poll", "ecs:StartTelemetrySession"], container_instances),
            _allow(["ssm:UpdateInstanceInformation"], ec2_instances),
            # These know no resources.
            _allow(
                [
                    "ecs:DiscoverPollEndpoint",
                    "ssmmessages:CreateControlChannel",
                    "ssmmessages:CreateDataChannel",
                    "ssmmessages:OpenControlChannel",
                    "ssmmessages:OpenDataChannel",
                ],
                "*",
            ),
        ]
    )


def complete_launch(location: Location, tag: str, value: str) -> str:
    """Completing the launch hook of the Auto Scaling Group that carries a tag.

    By tag, since the group's name is not known before the group is, and its first instances boot with it.
    """
    groups = (
        f"arn:{location.partition}:autoscaling:{location.region}:{location.account_id}"
        ":autoScalingGroup:*:autoScalingGroupName/*"
    )
    return document(
        [
            _allow(
                ["autoscaling:CompleteLifecycleAction"],
                groups,
                Condition={"StringEquals": {f"aws:ResourceTag/{tag}": value}},
            ),
            _allow(["autoscaling:DescribeAutoScalingInstances"], "*"),  # knows no resources
        ]
    )


def task_execution(log_group_arn: str, parameter_arns: Iterable[str]) -> str:
    """What ECS does on the task's behalf: write its log, read its secrets.

    SSM decrypts with the account's key aws/ssm, whose own policy admits everyone who may use SSM here.
    """
    return document(
        [
            _allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{log_group_arn}:*"),
            _allow(["ssm:GetParameters"], *parameter_arns),
        ]
    )


def image_pull(image: str, location: Location) -> dict[str, str]:
    """Pulling a private image from ECR, as policy documents by name; none for an image from elsewhere.

    They are for the task execution role: with one, the agent pulls by its credentials, and never by the instance's
    (aws/amazon-ecs-agent 1.105.1, agent/ecr/factory.go).
    """
    repository = ecr_repository(image)
    if repository is None:
        return {}
    arn = f"arn:{location.partition}:ecr:{repository.region}:{repository.account_id}:repository/{repository.name}"
    return {
        "image": document(
            [
                _allow(["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], arn),
                _allow(["ecr:GetAuthorizationToken"], "*"),  # knows no resources
            ]
        )
    }


def endpoint(role_arns: list[str]) -> str:
    """Lets these roles alone through a VPC endpoint. What they may do there, their own policies say."""
    return document([_through(role_arns, "*")])


def s3_endpoint(role_arns: list[str], bucket_arns: list[str], location: Location) -> str:
    """Lets these roles through to these buckets, and everyone to what AWS keeps for all: packages and images.

    Sources: "Amazon Linux 2023 repositories" (packages are fetched without a signature), "Amazon ECR interface VPC
    endpoints" (layers are fetched by URLs that ECR has signed).
    """
    arn, region = f"arn:{location.partition}:s3:::", location.region
    everyones = _allow(
        ["s3:GetObject"],
        f"{arn}al2023-repos-{region}-de612dc2/*",
        f"{arn}prod-{region}-starport-layer-bucket/*",
        Principal="*",
    )
    objects = [f"{bucket}/*" for bucket in bucket_arns]
    return document([_through(role_arns, *bucket_arns, *objects), everyones])


def _through(role_arns: list[str], *resources: str) -> Statement:
    # By a condition, since a gateway endpoint takes no other principal than "*" ("Gateway endpoints").
    condition = {"ArnEquals": {"aws:PrincipalArn": role_arns}}
    return _allow(["*"], *resources, Principal="*", Condition=condition)


def tls_only(bucket_arn: str) -> Statement:
    """Refuses every request without TLS."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def log_delivery(bucket_arn: str, location: Location) -> list[Statement]:
    """Lets the load balancer and S3 deliver logs, each under a prefix of its own and for this account only.

    Sources: "Access logs for your Application Load Balancer", "Enabling Amazon S3 server access logging".
    """
    return [
        {
            "Sid": "LoadBalancer",
            "Effect": "Allow",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": "s3:PutObject",
            # The account is in the key; the load balancer's requests carry none.
            "Resource": f"{bucket_arn}/{LOAD_BALANCER_PREFIX}/{_own_logs(location)}/*",
        },
        {
            "Sid": "S3",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/{S3_PREFIX}/*",
            "Condition": {"StringEquals": {"aws:SourceAccount": location.account_id}},
        },
    ]


def flow_log_delivery(bucket_arn: str, location: Location) -> list[Statement]:
    """Lets a VPC's flow log deliver, in the very words of AWS.

    AWS puts these statements into a bucket's policy itself when a flow log is created, unless they are there: appended
    ("Logs sent to Amazon S3") or instead of all others ("Amazon S3 bucket permissions for flow logs"). Both would be
    drift, and the second would take the other statements away. A change of a word here is a change to AWS.
    """
    account = {"aws:SourceAccount": location.account_id}
    source = {"aws:SourceArn": f"arn:{location.partition}:logs:{location.region}:{location.account_id}:*"}
    deliverer = {"Service": "delivery.logs.amazonaws.com"}
    return [
        {
            "Sid": "AWSLogDeliveryWrite",
            "Effect": "Allow",
            "Principal": deliverer,
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/{_own_logs(location)}/*",
            "Condition": {
                "StringEquals": {**account, "s3:x-amz-acl": "bucket-owner-full-control"},
                "ArnLike": source,
            },
        },
        {
            "Sid": "AWSLogDeliveryAclCheck",
            "Effect": "Allow",
            "Principal": deliverer,
            "Action": "s3:GetBucketAcl",
            "Resource": bucket_arn,
            "Condition": {"StringEquals": account, "ArnLike": source},
        },
    ]


def _own_logs(location: Location) -> str:
    return f"AWSLogs/{location.account_id}"
