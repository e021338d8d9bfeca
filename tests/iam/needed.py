"""The requests that the policies must allow: those of a registry to AWS, and those of AWS services to its resources.

To add a permission:

1. Add the request to the function of its caller below. For a new caller, add a function to `NEEDED`. The docstring
   names the source that shows the request: a file in the caller's repository, or a page of AWS's documentation.
2. Add the permission to components/pure/policies.py.
3. Run `pytest tests/unit/program/test_iam_policies.py`. If it reports a condition or a denial that makes no difference,
   add a request that it refuses to refused.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sandbox.evaluation.aws_provider import ACCOUNT
from tests.iam.policies import OTHER_ACCOUNT, Request
from tests.iam.stack import Stack
from tests.unit.helpers import boot_script

LOAD_BALANCER = "logdelivery.elasticloadbalancing.amazonaws.com"
SERVER_ACCESS_LOGS = "logging.s3.amazonaws.com"
FLOW_LOGS = "delivery.logs.amazonaws.com"
# The VPC endpoint for an action, where the endpoint is not named after the service.
_ENDPOINTS = {
    "ecs:Poll": "ecs-agent",
    "ecs:StartTelemetrySession": "ecs-telemetry",
    "ecr:GetAuthorizationToken": "ecr.api",
    "ecr:BatchCheckLayerAvailability": "ecr.dkr",
    "ecr:BatchGetImage": "ecr.dkr",
    "ecr:GetDownloadUrlForLayer": "ecr.dkr",
}


def boot_script_requests(stack: Stack) -> list[Request]:
    """The AWS CLI commands of the boot script and of the scripts that it installs.

    Raises:
        KeyError: the requests of a command are not listed here.
    """
    requests = {
        # Lists the objects, then gets each (aws/aws-cli, awscli/customizations/s3/filegenerator.py).
        "s3 cp": [
            _by_role(stack, "instance", "s3:ListBucket", stack.bootstrap),
            *(
                _by_role(stack, "instance", "s3:GetObject", f"{stack.bootstrap}/{file}")
                for file in ("htpasswd", "domain.crt", "domain.key")
            ),
        ],
        "autoscaling describe-auto-scaling-instances": [
            _by_role(stack, "instance", "autoscaling:DescribeAutoScalingInstances", "*")
        ],
        "autoscaling complete-lifecycle-action": [complete_launch(stack, stack.auto_scaling_group_tags)],
    }
    commands = set(re.findall(r"\baws ([a-z0-9-]+ [a-z0-9-]+)", boot_script(stack.declaration)))
    return [request for command in commands for request in requests[command]]


def complete_launch(stack: Stack, tags: Mapping[str, str]) -> Request:
    """An instance completes the launch hook of an Auto Scaling Group with these tags."""
    context = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    return _by_role(stack, "instance", "autoscaling:CompleteLifecycleAction", stack.auto_scaling_group, context)


def ecs_agent_requests(stack: Stack) -> list[Request]:
    """The ECS agent, configured by the boot script, with the instance role.

    Sources, in aws/amazon-ecs-agent v1.105.0:

    - `RegisterContainerInstance`, `Submit...`: ecs-agent/api/ecs/client/ecs_client.go. The agent submits attachments
      with the account setting awsvpcTrunking, in every network mode (agent/eventhandler/attachment_handler.go).
    - `DiscoverPollEndpoint`, then `Poll`: ecs-agent/acs/session/session.go.
    - `StartTelemetrySession`: ecs-agent/tcs/handler/handler.go.

    The agent does not call:

    - `CreateCluster`: requires an empty ECS_CLUSTER (ecs_client.go).
    - `UpdateContainerInstancesState`: requires ECS_ENABLE_SPOT_INSTANCE_DRAINING (agent/app/agent.go).
    - `ListTagsForResource`: for requests to the metadata path /taskWithTags (agent/handlers/v2/response.go).
    - `ec2:DescribeTags`: requires ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM (agent/app/agent.go).
    - `DeregisterContainerInstance`: nothing calls it.
    """
    on_cluster = (
        "ecs:RegisterContainerInstance",
        "ecs:SubmitAttachmentStateChanges",
        "ecs:SubmitContainerStateChange",
        "ecs:SubmitTaskStateChange",
    )
    on_instance = ("ecs:Poll", "ecs:StartTelemetrySession")
    cluster = {"ecs:cluster": stack.cluster}
    return [
        *(_by_role(stack, "instance", action, stack.cluster) for action in on_cluster),
        *(_by_role(stack, "instance", action, stack.container_instance, cluster) for action in on_instance),
        _by_role(stack, "instance", "ecs:DiscoverPollEndpoint", "*"),
    ]


def session_manager_requests(stack: Stack) -> list[Request]:
    """The SSM agent, for a shell in Session Manager.

    Source: AWS Systems Manager User Guide, "Verify or add instance permissions for Session Manager".
    """
    channels = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
    return [
        _by_role(stack, "instance", "ssm:UpdateInstanceInformation", stack.ec2_instance),
        *(_by_role(stack, "instance", f"ssmmessages:{action}", "*") for action in channels),
    ]


def storage_driver_requests(stack: Stack) -> list[Request]:
    """The registry's S3 driver.

    Source: distribution/distribution v2.8.3 and v3.1.1, registry/storage/driver/s3-aws/s3.go. Both versions call
    PutObject, GetObject, ListObjects or ListObjectsV2, CopyObject, DeleteObjects, UploadPart, UploadPartCopy,
    ListParts, ListMultipartUploads, CreateMultipartUpload, CompleteMultipartUpload and AbortMultipartUpload, and
    presign GetObject and HeadObject for redirects. v3.1.1 also calls HeadObject. Each new object has an ACL (`getACL`).
    Neither calls GetBucketLocation, although their documentation lists it.

    The actions of these operations: Amazon S3 User Guide, "Required permissions for Amazon S3 API operations".
    """
    blob = f"{stack.images}/docker/registry/v2/blob"
    acl = {"s3:x-amz-acl": "bucket-owner-full-control"}
    return [
        _by_role(stack, "task", "s3:ListBucket", stack.images),
        _by_role(stack, "task", "s3:ListBucketMultipartUploads", stack.images),
        _by_role(stack, "task", "s3:GetObject", blob),
        _by_role(stack, "task", "s3:PutObject", blob, acl),
        _by_role(stack, "task", "s3:PutObjectAcl", blob, acl),
        _by_role(stack, "task", "s3:DeleteObject", blob),
        _by_role(stack, "task", "s3:ListMultipartUploadParts", blob),
        _by_role(stack, "task", "s3:AbortMultipartUpload", blob),
        *(request for source in client_sources(stack) for request in presigned_reads(stack, source)),
        *presigned_reads(stack, {"aws:SourceVpc": "vpc-0123"}),
    ]


def presigned_reads(stack: Stack, source: Mapping[str, str], milliseconds: int = 60_000) -> list[Request]:
    """A client outside the registry's network reads a layer by a presigned URL, from both buckets.

    The registry that serves the replica bucket is not in this stack: another role of the account signs its URLs.

    The request has the address of the client or, through a VPC endpoint, its VPC ("AWS global condition context keys").

    Args:
        source: the condition keys of the client's address or VPC.
        milliseconds: the time since the registry signed the URL.
    """
    signers = {stack.images: stack.roles["task"], **dict.fromkeys(stack.replicated.values(), stack.admin(ACCOUNT))}
    return [
        Request(
            principal=signer,
            action="s3:GetObject",
            resource=f"{bucket}/docker/registry/v2/blob",
            context={"s3:authType": "REST-QUERY-STRING", "s3:signatureAge": str(milliseconds), **source},
        )
        for bucket, signer in signers.items()
    ]


def client_sources(stack: Stack) -> list[dict[str, str]]:
    """An address of each range from which clients may connect."""
    return [{"aws:SourceIp": range_.partition("/")[0]} for range_ in stack.client_ranges]


def replication_requests(stack: Stack) -> list[Request]:
    """S3 copies objects and delete markers, with the replication role.

    Source: Amazon S3 User Guide, "Setting up permissions for live replication". Without permissions for tags, S3 copies
    the objects without their tags, and the registry sets none.
    """
    role, blob = stack.roles.get("replication"), "docker/registry/v2/blob"
    return [
        Request(principal=role, action=action, resource=resource)
        for images, replica in stack.replicated.items()
        for action, resource in (
            ("s3:GetReplicationConfiguration", images),
            ("s3:ListBucket", images),
            ("s3:GetObjectVersionForReplication", f"{images}/{blob}"),
            ("s3:GetObjectVersionAcl", f"{images}/{blob}"),
            ("s3:ReplicateObject", f"{replica}/{blob}"),
            ("s3:ReplicateDelete", f"{replica}/{blob}"),
        )
    ]


def task_execution_requests(stack: Stack) -> list[Request]:
    """The ECS agent and Docker, for a task, with the execution role.

    - The agent gets parameters (aws/amazon-ecs-agent v1.105.0, agent/ssm/ssm.go) and logs in to ECR
      (agent/ecr/factory.go: `UseExecutionRole`).
    - Docker pulls with that login (Amazon ECS Developer Guide, "Using Amazon ECR images with Amazon ECS").
    - Docker's awslogs driver creates a log stream and writes to it (moby/moby,
      daemon/logger/awslogs/cloudwatchlogs.go). It creates no log group, since awslogs-create-group is not set.
    """
    requests = [
        *(_by_role(stack, "execution", "ssm:GetParameters", parameter) for parameter in stack.parameters),
        _by_role(stack, "execution", "logs:CreateLogStream", stack.log_stream),
        _by_role(stack, "execution", "logs:PutLogEvents", stack.log_stream),
    ]
    if stack.repository is not None:
        pull = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
        requests.append(_by_role(stack, "execution", "ecr:GetAuthorizationToken", "*"))
        requests += [_by_role(stack, "execution", action, stack.repository) for action in pull]
    return requests


def assumed_roles(stack: Stack) -> list[Request]:
    """The services that assume the roles.

    ECS and EventBridge Scheduler send a source account and ARN, EC2 does not, and that S3 or Lambda do is not
    documented. Sources: "IAM roles for Amazon EC2"; Amazon ECS Developer Guide, "Amazon ECS task IAM role"; EventBridge
    Scheduler User Guide, "Confused deputy prevention"; Amazon S3 User Guide, "Setting up permissions for live
    replication"; AWS Lambda Developer Guide, "Defining Lambda function permissions with an execution role".
    """
    services = {
        "instance": "ec2.amazonaws.com",
        "replication": "s3.amazonaws.com",
        "access": "lambda.amazonaws.com",
        "retention": "lambda.amazonaws.com",
    }
    return [
        *(
            Request(principal=service, action="sts:AssumeRole", resource=stack.roles[role])
            for role, service in services.items()
            if role in stack.roles
        ),
        *(assumed_by_ecs(stack, role) for role in ("execution", "task")),
        *assumed_by_scheduler(stack),
        *assumed_by_step_functions(stack),
    ]


def assumed_by_ecs(stack: Stack, role: str) -> Request:
    return Request(
        principal="ecs-tasks.amazonaws.com",
        action="sts:AssumeRole",
        resource=stack.roles[role],
        context={"aws:SourceAccount": ACCOUNT, "aws:SourceArn": stack.arn("ecs", "task/0123")},
    )


def assumed_by_scheduler(stack: Stack) -> list[Request]:
    """EventBridge Scheduler sends the schedule group, not the schedule."""
    roles = {"patching": "patching", "collection": "collection-schedule", "retention": "retention-schedule"}
    return [
        Request(
            principal="scheduler.amazonaws.com",
            action="sts:AssumeRole",
            resource=stack.roles[roles[name]],
            context={"aws:SourceAccount": ACCOUNT, "aws:SourceArn": group},
        )
        for name, group in stack.schedule_groups.items()
    ]


def assumed_by_step_functions(stack: Stack) -> list[Request]:
    """Step Functions sends the state machine ("Preventing cross-service confused deputy issue")."""
    if "collection" not in stack.schedule_groups:
        return []
    return [
        Request(
            principal="states.amazonaws.com",
            action="sts:AssumeRole",
            resource=stack.roles[role],
            context={"aws:SourceAccount": ACCOUNT, "aws:SourceArn": machine},
        )
        for role, machine in (("collection-run", stack.state_machine), ("collection-watcher", stack.watcher))
    ]


def schedule_requests(stack: Stack) -> list[Request]:
    """The schedule's target, with the role of the schedule.

    EventBridge Scheduler calls the operation that the target names (EventBridge Scheduler User Guide, "Using universal
    targets"). The service-linked role of EC2 Auto Scaling launches the instances.
    """
    if "patching" not in stack.schedule_groups:
        return []
    role = stack.roles["patching"]
    return [Request(principal=role, action="autoscaling:StartInstanceRefresh", resource=stack.auto_scaling_group)]


def token_service_requests(stack: Stack) -> list[Request]:
    """The token service, outside the network, with the role of its function (components/token_service).

    It signs with the present key, and after a rotation with the next one. Lambda writes its log ("Sending Lambda
    function logs to CloudWatch Logs"). An administrator of the account changes the keys.
    """
    if not stack.token_service:
        return []
    role, admin = stack.roles["access"], stack.admin(ACCOUNT)
    return [
        Request(principal=role, action="s3:GetObject", resource=stack.token_configuration),
        Request(principal=role, action="logs:CreateLogStream", resource=stack.function_log_stream("access")),
        Request(principal=role, action="logs:PutLogEvents", resource=stack.function_log_stream("access")),
        *(signature(key, role) for key in stack.token_keys),
        *(Request(principal=admin, action="kms:PutKeyPolicy", resource=key) for key in stack.token_keys),
    ]


def signature(key: str, principal: str, algorithm: str = "RSASSA_PKCS1_V1_5_SHA_256") -> Request:
    """A key signs a token."""
    return Request(principal=principal, action="kms:Sign", resource=key, context={"kms:SigningAlgorithm": algorithm})


def collection_requests(stack: Stack) -> list[Request]:
    """The schedule of the garbage collection, and the calls of its two state machines.

    Sources: "Using templated targets" (EventBridge Scheduler User Guide); the states in
    components/pure/collection_states.py; for their log, "Using CloudWatch Logs to log execution history in Step
    Functions" (AWS Step Functions Developer Guide); for the conditions, Service Authorization Reference, Amazon ECS,
    and "Grant a user permissions to pass a role to an AWS service" (IAM User Guide).
    """
    if "collection" not in stack.schedule_groups:
        return []
    rule = f"{stack.listener.replace(':listener/', ':listener-rule/')}/0123"
    task = f"{stack.cluster.replace(':cluster/', ':task/')}/0123"
    cluster, to_tasks = {"ecs:cluster": stack.cluster}, {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    run: list[tuple[str, str, Mapping[str, str]]] = [
        ("s3:ListBucket", stack.images, {}),
        ("elasticloadbalancing:CreateRule", stack.listener, {}),
        ("elasticloadbalancing:DeleteRule", rule, {}),
        ("ecs:RunTask", stack.collection_task, cluster),
        ("ecs:DescribeTasks", task, {}),
        ("iam:PassRole", stack.roles["task"], to_tasks),
        ("iam:PassRole", stack.roles["execution"], to_tasks),
        ("states:StartExecution", stack.watcher, {}),
    ]
    watcher: list[tuple[str, str, Mapping[str, str]]] = [
        ("states:DescribeExecution", f"{stack.state_machine.replace(':stateMachine:', ':execution:')}:0123", {}),
        ("elasticloadbalancing:DescribeRules", "*", {}),
        ("elasticloadbalancing:DeleteRule", rule, {}),
        ("ecs:ListTasks", stack.container_instance, cluster),
        ("ecs:DescribeTasks", task, {}),
        ("ecs:StopTask", task, {}),
    ]
    delivery = ("CreateLogDelivery", "DeleteLogDelivery", "GetLogDelivery", "ListLogDeliveries", "UpdateLogDelivery")
    policy = ("DescribeLogGroups", "DescribeResourcePolicies", "PutResourcePolicy")
    log: list[tuple[str, str, Mapping[str, str]]] = [(f"logs:{action}", "*", {}) for action in (*delivery, *policy)]
    calls = {
        "collection-run": [*run, *log],
        "collection-watcher": [*watcher, *log],
        "collection-schedule": [("states:StartExecution", stack.state_machine, {})],
    }
    return [
        Request(principal=stack.roles[role], action=action, resource=resource, context=context)
        for role, called in calls.items()
        for action, resource, context in called
    ]


def retention_requests(stack: Stack) -> list[Request]:
    """The retention function (components/retention_function), outside the network, and the schedule that invokes it.

    EventBridge Scheduler invokes the function that the target names (EventBridge Scheduler User Guide, "Using templated
    targets"). Lambda writes its log ("Sending Lambda function logs to CloudWatch Logs").
    """
    if not stack.retention_variables:
        return []
    role, images = stack.roles["retention"], f"{stack.images}/docker/registry/v2"
    log = stack.log_stream.partition("registry/")[0]  # no particular stream
    requests = [
        ("s3:ListBucket", stack.images),
        ("s3:GetObject", f"{images}/repositories/team/app/_manifests/tags/1/current/link"),
        ("s3:GetObject", f"{images}/blobs/sha256/01/0123/data"),
        ("s3:PutObject", f"{stack.logs}/retention/20300102T030405Z.json"),
        ("logs:StartQuery", log),
        ("logs:GetQueryResults", log),
        ("logs:CreateLogStream", stack.function_log_stream("retention")),
        ("logs:PutLogEvents", stack.function_log_stream("retention")),
        ("logs:DescribeLogGroups", "*"),
        ("ec2:DescribeRegions", "*"),
        ("ecs:ListClusters", "*"),
        ("ecs:DescribeTaskDefinition", "*"),
        ("ecs:ListServices", "*"),
        ("ecs:ListTasks", stack.arn("ecs", "container-instance/apps/0123")),
        ("ecs:DescribeServices", stack.arn("ecs", "service/apps/app")),
        ("ecs:DescribeServiceRevisions", stack.arn("ecs", "service-revision/apps/app/0123")),
        ("ecs:DescribeTasks", stack.arn("ecs", "task/apps/0123")),
    ]
    invocation = Request(
        principal=stack.roles["retention-schedule"], action="lambda:InvokeFunction", resource=stack.retention_function
    )
    return [
        *(Request(principal=role, action=action, resource=resource) for action, resource in requests),
        *(retention_changes(stack) if stack.retention_variables["APPLY"] == "true" else []),
        invocation,
    ]


def retention_changes(stack: Stack) -> list[Request]:
    """Links of manifests and tags are deleted if they have a content, and written if there are none.

    Source: Amazon S3 User Guide, "How to perform conditional deletes" and "How to prevent object overwrites".
    """
    link = f"{stack.images}/docker/registry/v2/repositories/team/app/_manifests/tags/1/current/link"
    return [
        Request(principal=stack.roles["retention"], action=action, resource=link, context={header: value})
        for action, header, value in (
            ("s3:DeleteObject", "s3:if-match", "0123"),
            ("s3:PutObject", "s3:if-none-match", "*"),
        )
    ]


def load_balancer_log_requests(stack: Stack, account: str = ACCOUNT) -> list[Request]:
    """A load balancer writes logs, and before them a test file.

    The requests have no source account or ARN: the policy in "Enable access logs for your Application Load Balancer"
    has no condition, and users report that the test file is refused with a condition on aws:SourceArn.
    """
    folder = f"{stack.load_balancer_logs}/AWSLogs/{account}"
    return [
        Request(principal=LOAD_BALANCER, action="s3:PutObject", resource=f"{folder}/{key}")
        for key in ("ELBAccessLogTestFile", f"elasticloadbalancing/{stack.region}/log.gz")
    ]


def server_access_log_requests(stack: Stack, account: str = ACCOUNT) -> list[Request]:
    """S3 writes logs of the requests to other buckets ("Enabling Amazon S3 server access logging")."""
    return [
        Request(
            principal=SERVER_ACCESS_LOGS,
            action="s3:PutObject",
            resource=f"{target}2030-01-02",
            context={"aws:SourceAccount": account, "aws:SourceArn": bucket},
        )
        for bucket, target in stack.server_access_logs.items()
    ]


def flow_log_requests(stack: Stack, account: str = ACCOUNT) -> list[Request]:
    """CloudWatch Logs checks the bucket and writes a VPC's flow logs ("Amazon S3 bucket permissions for flow logs")."""
    source = {
        "aws:SourceAccount": account,
        "aws:SourceArn": stack.arn("logs", "delivery-source:0123").replace(ACCOUNT, account),
    }
    acl = {"s3:x-amz-acl": "bucket-owner-full-control"}
    requests: list[Request] = []
    for bucket in stack.flow_logs:
        log = f"{bucket}/AWSLogs/{account}/vpcflowlogs/{stack.region}/log.gz"
        requests += [
            Request(principal=FLOW_LOGS, action="s3:GetBucketAcl", resource=bucket, context=source),
            Request(principal=FLOW_LOGS, action="s3:PutObject", resource=log, context={**source, **acl}),
        ]
    return requests


def public_download_requests(stack: Stack) -> list[Request]:
    """Downloads from buckets of AWS.

    dnf downloads packages with unsigned requests ("Amazon Linux 2023 repositories"). Docker downloads an image's layers
    by URLs that ECR presigned ("Amazon ECR interface VPC endpoints").
    """
    packages = stack.bucket(f"al2023-repos-{stack.region}-de612dc2")
    layers = stack.bucket(f"prod-{stack.region}-starport-layer-bucket")
    return [
        Request(principal=None, action="s3:GetObject", resource=f"{packages}/repomd.xml", endpoint="s3"),
        Request(principal=stack.admin(OTHER_ACCOUNT), action="s3:GetObject", resource=f"{layers}/layer", endpoint="s3"),
    ]


NEEDED: Mapping[str, Callable[[Stack], list[Request]]] = {
    "boot script": boot_script_requests,
    "ECS agent": ecs_agent_requests,
    "Session Manager": session_manager_requests,
    "S3 driver": storage_driver_requests,
    "replication": replication_requests,
    "task execution": task_execution_requests,
    "assumed roles": assumed_roles,
    "schedule": schedule_requests,
    "token service": token_service_requests,
    "garbage collection": collection_requests,
    "retention": retention_requests,
    "load balancer logs": load_balancer_log_requests,
    "server access logs": server_access_log_requests,
    "flow logs": flow_log_requests,
    "public downloads": public_download_requests,
}


def needed_requests(stack: Stack) -> list[Request]:
    """The requests of all callers."""
    return [request for requests in NEEDED.values() for request in requests(stack)]


def _by_role(stack: Stack, role: str, action: str, resource: str, context: Mapping[str, str] | None = None) -> Request:
    """A request from an instance with a role's credentials."""
    endpoint = _ENDPOINTS.get(action, action.partition(":")[0])
    return Request(
        principal=stack.roles[role], action=action, resource=resource, context=context or {}, endpoint=endpoint
    )
