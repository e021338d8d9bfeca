"""IAM, bucket and VPC endpoint policies. `*` is a resource only for actions that AWS cannot restrict to an ARN."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from .image import ecr_repository
from .location import Location

Statement = dict[str, Any]

# The prefixes of access logs in the logs bucket. That of flow logs cannot be chosen: AWSLogs/.
LOAD_BALANCER_PREFIX = "load-balancer"
S3_PREFIX = "s3"

# Of the listener rules that the program declares, which a garbage collection may not delete.
DECLARED_RULE_TAG = "private-registry:declared"

# The S3 driver presigns URLs for 20 minutes, which no setting changes (distribution v2.8.3 and v3.1.2,
# registry/storage/driver/s3-aws/s3.go). A client uses a URL at once, and asks the registry again to resume a download:
# Docker (distribution v2.8.3, registry/client/repository.go), podman and skopeo (containers/image,
# docker/body_reader.go). Below 120 s, requests fail at random because clocks differ (AWS Prescriptive Guidance, "How
# controls for presigned URLs affect AWS services").
_PRESIGNED_URL_SECONDS = 120


def document(statements: Iterable[Statement]) -> str:
    """Return the policy document with these statements, as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def _allow(actions: list[str], *resources: str, **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources), **more}


def assume_instance_role(location: Location) -> str:
    """Return the trust policy of an instance role.

    Unlike the trust policy of a task role, it has no condition: EC2 sends no source account, so no instance would get
    credentials. An instance gets its role from an instance profile, which is in the same account.
    """
    return document([_assume_role(f"ec2.{location.dns_suffix}")])


def assume_task_role(cluster_arn: str) -> str:
    """Return the trust policy of a task role or a task execution role, for tasks in the cluster's account and region.

    It cannot name the cluster. Source: Amazon ECS Developer Guide, "Amazon ECS task IAM role".
    """
    account_arn = _account_arn(cluster_arn)
    condition = {
        "StringEquals": {"aws:SourceAccount": account_arn.rpartition(":")[2]},
        "ArnLike": {"aws:SourceArn": f"{account_arn}:*"},
    }
    return document([_assume_role("ecs-tasks.amazonaws.com", Condition=condition)])


def assume_scheduler_role(schedule_group_arn: str) -> str:
    """Return the trust policy of a role that EventBridge Scheduler assumes for the schedules of a schedule group.

    It cannot name a schedule. Source: EventBridge Scheduler User Guide, "Confused deputy prevention".
    """
    condition = {
        "StringEquals": {
            "aws:SourceAccount": schedule_group_arn.split(":")[4],
            "aws:SourceArn": schedule_group_arn,
        }
    }
    return document([_assume_role("scheduler.amazonaws.com", Condition=condition)])


def assume_states_role(cluster_arn: str) -> str:
    """Return the trust policy of a role that Step Functions assumes, for state machines in the account and region.

    The state machine's ARN is known only when its role exists. Source: AWS Step Functions Developer Guide, "Preventing
    cross-service confused deputy issue".
    """
    account_arn = _account_arn(cluster_arn).replace(":ecs:", ":states:", 1)
    condition = {
        "StringEquals": {"aws:SourceAccount": account_arn.rpartition(":")[2]},
        "ArnLike": {"aws:SourceArn": f"{account_arn}:stateMachine:*"},
    }
    return document([_assume_role("states.amazonaws.com", Condition=condition)])


def _assume_role(service: str, **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}, **more}


def assume_function_role() -> str:
    """Return the trust policy of the role of a Lambda function.

    It has no condition: the AWS Lambda Developer Guide ("Defining Lambda function permissions with an execution role")
    shows none, and says of no source account or ARN that Lambda sends it.
    """
    return document([_assume_role("lambda.amazonaws.com")])


def token_service(log_group_arn: str, configuration_arn: str) -> str:
    """Return the policy for the token service to write its log and to read its configuration, an S3 object.

    The policy of the key allows it to sign. It needs no permission for sts:GetCallerIdentity: the client signs that.
    """
    return document(
        [
            _allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{log_group_arn}:*"),
            _allow(["s3:GetObject"], configuration_arn),
        ]
    )


def token_key(signer_arn: str, location: Location, account_id: str) -> str:
    """Return the policy of a key with which one role signs tokens, and nobody else in the account.

    Args:
        signer_arn: the role's ARN.
        location: the key's region.
        account_id: the key's account.
    """
    return document(
        [
            {
                # Without it, nobody could ever change the key ("Default key policy" in the AWS KMS Developer Guide).
                **_allow(["kms:*"], "*", Principal={"AWS": f"arn:{location.partition}:iam::{account_id}:root"}),
                "Sid": "Account",
            },
            {
                **_allow(["kms:Sign"], "*", Principal={"AWS": signer_arn}),
                "Sid": "Signer",
                "Condition": {"StringEquals": {"kms:SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}},
            },
            {
                "Sid": "NobodyElse",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "kms:Sign",
                "Resource": "*",
                "Condition": {"ArnNotEquals": {"aws:PrincipalArn": signer_arn}},
            },
        ]
    )


def retention(*, own_log_arn: str, registry_log_arn: str, images_arn: str, reports_arn: str, apply: bool) -> str:
    """Return the policy for the function that applies the retention rules.

    Without `apply`, it cannot delete. With it, it can delete only links of manifests and tags, never a layer, and only
    if they have the content that it names; it can write only links that do not exist ("Enforce conditional deletes on
    Amazon S3 buckets", "Enforce conditional writes on Amazon S3 buckets").

    Args:
        own_log_arn: the ARN of the function's log group.
        registry_log_arn: the ARN of the log group with the pulls.
        images_arn: the ARN of the bucket with the images.
        reports_arn: the ARN of what precedes the names of reports in their bucket.
        apply: whether the function deletes.
    """
    links = f"{images_arn}/docker/registry/v2/repositories/*/_manifests/*"
    changes = [
        _allow(["s3:DeleteObject"], links, Condition={"Null": {"s3:if-match": "false"}}),
        _allow(["s3:PutObject"], links, Condition={"Null": {"s3:if-none-match": "false"}}),
    ]
    return document(
        [
            _allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{own_log_arn}:*"),
            _allow(["logs:GetQueryResults", "logs:StartQuery"], f"{registry_log_arn}:*"),
            _allow(["s3:ListBucket"], images_arn),
            _allow(["s3:GetObject"], links, f"{images_arn}/docker/registry/v2/blobs/*"),
            _allow(["s3:PutObject"], f"{reports_arn}/*"),
            # All clusters of the account, in all Regions. AWS cannot restrict the other actions to a resource.
            _allow(
                [
                    "ec2:DescribeRegions",
                    "ecs:DescribeServiceRevisions",
                    "ecs:DescribeServices",
                    "ecs:DescribeTaskDefinition",
                    "ecs:DescribeTasks",
                    "ecs:ListClusters",
                    "ecs:ListServices",
                    "ecs:ListTasks",
                    "logs:DescribeLogGroups",
                ],
                "*",
            ),
            *(changes if apply else []),
        ]
    )


def invoke_function(function_arn: str) -> str:
    """Return the policy to invoke a Lambda function."""
    return document([_allow(["lambda:InvokeFunction"], function_arn)])


def images_access(bucket_arn: str) -> str:
    """Return the policy for the registry's S3 storage driver and the images bucket.

    The driver's documentation also lists s3:GetBucketLocation, which the driver never calls (distribution v2.8.3 and
    v3.1.1, registry/storage/driver/s3-aws/s3.go).
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


def assume_replication_role() -> str:
    """Return the trust policy of the role with which S3 replicates a bucket.

    It has no condition. "Setting up permissions for live replication" (Amazon S3 User Guide) shows none, and nowhere
    says that S3 sends a source account or ARN. If it sends none, a condition would stop the replication.
    """
    return document([_assume_role("s3.amazonaws.com")])


def replication(bucket_arn: str, replica_arn: str) -> str:
    """Return the policy for S3 to replicate a bucket, with its delete markers.

    It cannot replicate tags of objects: the registry sets none. Source: Amazon S3 User Guide, "Setting up permissions
    for live replication".
    """
    return document(
        [
            _allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], bucket_arn),
            _allow(["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl"], f"{bucket_arn}/*"),
            _allow(["s3:ReplicateObject", "s3:ReplicateDelete"], f"{replica_arn}/*"),
        ]
    )


def bootstrap_access(bucket_arn: str) -> str:
    """Return the policy to read the bootstrap files."""
    return document([_allow(["s3:ListBucket"], bucket_arn), _allow(["s3:GetObject"], f"{bucket_arn}/*")])


def container_instance(cluster_arn: str) -> str:
    """Return the policy for the ECS agent in its cluster, and for a shell with Session Manager instead of SSH.

    The agent never deregisters its instance (aws/amazon-ecs-agent 1.105.1, ecs-agent/api/ecs): ECS does when the
    instance is terminated. The agent updates its instance's state only on Spot Instances (agent/app/agent.go).

    AWS's managed policies AmazonEC2ContainerServiceforEC2Role and AmazonSSMManagedInstanceCore allow more: every
    cluster and every SSM parameter. Source of the resource types: Service Authorization Reference.
    """
    account_arn = _account_arn(cluster_arn)
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
            # AWS cannot restrict these actions to a resource.
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


def complete_launch(cluster_arn: str, tag: str, value: str) -> str:
    """Return the policy to complete the launch lifecycle hook of the Auto Scaling group with a tag.

    The group's name cannot be used: it is known only when the group exists, and then the first instances boot already.
    Its account and region are those of the cluster.
    """
    account_arn = _account_arn(cluster_arn).replace(":ecs:", ":autoscaling:", 1)
    groups = f"{account_arn}:autoScalingGroup:*:autoScalingGroupName/*"
    return document(
        [
            _allow(
                ["autoscaling:CompleteLifecycleAction"],
                groups,
                Condition={"StringEquals": {f"aws:ResourceTag/{tag}": value}},
            ),
            _allow(["autoscaling:DescribeAutoScalingInstances"], "*"),  # AWS cannot restrict it to a resource
        ]
    )


def _account_arn(cluster_arn: str) -> str:
    """Return what precedes the resource in a cluster's ARN, such as "arn:aws:ecs:us-west-2:123456789012"."""
    return cluster_arn.partition(":cluster/")[0]


def start_instance_refresh(group_arn: str) -> str:
    """Return the policy to start an instance refresh of an Auto Scaling group.

    The instances are launched by the service-linked role of EC2 Auto Scaling: the action has no dependent actions
    (Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2 Auto Scaling").
    """
    return document([_allow(["autoscaling:StartInstanceRefresh"], group_arn)])


def start_execution(state_machine_arn: str) -> str:
    """Return the policy to start executions of a state machine."""
    return document([_allow(["states:StartExecution"], state_machine_arn)])


def collection(
    listener_arn: str,
    cluster_arn: str,
    task_definition_arn: str,
    role_arns: Sequence[str],
    watcher_arn: str,
    bucket_arn: str,
) -> str:
    """Return the policy of a garbage collection: see if there are images, refuse pushes, run a task, have a watcher.

    Args:
        listener_arn: the ARN of the load balancer's listener.
        cluster_arn: the ECS cluster's ARN.
        task_definition_arn: the ARN of the task definition, with its revision.
        role_arns: the ARNs of the task's two roles.
        watcher_arn: the ARN of the watcher's state machine.
        bucket_arn: the ARN of the images bucket.
    """
    # Without the revision: ECS checks the policy with the ARN of the present one, and a change of the task definition
    # would need a change of the policy first.
    family = task_definition_arn.rpartition(":")[0]
    in_cluster = {"ArnEquals": {"ecs:cluster": cluster_arn}}
    to_tasks = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    return document(
        [
            _allow(["s3:ListBucket"], bucket_arn),
            _allow(["elasticloadbalancing:CreateRule"], listener_arn),
            _delete_refusal(listener_arn),
            _allow(["ecs:RunTask"], f"{family}:*", Condition=in_cluster),
            _allow(["ecs:DescribeTasks"], _tasks(cluster_arn)),
            _allow(["iam:PassRole"], *role_arns, Condition=to_tasks),
            _allow(["states:StartExecution"], watcher_arn),
        ]
    )


def collection_watcher(listener_arn: str, cluster_arn: str, executions: str) -> str:
    """Return the policy of the watcher of a garbage collection: look at it, stop its task, and allow pushes.

    Args:
        listener_arn: the ARN of the load balancer's listener.
        cluster_arn: the ECS cluster's ARN.
        executions: the beginning of the names of the collection's state machine.
    """
    account_arn = _account_arn(cluster_arn).replace(":ecs:", ":states:", 1)
    return document(
        [
            _allow(["states:DescribeExecution"], f"{account_arn}:execution:{executions}*"),
            _allow(["elasticloadbalancing:DescribeRules"], "*"),  # AWS cannot restrict it to a resource
            _delete_refusal(listener_arn),
            # The cluster of a list is a condition, not a resource (awsdocs/amazon-ecs-developer-guide#211).
            _allow(["ecs:ListTasks"], "*", Condition={"ArnEquals": {"ecs:cluster": cluster_arn}}),
            _allow(["ecs:DescribeTasks", "ecs:StopTask"], _tasks(cluster_arn)),
        ]
    )


def execution_log() -> str:
    """Return the policy to have the executions of a state machine logged in CloudWatch Logs.

    AWS cannot restrict these actions to a resource (AWS Step Functions Developer Guide, "Using CloudWatch Logs to log
    execution history in Step Functions"). A resource policy lets AWS services write, and nobody read (CloudWatch Logs
    API Reference, "PutResourcePolicy").
    """
    actions = [
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ]
    return document([_allow(actions, "*")])


def _delete_refusal(listener_arn: str) -> Statement:
    """Allow to delete the rule that refuses pushes. Its ARN is known only when it exists."""
    rules = f"{listener_arn.replace(':listener/', ':listener-rule/', 1)}/*"
    condition = {"Null": {f"aws:ResourceTag/{DECLARED_RULE_TAG}": "true"}}
    return _allow(["elasticloadbalancing:DeleteRule"], rules, Condition=condition)


def _tasks(cluster_arn: str) -> str:
    """Return the ARNs of a cluster's tasks."""
    return f"{cluster_arn.replace(':cluster/', ':task/', 1)}/*"


def task_execution(log_group_arn: str, parameter_arns: Iterable[str]) -> str:
    """Return the policy for ECS to write a task's log and to read its secrets.

    SSM decrypts with the account's KMS key aws/ssm, whose own policy allows everyone who may use SSM in the account.
    """
    return document(
        [
            _allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{log_group_arn}:*"),
            _allow(["ssm:GetParameters"], *parameter_arns),
        ]
    )


def image_pull(image: str, location: Location) -> dict[str, str]:
    """Return the policies to pull an image from ECR, by name. Another registry's image needs none.

    They are for the task execution role: the agent pulls with its credentials, never with those of the instance
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
                _allow(["ecr:GetAuthorizationToken"], "*"),  # AWS cannot restrict it to a resource
            ]
        )
    }


def endpoint(role_arns: list[str]) -> str:
    """Return the policy of a VPC endpoint for these roles only. Their own policies say which actions they may do."""
    return document([_allow_roles(role_arns, "*")])


def s3_endpoint(role_arns: list[str], bucket_arns: list[str], location: Location) -> str:
    """Return the policy of the S3 endpoint: roles may use these buckets, everyone may read AWS's packages and layers.

    Sources: "Amazon Linux 2023 repositories" (requests for packages are not signed), "Amazon ECR interface VPC
    endpoints" (layers are fetched with URLs that ECR has signed).
    """
    arn, region = f"arn:{location.partition}:s3:::", location.region
    public_objects = _allow(
        ["s3:GetObject"],
        f"{arn}al2023-repos-{region}-de612dc2/*",
        f"{arn}prod-{region}-starport-layer-bucket/*",
        Principal="*",
    )
    objects = [f"{bucket}/*" for bucket in bucket_arns]
    return document([_allow_roles(role_arns, *bucket_arns, *objects), public_objects])


def _allow_roles(role_arns: list[str], *resources: str) -> Statement:
    # A condition, because a gateway endpoint accepts no other principal than "*" ("Gateway endpoints").
    condition = {"ArnEquals": {"aws:PrincipalArn": role_arns}}
    return _allow(["*"], *resources, Principal="*", Condition=condition)


def tls_only(bucket_arn: str) -> Statement:
    """Return the statement that denies every request without TLS."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def presigned_reads(bucket_arn: str, client_cidrs: Sequence[str] | None) -> list[Statement]:
    """Return the statements that deny reads by presigned URLs that are too old or in the wrong hands.

    Source: Amazon S3 API Reference, "Amazon S3 Signature Version 4 Authentication Specific Policy Keys". S3 evaluates a
    policy when a request begins: a download may take longer.

    Args:
        bucket_arn: the bucket's ARN.
        client_cidrs: the ranges from which clients reach S3. None: any address.
    """
    too_old = {"NumericGreaterThan": {"s3:signatureAge": str(_PRESIGNED_URL_SECONDS * 1000)}}
    statements = [_deny_presigned("PresignedUrlAge", bucket_arn, too_old)]
    if client_cidrs is not None and "0.0.0.0/0" not in client_cidrs:
        elsewhere = {
            # S3 returns a list of one as the item, which would be drift.
            "NotIpAddress": {"aws:SourceIp": client_cidrs[0] if len(client_cidrs) == 1 else list(client_cidrs)},
            # A request through a VPC endpoint has a VPC and no source address, and an absent address is in no range
            # (IAM User Guide, "AWS global condition context keys" and "IAM JSON policy elements: Condition operators").
            "Null": {"aws:SourceVpc": "true"},
        }
        statements.append(_deny_presigned("PresignedUrlClient", bucket_arn, elsewhere))
    return statements


def _deny_presigned(sid: str, bucket_arn: str, condition: dict[str, Any]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"{bucket_arn}/*",
        "Condition": {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}, **condition},
    }


def log_delivery(bucket_arn: str, account_id: str) -> list[Statement]:
    """Return the statements for the load balancer and S3 to deliver access logs, for this account only.

    Sources: "Access logs for your Application Load Balancer", "Enabling Amazon S3 server access logging".
    """
    return [
        {
            "Sid": "LoadBalancer",
            "Effect": "Allow",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": "s3:PutObject",
            # The key contains the account, because the load balancer's requests have no source account.
            "Resource": f"{bucket_arn}/{LOAD_BALANCER_PREFIX}/AWSLogs/{account_id}/*",
        },
        {
            "Sid": "S3",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/{S3_PREFIX}/*",
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        },
    ]


def flow_log_delivery(bucket_arn: str, location: Location, account_id: str) -> list[Statement]:
    """Return the statements for VPC flow logs, exactly as AWS writes them.

    When a flow log is created and the bucket's policy lacks these statements, AWS appends them ("Logs sent to Amazon
    S3") or replaces the policy with them ("Amazon S3 bucket permissions for flow logs"). Both would be drift, and the
    second would remove all other statements. A statement with one different word counts as missing.
    """
    account = {"aws:SourceAccount": account_id}
    source = {"aws:SourceArn": f"arn:{location.partition}:logs:{location.region}:{account_id}:*"}
    principal = {"Service": "delivery.logs.amazonaws.com"}
    return [
        {
            "Sid": "AWSLogDeliveryWrite",
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/AWSLogs/{account_id}/*",
            "Condition": {
                "StringEquals": {**account, "s3:x-amz-acl": "bucket-owner-full-control"},
                "ArnLike": source,
            },
        },
        {
            "Sid": "AWSLogDeliveryAclCheck",
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:GetBucketAcl",
            "Resource": bucket_arn,
            "Condition": {"StringEquals": account, "ArnLike": source},
        },
    ]
