"""The outputs of a registry. Each one is declared here once.

What follows from it: the outputs in Pulumi's state, docs/configuration.md and plugin/schema.json.
"""

from collections.abc import Sequence
from typing import Any

import pulumi

from .args import ExistingNetwork
from .options import attribute_docs, camel_case


class RegistryOutputs:
    """The attributes of a `PrivateRegistry` that other resources can use."""

    address: pulumi.Output[str]
    """The registry's address in image names: the domain, or the load balancer's DNS name."""
    accepts_pushes: bool
    """Whether clients can push images. A pull-through cache refuses pushes."""
    passwords: pulumi.Output[dict[str, str]] | None
    """The generated passwords by user name, a secret. Only set if a password was generated."""
    ca_certificate: pulumi.Output[str] | None
    """The certificate that clients must trust, PEM. Only set if it is self-signed."""
    certificate_arn: pulumi.Output[str]
    """The ARN of the certificate for clients, in IAM or ACM."""

    load_balancer_dns: pulumi.Output[str]
    """The load balancer's DNS name, the target of the domain's CNAME or alias record."""
    load_balancer_zone_id: pulumi.Output[str]
    """The ID of AWS's hosted zone with the load balancer's DNS name, for alias records."""
    load_balancer_arn: pulumi.Output[str]
    """The load balancer's ARN."""
    load_balancer_arn_suffix: pulumi.Output[str]
    """The dimension `LoadBalancer` of the load balancer's CloudWatch metrics."""
    load_balancer_security_group_id: pulumi.Output[str]
    """The ID of the load balancer's security group."""
    listener_arn: pulumi.Output[str]
    """The ARN of the HTTPS listener."""
    target_group_arn: pulumi.Output[str]
    """The ARN of the target group with the replicas."""
    target_group_arn_suffix: pulumi.Output[str]
    """The dimension `TargetGroup` of the target group's CloudWatch metrics."""

    cluster_name: pulumi.Output[str]
    """The name of the ECS cluster."""
    cluster_arn: pulumi.Output[str]
    """The ARN of the ECS cluster."""
    service_name: pulumi.Output[str]
    """The name of the ECS service."""
    task_definition_family: pulumi.Output[str]
    """The family of the ECS task definition."""
    task_definition_arn: pulumi.Output[str]
    """The ARN of the ECS task definition, with its revision."""
    capacity_provider_name: pulumi.Output[str]
    """The name of the ECS capacity provider."""
    auto_scaling_group_name: pulumi.Output[str]
    """The name of the instances' Auto Scaling group."""
    instance_security_group_id: pulumi.Output[str]
    """The ID of the instances' security group."""
    log_group_name: pulumi.Output[str]
    """The name of the CloudWatch log group with the replicas' logs."""
    log_group_arn: pulumi.Output[str]
    """The ARN of the CloudWatch log group."""

    alarm_topic_arn: pulumi.Output[str] | None
    """The ARN of the SNS topic that gets the alarms. Only set with `monitoring`."""

    garbage_collection_arn: pulumi.Output[str] | None
    """The ARN of the state machine that collects garbage. Only set with `garbage_collection`."""

    retention_function_name: pulumi.Output[str] | None
    """The name of the Lambda function that applies the retention rules. Only set with `retention`."""

    instance_role_name: pulumi.Output[str]
    """The name of the instances' IAM role."""
    instance_role_arn: pulumi.Output[str]
    """The ARN of the instances' IAM role."""
    task_role_name: pulumi.Output[str]
    """The name of the IAM role of the registry's containers."""
    task_role_arn: pulumi.Output[str]
    """The ARN of the IAM role of the registry's containers."""
    execution_role_name: pulumi.Output[str]
    """The name of the IAM role with which ECS starts the containers."""
    execution_role_arn: pulumi.Output[str]
    """The ARN of the IAM role with which ECS starts the containers."""

    bucket_name: pulumi.Output[str]
    """The name of the S3 bucket with the images."""
    bucket_arn: pulumi.Output[str]
    """The ARN of the S3 bucket with the images."""
    replica_bucket_name: pulumi.Output[str] | None
    """The name of the S3 bucket in `replica_region` with the copies of the images. Only set with `replica_region`."""
    replica_bucket_arn: pulumi.Output[str] | None
    """The ARN of the S3 bucket with the copies of the images. Only set with `replica_region`."""
    logs_bucket_name: pulumi.Output[str]
    """The name of the S3 bucket with the access logs and flow logs."""
    logs_bucket_arn: pulumi.Output[str]
    """The ARN of the S3 bucket with the access logs and flow logs."""
    bootstrap_bucket_name: pulumi.Output[str]
    """The name of the S3 bucket with the files that the instances fetch."""
    bootstrap_bucket_arn: pulumi.Output[str]
    """The ARN of the S3 bucket with the files that the instances fetch."""

    network: ExistingNetwork
    """The network of the registry, which another registry can share."""
    availability_zone_names: pulumi.Output[Sequence[str]] | None
    """The Availability Zones of the new VPC, in their order. Only set if the VPC was created."""

    def by_key(self) -> dict[str, Any]:
        """Return the values by their names in Pulumi's state."""
        values = {camel_case(name): getattr(self, name) for name in attribute_docs(RegistryOutputs)}
        return {**values, "network": {camel_case(name): ids for name, ids in vars(self.network).items()}}
