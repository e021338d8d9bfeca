"""The options of a registry. Each one is declared here once.

`make generate` writes what follows from it: Pulumi.yaml, docs/configuration.md and plugin/schema.json.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi

from .options import FileContent, option

NatGateways = Literal["perZone", "single", "none"]
Action = Literal["pull", "push", "delete", "catalog"]


@dataclass(frozen=True, kw_only=True)
class ExistingNetwork:
    """An existing VPC. Only security groups are created in it, and a gateway endpoint for S3 on request.

    A list in an Output must not be empty, because it counts as set while it is not known.
    """

    vpc_id: pulumi.Input[str]
    """The ID of the VPC. Its DNS resolution must be on, which is the default."""
    public_subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    """Subnets for the load balancer, in at least two Availability Zones, with a route to an internet gateway. An
    internal load balancer does not need them."""
    private_subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    """Subnets for the instances and for an internal load balancer, in at least two Availability Zones. The instances
    need a NAT gateway, or the VPC endpoints that `isolated` creates in a new VPC. Without private subnets, the
    instances are in the public subnets and have public addresses."""
    s3_route_table_ids: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    """The private subnets' route tables, if they lack a gateway endpoint for S3. One is created for them. A route
    table takes only one such endpoint."""


@dataclass(frozen=True, kw_only=True)
class AccessRule:
    """What somebody may do. Nothing is allowed that no rule allows, and no action implies another one."""

    who: pulumi.Input[str]
    """The ARN of an IAM role or user, whose name may end with `*`; `user:NAME` for one of `users`; or `*` for
    everybody, also without a login, who may only pull."""
    repositories: Sequence[str] = ()
    """Names of repositories. A `*` at the end, alone or after a separator such as a slash, stands for any characters.
    None are needed for `catalog` alone."""
    actions: Sequence[Action]
    """Some of `pull`, `push`, `delete` and `catalog`, which lists all repositories. Docker pushes with `pull` and
    `push`."""


@dataclass(frozen=True, kw_only=True)
class RetentionRule:
    """What is kept in some repositories. Several rules for a repository keep what any of them keeps."""

    repositories: Sequence[str]
    """Names of repositories. `*` stands for any characters, also for slashes."""
    keep_tags: Sequence[str] = ()
    """Tags whose images are kept. `*` stands for any characters."""
    keep_newest: int = 0
    """How many of a repository's newest tagged images are kept."""
    keep_days: int = 0
    """For how many days an image is kept after its last push, also without a tag. At least one day."""
    keep_pulled_days: int = 0
    """For how many days an image is kept after its last pull, at most `log_retention_days`: the log has the pulls."""


@dataclass(frozen=True, kw_only=True)
class PrivateRegistryArgs:
    """The arguments of a `PrivateRegistry`. Every argument has a default.

    An argument of type `pulumi.Input` can be an Output, also a secret. Any other argument decides which resources
    exist, or how, and must be plain. `PrivateRegistry` raises `InvalidInput` for values that cannot be used. An Output
    is checked when its value is known. It must not be None, because the argument counts as set.
    """

    domain: pulumi.Input[str] | None = option(None, group="Domain and certificate", example="registry.example.com")
    """The registry's DNS name, without a port. Default: the load balancer's DNS name."""
    certificate: pulumi.Input[str] | None = option(
        None, group="Domain and certificate", example=FileContent("certificate.pem")
    )
    """The domain's certificate, PEM. Default: a certificate from ACM if `hosted_zone` is set, else a self-signed
    one."""
    certificate_chain: pulumi.Input[str] | None = option(
        None, group="Domain and certificate", example=FileContent("chain.pem")
    )
    """The intermediate certificates, PEM, the issuer of `certificate` first."""
    private_key: pulumi.Input[str] | None = option(
        None, group="Domain and certificate", secret=True, example=FileContent("key.pem")
    )
    """The private key of `certificate`, PEM, unencrypted."""
    certificate_arn: pulumi.Input[str] | None = option(
        None,
        group="Domain and certificate",
        example="arn:aws:iam::123456789012:server-certificate/my-registry",
    )
    """The ARN of a certificate in IAM, or in ACM in the registry's region. It takes the place of `certificate`,
    `certificate_chain` and `private_key`."""
    hosted_zone: pulumi.Input[str] | None = option(
        None, group="Domain and certificate", example="Z0123456789ABCDEFGHIJ"
    )
    """The ID of the domain's public hosted zone in Route 53. The registry creates the domain's alias records in it,
    and the record by which ACM validates a certificate."""

    image: str = option("registry:2", group="Image and upstream", example="registry:3")
    """The official `registry` image, from any container registry. The tag begins with a supported major version. An
    image in Amazon ECR needs no further permission. `registry:2`, the default, gets no security fixes."""
    upstream: pulumi.Input[str] | None = option(
        None, group="Image and upstream", example="https://registry-1.docker.io"
    )
    """The registry to cache, `https://HOST`. It makes this registry a pull-through cache, which refuses pushes."""
    upstream_username: pulumi.Input[str] | None = option(None, group="Image and upstream", example="alice")
    """The user name at the upstream registry. The task definition shows it. The cache serves everything that this
    account may pull, its private images too, to every user. Requires an `image` of version 3.1 or newer. Default: the
    cache does not log in."""
    upstream_password: pulumi.Input[str] | None = option(
        None, group="Image and upstream", secret=True, example="PASSWORD"
    )
    """The password or access token at the upstream registry."""

    users: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = option(
        None, group="Users", secret=True, example={"alice": "PASSWORD"}
    )
    """User names and their passwords: 15 characters to 72 bytes each, hard to guess. User names are not secret.
    Default: one user `docker` with a generated password."""
    htpasswd: pulumi.Input[str] | None = option(None, group="Users", secret=True, example=FileContent("htpasswd"))
    """The content of an htpasswd file with bcrypt hashes only, of cost 4 to 12; 5 is recommended. It takes the place of
    `users`. The strength of its passwords cannot be checked."""
    deletes: bool = option(False, group="Users")
    """Whether users may delete images. Without `access`, every user may push to every repository and overwrite every
    tag, so with `deletes` every user may also delete every image. No Docker command deletes images from a registry."""

    access: Sequence[AccessRule] | None = option(
        None,
        group="Access",
        example=[
            AccessRule(who="arn:aws:iam::123456789012:role/team-*", repositories=["team/*"], actions=["pull", "push"])
        ],
    )
    """Who may do what, as a list of rules. IAM roles and users log in by a request that they sign, `users` by their
    passwords, and nobody may do what no rule allows. Default: every user may do everything."""
    token_signer: int = option(1, group="Access", example=2)
    """The number of the key that signs tokens. The registry also trusts the one before it and the next one. To rotate
    the key, add 1 to the number."""
    token_concurrency: int = option(10, group="Access")
    """How many requests for tokens are served at once; AWS refuses more. They are reserved from the account's quota of
    concurrent Lambda executions, of which AWS keeps 100 unreserved. 0 reserves none, and sets no limit."""

    instance_type: str = option("t3.small", group="Capacity", example="t4g.small")
    """The EC2 instance type, x86_64 or arm64."""
    ami_id: pulumi.Input[str] | None = option(None, group="Capacity", example="ami-0123456789abcdef0")
    """An ECS-optimized Amazon Linux 2023 AMI of the instance type's architecture. Default: each instance boots the
    newest one."""
    min_size: int = option(2, group="Capacity")
    """The minimum number of instances."""
    max_size: int = option(4, group="Capacity")
    """The maximum number of instances."""
    desired_capacity: int = option(2, group="Capacity")
    """The initial number of instances. Afterwards, ECS scales it."""
    desired_count: int = option(2, group="Capacity")
    """The number of replicas. With `max_count`, the minimum."""
    max_count: int = option(0, group="Capacity", example=2)
    """The maximum number of replicas. Their number then follows the load, and each has an instance of its own. During a
    deployment there are twice as many, so `max_size` must be at least twice `max_count`. 0 means a fixed number."""
    memory_limit: int = option(1536, group="Capacity")
    """The memory in MiB at which the kernel stops a replica. A layer that is being pushed takes up to 65. A `t3.small`
    has 2048, of which the system needs about 400; for a larger instance type, set a larger limit."""

    network: ExistingNetwork | None = option(
        None, group="Network", example=ExistingNetwork(vpc_id="vpc-0123456789abcdef0")
    )
    """An existing VPC. Default: a new VPC, which `vpc_cidr`, `availability_zones`, `availability_zone_names`,
    `nat_gateways`, `isolated` and `flow_logs` describe."""
    vpc_cidr: str = option("10.0.0.0/16", group="Network")
    """The new VPC's private IPv4 range, /16 to /23."""
    availability_zones: int = option(2, group="Network")
    """The number of Availability Zones, 2 to 6. Zones that are in use stay in use, whatever AWS adds or lists first."""
    availability_zone_names: Sequence[str] | None = option(None, group="Network", example=["us-west-2a", "us-west-2b"])
    """The names of the new VPC's Availability Zones, 2 to 6, in the place of `availability_zones`. Later, zones can be
    added and removed at the end. Default: AWS's first available zones, as they were when the VPC was created."""
    nat_gateways: NatGateways = option(
        "perZone",
        group="Network",
        choices={
            "perZone": "A NAT gateway in each Availability Zone.",
            "single": "One NAT gateway. If its Availability Zone fails, instances cannot boot and tasks cannot start.",
            "none": "No NAT gateway. The instances are in the public subnets and have public addresses.",
        },
    )
    """How the instances reach the internet."""
    isolated: bool = option(False, group="Network")
    """Whether the new VPC is without internet access. It has VPC endpoints for the AWS services that the instances
    call, and neither gateways nor public subnets. The image must be in Amazon ECR. The registry is internal."""
    internal: bool = option(False, group="Network")
    """Whether the load balancer has private addresses only. Clients then get image data through it, unless
    `clients_reach_s3` is on."""
    clients_reach_s3: bool = option(False, group="Network")
    """Whether clients of an internal registry can connect to S3. They then get image data from there, as the clients
    of any other registry do."""
    allowed_cidrs: pulumi.Input[Sequence[pulumi.Input[str]]] = option(
        ("0.0.0.0/0",), group="Network", example=["203.0.113.0/24"]
    )
    """The IPv4 ranges from which clients may connect. Every client needs a password. Unless the registry is internal,
    S3 sends image data only to the same ranges, and to clients that reach S3 through a VPC endpoint. Each range counts
    against the account's quota of rules per security group, which is 60 by default."""
    rate_limit: int = option(0, group="Network", example=10_000)
    """How many requests a client address may send in 5 minutes, 10 to 2,000,000,000. AWS WAF answers more with 429, and
    requests with unusually long headers or URLs with 403. A pull of an image with 10 layers takes about 15 requests, a
    push 46; clients behind one NAT gateway share an address. 0 means no limits and no web ACL."""

    images_bucket: pulumi.Input[str] | None = option(None, group="Operation", example="my-registry-images")
    """The name of an existing bucket with the images, in the registry's account and region. The registry replaces its
    policy, versioning, lifecycle, encryption and logging. `pulumi destroy` keeps the bucket. The name is not kept
    secret. Default: a new bucket."""
    log_retention_days: int = option(30, group="Operation")
    """For how many days logs are kept, one of the periods of CloudWatch Logs. Logs in S3 are kept for at least 2
    days."""
    flow_logs: bool = option(False, group="Operation")
    """Whether the new VPC has flow logs."""
    deletion_protection: bool = option(False, group="Operation")
    """Whether AWS and `pulumi destroy` refuse to delete the load balancer."""
    force_destroy: bool = option(False, group="Operation")
    """Whether `pulumi destroy` deletes the images, their copies and the logs. It never deletes an `images_bucket`."""
    tags: Mapping[str, pulumi.Input[str]] = option({}, group="Operation", example={"team": "platform"})
    """At most 40 tags for every resource that takes tags, except the bootstrap files: an S3 object takes only 10. Their
    values are not kept secret: the AWS provider shows them in outputs of its own."""

    replica_region: str | None = option(None, group="Operation", example="us-east-2")
    """The Region of a second bucket, the replica bucket, to which S3 copies every new image and every deletion: another
    Region of the same partition. Images from before it was set are not copied. `pulumi destroy` keeps the bucket like
    the images. Default: none."""
    patch_schedule: str | None = option(None, group="Operation", example="cron(0 3 ? * SUN *)")
    """When all instances are replaced by ones with the newest AMI: a cron expression of EventBridge Scheduler, in UTC,
    at most once a day. The replacement begins within an hour from then. Default: never."""

    garbage_collection: str | None = option(None, group="Operation", example="cron(0 5 ? * SUN *)")
    """When the registry deletes the blobs that no manifest names: a cron expression of EventBridge Scheduler, in UTC,
    at most once a day. Meanwhile it refuses pushes and deletions. Default: never."""
    garbage_collection_minutes: int = option(60, group="Operation")
    """How many minutes a garbage collection may take, 15 to 720. Then it is stopped, and pushes are accepted again."""
    garbage_collection_dry_run: bool = option(False, group="Operation")
    """Whether `garbage_collection` only logs what it would delete. Pushes are not refused."""

    retention: Sequence[RetentionRule] | None = option(
        None,
        group="Retention",
        example=[RetentionRule(repositories=["*"], keep_tags=["v*"], keep_newest=10, keep_pulled_days=30)],
    )
    """Which images are kept, as a list of rules. A repository without a rule keeps everything. An image that a task or
    service of ECS uses, in any Region of the account, is always kept, and so are all parts of a kept image and its
    signatures. Default: everything is kept."""
    retention_apply: bool = option(False, group="Retention")
    """Whether images that no rule keeps are deleted. Otherwise they are only reported: read a report first."""
    retention_schedule: str = option("cron(0 2 * * ? *)", group="Retention")
    """When the rules are applied: a cron expression of EventBridge Scheduler, in UTC, at most once a day. A run begins
    within an hour from then. With `retention_apply`, not within three hours before `garbage_collection`."""

    monitoring: bool = option(False, group="Monitoring")
    """Whether the registry has alarms, a dashboard, metrics from its log and saved queries."""
    alarm_email: pulumi.Input[str] | None = option(None, group="Monitoring", example="ops@example.com")
    """The address that gets the alarms, by a new topic. AWS sends it a link, with which it must confirm."""
    alarm_topic_arn: pulumi.Input[str] | None = option(
        None, group="Monitoring", example="arn:aws:sns:us-west-2:123456789012:ops"
    )
    """The ARN of an existing SNS topic that gets the alarms, in the registry's Region. Its policy and that of its key
    must allow CloudWatch and EventBridge, and AWS Budgets with `monthly_budget`. Default: a new topic."""
    runbook_url: str = option(
        "docs/operations.md",
        group="Monitoring",
        example="https://git.example.com/platform/private-registry/blob/main/docs/operations.md",
    )
    """The address of your copy of this page, to whose sections the alarms link."""
    images_growth_limit: int = option(0, group="Monitoring", example=100)
    """By how many GiB a day the images bucket may grow without an alarm. 0 means without limit."""
    monthly_budget: int = option(0, group="Monitoring", example=300)
    """The US dollars that the whole account may cost a month without an alarm. 0 means no budget."""
    container_insights: bool = option(False, group="Monitoring")
    """Whether the cluster has Container Insights, whatever the account's default is. CloudWatch charges its metrics of
    cluster, service and task definition as custom metrics."""

    region: str | None = option(None, group="Provider", example="us-west-2")
    """The AWS provider's Region. Default: the provider is asked for it. Set it if the provider cannot answer yet,
    because its configuration depends on a resource of the same program."""
    account_id: pulumi.Input[str] | None = option(None, group="Provider", example="123456789012")
    """The ID of the AWS provider's account. Default: the provider is asked for it. Set it if the provider cannot answer
    yet."""
