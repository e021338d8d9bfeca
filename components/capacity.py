"""The instances: an ECS cluster on an Auto Scaling Group."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .location import Location
from .lookups import asked_once
from .moving import wait_for_move
from .outputs import known_after
from .pure import policies
from .pure.architecture import ami_parameter
from .pure.boot_script import user_data

LAUNCH_HOOK = "booted"
_BOOT_SECONDS = 600
# From the completed launch hook to the registered container instance. The ECS agent starts when cloud-init has ended
# (amazon-ecs-agent#4792) and registers within a second (the log in amazon-ecs-agent#351). Should it take longer, no
# task is lost: managed draining holds an old instance until its tasks run elsewhere.
_WARM_UP_SECONDS = 60
_CLUSTER_TAG = "private-registry:cluster"
_TOKENS_ATTRIBUTE = "private-registry.metadata-tokens"


def with_metadata_tokens(tokens: str) -> str:
    """The ECS placement expression for the instances that were launched with these `metadata_tokens`."""
    return f"attribute:{_TOKENS_ATTRIBUTE} == {tokens}"


@dataclass(frozen=True, kw_only=True)
class CapacityArgs:
    """How many instances there are, of which kind, and where.

    Attributes:
        location: the region and account.
        instance_type: an EC2 instance type.
        ami_id: the AMI. Default: the newest ECS-optimized one whenever an instance boots.
        min_size: the fewest instances.
        max_size: the most instances.
        desired_capacity: the instances at the start.
        vpc_id: their VPC.
        subnet_ids: their subnets.
        public_addresses: whether they get public IPv4 addresses.
        security_group_id: their security group.
        bootstrap_bucket: the bucket with the files that they fetch.
        metadata_tokens: "required" (IMDSv2 alone), or "optional" for containers that know IMDSv1 alone.
        instance_policies: what the instance role may do beside serving ECS: policy documents by name.
        tags: on everything that takes tags, instances, volumes and network interfaces included; these get the
            provider's default tags as well.
    """

    location: Location
    instance_type: str
    ami_id: str | None = None
    min_size: int
    max_size: int
    desired_capacity: int
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    public_addresses: bool
    security_group_id: pulumi.Input[str]
    bootstrap_bucket: pulumi.Input[str]
    metadata_tokens: str
    instance_policies: Mapping[str, pulumi.Input[str]]
    tags: Mapping[str, str] = field(default_factory=dict)


class Capacity(pulumi.ComponentResource):
    """An ECS cluster whose instances boot by script, and count only when the script is through.

    Makes: aws.ecs.Cluster, aws.iam.Role with aws.iam.RolePolicy and aws.iam.InstanceProfile,
    aws.ec2.LaunchTemplate, aws.autoscaling.Group, aws.ecs.CapacityProvider, aws.ecs.ClusterCapacityProviders.

    Attributes:
        cluster_name: the cluster.
        cluster_arn: its ARN.
        capacity_provider: the capacity provider's name. It is known once the cluster may use it.
        role_arn: the instances' role.
    """

    cluster_name: pulumi.Output[str]
    cluster_arn: pulumi.Output[str]
    capacity_provider: pulumi.Output[str]
    role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: CapacityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Capacity", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._instance_tags = {**asked_once(_default_tags, self), **args.tags, "Name": f"{name}-instance"}
        cluster = aws.ecs.Cluster(f"{name}-cluster", tags=args.tags, opts=child)
        self.cluster_name, self.cluster_arn = cluster.name, cluster.arn
        profile, role_policies = self._instance_profile(name, args)
        template = self._launch_template(name, args, profile)
        group = self._group(name, args, template, role_policies)
        provider = aws.ecs.CapacityProvider(
            f"{name}-capacity",
            auto_scaling_group_provider={
                "auto_scaling_group_arn": group.arn,
                "managed_draining": "ENABLED",
                "managed_termination_protection": "ENABLED",
                "managed_scaling": {"status": "ENABLED", "target_capacity": 100, "maximum_scaling_step_size": 2},
            },
            tags=args.tags,
            opts=child,
        )
        association = aws.ecs.ClusterCapacityProviders(
            f"{name}-capacity",
            cluster_name=cluster.name,
            capacity_providers=[provider.name],
            default_capacity_provider_strategies=[{"capacity_provider": provider.name, "weight": 1}],
            opts=child,
        )
        self.capacity_provider = known_after(provider.name, association)
        self.register_outputs({"clusterName": self.cluster_name, "capacityProvider": self.capacity_provider})

    def _instance_profile(
        self, name: str, args: CapacityArgs
    ) -> tuple[aws.iam.InstanceProfile, list[aws.iam.RolePolicy]]:
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-instance",
            assume_role_policy=policies.assume_instance_role(args.location),
            tags=args.tags,
            opts=child,
        )
        self.role_arn = role.arn
        documents = {
            "ecs": self.cluster_arn.apply(policies.container_instance),
            "launch": self.cluster_name.apply(
                lambda cluster: policies.complete_launch(args.location, _CLUSTER_TAG, cluster)
            ),
            **args.instance_policies,
        }
        role_policies = [
            aws.iam.RolePolicy(f"{name}-instance-{purpose}", role=role.name, policy=document, opts=child)
            for purpose, document in documents.items()
        ]
        return aws.iam.InstanceProfile(f"{name}-instance", role=role.name, tags=args.tags, opts=child), role_policies

    def _launch_template(
        self, name: str, args: CapacityArgs, profile: aws.iam.InstanceProfile
    ) -> aws.ec2.LaunchTemplate:
        script = pulumi.Output.all(self.cluster_name, args.bootstrap_bucket).apply(
            lambda known: user_data(
                region=args.location.region,
                cluster=known[0],
                bootstrap_bucket=known[1],
                launch_hook=LAUNCH_HOOK,
                attributes={_TOKENS_ATTRIBUTE: args.metadata_tokens},
            )
        )
        return aws.ec2.LaunchTemplate(
            f"{name}-instance",
            # Resolved whenever an instance boots, so that a new AMI is no change of the stack.
            image_id=args.ami_id or f"resolve:ssm:{ami_parameter(args.instance_type)}",
            instance_type=args.instance_type,
            iam_instance_profile={"arn": profile.arn},
            network_interfaces=[
                {
                    "associate_public_ip_address": str(args.public_addresses).lower(),
                    "security_groups": [args.security_group_id],
                    "delete_on_termination": "true",
                }
            ],
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": args.metadata_tokens,
                # Keeps IMDSv2's tokens from containers.
                "http_put_response_hop_limit": 1,
            },
            block_device_mappings=[
                {
                    "device_name": "/dev/xvda",
                    "ebs": {
                        "volume_type": "gp3",
                        "volume_size": 30,
                        "encrypted": "true",
                        "delete_on_termination": "true",
                    },
                }
            ],
            user_data=script.apply(lambda text: base64.b64encode(text.encode()).decode()),
            tag_specifications=[
                {"resource_type": kind, "tags": self._instance_tags}
                for kind in ("instance", "volume", "network-interface")
            ],
            update_default_version=True,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _group(
        self,
        name: str,
        args: CapacityArgs,
        template: aws.ec2.LaunchTemplate,
        role_policies: Sequence[aws.iam.RolePolicy],
    ) -> aws.autoscaling.Group:
        tags: dict[str, pulumi.Input[str]] = {
            **self._instance_tags,
            _CLUSTER_TAG: self.cluster_name,
            "AmazonECSManaged": "true",  # ECS adds it by itself, which would be a change at each run
        }
        return aws.autoscaling.Group(
            f"{name}-instances",
            min_size=args.min_size,
            max_size=args.max_size,
            desired_capacity=args.desired_capacity,
            vpc_zone_identifiers=args.subnet_ids,
            # By number: with $Latest no change of the template would refresh the instances.
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            # Part of the group, not a resource of its own: it must be there before the first instance.
            initial_lifecycle_hooks=[
                {
                    "name": LAUNCH_HOOK,
                    "lifecycle_transition": "autoscaling:EC2_INSTANCE_LAUNCHING",
                    "heartbeat_timeout": _BOOT_SECONDS,
                    "default_result": "ABANDON",
                }
            ],
            health_check_type="EC2",
            health_check_grace_period=_BOOT_SECONDS,
            # The provider's wait ends at the first failed launch, though Auto Scaling tries again. After a change of
            # min_size it wants exactly the instances of the last `up`, whatever ECS has scaled to since. The service
            # waits instead: it is steady when instances run its tasks.
            wait_for_capacity_timeout="0",
            protect_from_scale_in=True,  # ECS's termination protection wants it, and lifts it from empty instances
            force_delete=True,  # the protected instances go with the group
            instance_refresh={
                "strategy": "Rolling",
                # Instances stay in a subnet that the group loses: new settings hold for later scaling activities
                # (API Reference, "UpdateAutoScalingGroup"; hashicorp/terraform#9579), and scale-in protection keeps
                # zone rebalancing from ending them.
                "triggers": ["vpc_zone_identifier"],
                # No auto_rollback: AWS refuses it where the AMI is an SSM parameter, and the group could not be updated
                # until the refresh has ended (API Reference, "RefreshPreferences"; terraform-provider-aws#29830).
                "preferences": {
                    # All new instances first, so that each task moves once.
                    "min_healthy_percentage": 100,
                    "max_healthy_percentage": 200,
                    "instance_warmup": str(_WARM_UP_SECONDS),
                    "scale_in_protected_instances": "Refresh",
                },
            },
            tags=[{"key": key, "value": value, "propagate_at_launch": True} for key, value in tags.items()],
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=wait_for_move(f"{name}-instances", self),
                depends_on=role_policies,  # an instance needs them from its first minute on
                ignore_changes=["desiredCapacity"],  # ECS scales
            ),
        )


def _default_tags(opts: pulumi.InvokeOptions) -> Mapping[str, str]:
    """The provider's default tags. They reach neither a group's tags nor what a launch template specifies.

    Source: AWS provider, data source aws_default_tags. An answer without tags is one of a provider that has none.
    """
    return aws.get_default_tags(opts=opts).tags or {}
