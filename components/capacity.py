"""The instances: an ECS cluster with an Auto Scaling group."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .instance_refresh import wait_for_instance_refresh
from .outputs import with_dependencies
from .pure import policies, refresh_preferences
from .pure.architecture import ami_parameter
from .pure.boot_script import user_data
from .pure.location import Location
from .roles import create_role

_LAUNCH_HOOK = "booted"
_BOOT_SECONDS = 600
_CLUSTER_TAG = "private-registry:cluster"


@dataclass(frozen=True, kw_only=True)
class CapacityArgs:
    """Arguments of `Capacity`.

    Attributes:
        location: the region.
        instance_type: the EC2 instance type, x86_64 or arm64.
        ami_id: the ID of the AMI. Default: whenever an instance boots, the latest ECS-optimized Amazon Linux 2023 AMI.
        min_size: the minimum number of instances.
        max_size: the maximum number of instances.
        desired_capacity: the initial number of instances. ECS scales it afterwards.
        container_insights: whether ECS sends the metrics of Container Insights. Default False.
        group_metrics: whether the Auto Scaling group sends the number of its instances. Default False.
        scaling_step: the maximum number of instances that ECS adds at once. Default 2.
        vpc_id: the VPC's ID.
        subnet_ids: the IDs of the instances' subnets.
        public_addresses: whether the instances have public IPv4 addresses.
        security_group_id: the ID of the instances' security group.
        bootstrap_bucket: the name of the bucket with the bootstrap files.
        instance_policies: policy documents by name, for the instance role. It can also run ECS tasks and boot.
        tags: the tags of all resources that have tags, and of instances, volumes and network interfaces. The latter
            get the provider's default tags too. Default: none.
    """

    location: Location
    instance_type: str
    ami_id: pulumi.Input[str] | None = None
    min_size: int
    max_size: int
    desired_capacity: int
    container_insights: bool = False
    group_metrics: bool = False
    scaling_step: int = 2
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    public_addresses: bool
    security_group_id: pulumi.Input[str]
    bootstrap_bucket: pulumi.Input[str]
    instance_policies: Mapping[str, pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class Capacity(pulumi.ComponentResource):
    """An ECS cluster with instances. An instance goes into service when its boot script has succeeded.

    Creates: aws.ecs.Cluster, aws.iam.Role with aws.iam.RolePolicy and aws.iam.InstanceProfile, aws.ec2.LaunchTemplate,
    aws.autoscaling.Group, aws.ecs.CapacityProvider, aws.ecs.ClusterCapacityProviders.

    Attributes:
        cluster_name: the cluster's name.
        cluster_arn: the cluster's ARN.
        capacity_provider: the capacity provider's name. It depends on the provider's association with the cluster.
        group_name: the Auto Scaling group's name.
        group_arn: the Auto Scaling group's ARN.
        role_name: the name of the instance role.
        role_arn: the ARN of the instance role.
    """

    cluster_name: pulumi.Output[str]
    cluster_arn: pulumi.Output[str]
    capacity_provider: pulumi.Output[str]
    group_name: pulumi.Output[str]
    group_arn: pulumi.Output[str]
    role_name: pulumi.Output[str]
    role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: CapacityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Capacity", name, {}, opts)
        self._prefix, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        cluster = aws.ecs.Cluster(
            f"{name}-cluster",
            # Always set: the AWS provider leaves the setting as it is when it is no longer declared.
            settings=[{"name": "containerInsights", "value": "enabled" if args.container_insights else "disabled"}],
            tags=args.tags,
            opts=self._child,
        )
        # The provider adds its default tags to no group's tags and no template's tag specifications. The cluster tells
        # them: unlike a provider function, it does so before the provider's configuration is known.
        # The arguments' tags are among them, and are named here too so that secrets remain secrets.
        self._instance_tags = pulumi.Output.all(cluster.tags_all, args.tags).apply(
            lambda known: _instance_tags(name, *known)
        )
        self.cluster_name, self.cluster_arn = cluster.name, cluster.arn
        instance = create_role(
            f"{name}-instance",
            trust_policy=policies.assume_instance_role(args.location),
            policies={
                "ecs": cluster.arn.apply(policies.container_instance),
                "launch": pulumi.Output.all(cluster.arn, cluster.name).apply(
                    lambda known: policies.complete_launch(known[0], _CLUSTER_TAG, known[1])
                ),
                **args.instance_policies,
            },
            tags=args.tags,
            opts=self._child,
        )
        self.role_name, self.role_arn = instance.role.name, instance.role.arn
        profile = aws.iam.InstanceProfile(f"{name}-instance", role=instance.role.name, tags=args.tags, opts=self._child)
        group = self._group(self._launch_template(profile), instance.policies)
        self.group_name, self.group_arn = group.name, group.arn
        self.capacity_provider = self._capacity_provider(group)
        self.register_outputs({"clusterName": self.cluster_name, "capacityProvider": self.capacity_provider})

    def _launch_template(self, profile: aws.iam.InstanceProfile) -> aws.ec2.LaunchTemplate:
        args = self._args
        return aws.ec2.LaunchTemplate(
            f"{self._prefix}-instance",
            # EC2 resolves the parameter whenever an instance boots, so a new AMI is no change of the stack.
            image_id=f"resolve:ssm:{ami_parameter(args.instance_type)}" if args.ami_id is None else args.ami_id,
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
                # Containers get no token: they are a hop away. See also the redirect in `pure.credentials_relay`.
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            block_device_mappings=[
                {
                    "device_name": "/dev/xvda",
                    "ebs": {
                        "volume_type": "gp3",
                        "volume_size": 30,  # GiB
                        "encrypted": "true",
                        "delete_on_termination": "true",
                    },
                }
            ],
            user_data=pulumi.Output.all(self.cluster_name, args.bootstrap_bucket).apply(
                lambda known: self._user_data(*known)
            ),
            tag_specifications=[
                {"resource_type": kind, "tags": self._instance_tags}
                for kind in ("instance", "volume", "network-interface")
            ],
            update_default_version=True,
            tags=args.tags,
            opts=self._child,
        )

    def _user_data(self, cluster: str, bootstrap_bucket: str) -> str:
        script = user_data(
            region=self._args.location.region,
            cluster=cluster,
            bootstrap_bucket=bootstrap_bucket,
            launch_hook=_LAUNCH_HOOK,
        )
        return base64.b64encode(script.encode()).decode()

    def _group(
        self, template: aws.ec2.LaunchTemplate, role_policies: Sequence[aws.iam.RolePolicy]
    ) -> aws.autoscaling.Group:
        args = self._args
        return aws.autoscaling.Group(
            f"{self._prefix}-instances",
            min_size=args.min_size,
            max_size=args.max_size,
            desired_capacity=args.desired_capacity,
            vpc_zone_identifiers=args.subnet_ids,
            # A version number: with $Latest, a change of the template would not refresh the instances.
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            # Part of the group, not a resource of its own, which would be created after the first instances launch.
            initial_lifecycle_hooks=[
                {
                    "name": _LAUNCH_HOOK,
                    "lifecycle_transition": "autoscaling:EC2_INSTANCE_LAUNCHING",
                    "heartbeat_timeout": _BOOT_SECONDS,
                    "default_result": "ABANDON",
                }
            ],
            health_check_type="EC2",
            health_check_grace_period=_BOOT_SECONDS,
            # No wait: the provider's wait fails at the first failed launch, although Auto Scaling retries. After a
            # change of min_size, it expects exactly the instances of the last `pulumi up`, although ECS has scaled the
            # group since. The service waits instead: it is stable when its tasks run on instances.
            wait_for_capacity_timeout="0",
            protect_from_scale_in=True,  # ECS's managed termination protection requires it, and ends it when needed
            force_delete=True,  # deletes the group with its protected instances
            enabled_metrics=[aws.autoscaling.Metric.GROUP_IN_SERVICE_INSTANCES] if args.group_metrics else None,
            instance_refresh={
                "strategy": "Rolling",
                # When the group gives up a subnet, its instances there stay: new settings apply to later scaling
                # activities (API Reference, "UpdateAutoScalingGroup"; hashicorp/terraform#9579), and scale-in
                # protection excludes them from zone rebalancing.
                "triggers": ["vpc_zone_identifier"],
                # No auto_rollback: AWS refuses it with an AMI from an SSM parameter, and the group could not be updated
                # until the refresh has ended (API Reference, "RefreshPreferences"; terraform-provider-aws#29830).
                "preferences": {
                    "min_healthy_percentage": refresh_preferences.MIN_HEALTHY_PERCENTAGE,
                    "max_healthy_percentage": refresh_preferences.MAX_HEALTHY_PERCENTAGE,
                    "instance_warmup": str(refresh_preferences.WARM_UP_SECONDS),
                    "scale_in_protected_instances": refresh_preferences.SCALE_IN_PROTECTED_INSTANCES,
                },
            },
            tags=pulumi.Output.all(self._instance_tags, self.cluster_name).apply(lambda known: _group_tags(*known)),
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=wait_for_instance_refresh(f"{self._prefix}-instances", self),
                depends_on=role_policies,  # an instance needs them to boot
                ignore_changes=["desiredCapacity"],  # ECS changes it
            ),
        )

    def _capacity_provider(self, group: aws.autoscaling.Group) -> pulumi.Output[str]:
        step = self._args.scaling_step
        provider = aws.ecs.CapacityProvider(
            f"{self._prefix}-capacity",
            auto_scaling_group_provider={
                "auto_scaling_group_arn": group.arn,
                "managed_draining": "ENABLED",
                "managed_termination_protection": "ENABLED",
                "managed_scaling": {"status": "ENABLED", "target_capacity": 100, "maximum_scaling_step_size": step},
            },
            tags=self._args.tags,
            opts=self._child,
        )
        association = aws.ecs.ClusterCapacityProviders(
            f"{self._prefix}-capacity",
            cluster_name=self.cluster_name,
            capacity_providers=[provider.name],
            default_capacity_provider_strategies=[{"capacity_provider": provider.name, "weight": 1}],
            opts=self._child,
        )
        return with_dependencies(provider.name, association)


def _instance_tags(prefix: str, every: Mapping[str, str] | None, own: Mapping[str, str]) -> dict[str, str]:
    return {**(every or {}), **own, "Name": f"{prefix}-instance"}


def _group_tags(instance_tags: Mapping[str, str], cluster: str) -> list[aws.autoscaling.GroupTagArgs]:
    tags = {
        **instance_tags,
        _CLUSTER_TAG: cluster,
        "AmazonECSManaged": "true",  # ECS adds this tag; without it here, each run would remove it
    }
    return [aws.autoscaling.GroupTagArgs(key=key, value=tags[key], propagate_at_launch=True) for key in sorted(tags)]
