"""All that is in an account of what a registry is made from, asked by boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jmespath

_LISTS = (
    ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups[].AutoScalingGroupARN"),
    ("ec2", "describe_addresses", "Addresses[].AllocationId"),
    ("ec2", "describe_flow_logs", "FlowLogs[].FlowLogId"),
    ("ec2", "describe_instances", "Reservations[].Instances[?State.Name!='terminated'][].InstanceId"),
    ("ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId"),
    ("ec2", "describe_launch_templates", "LaunchTemplates[].LaunchTemplateId"),
    ("ec2", "describe_nat_gateways", "NatGateways[?State!='deleted'].NatGatewayId"),
    ("ec2", "describe_route_tables", "RouteTables[].RouteTableId"),
    ("ec2", "describe_security_group_rules", "SecurityGroupRules[].SecurityGroupRuleId"),
    ("ec2", "describe_security_groups", "SecurityGroups[].GroupId"),
    ("ec2", "describe_subnets", "Subnets[].SubnetId"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints[?State!='deleted'].VpcEndpointId"),
    ("ec2", "describe_vpcs", "Vpcs[].VpcId"),
    ("ecs", "list_task_definitions", "taskDefinitionArns"),
    ("elbv2", "describe_load_balancers", "LoadBalancers[].LoadBalancerArn"),
    ("elbv2", "describe_target_groups", "TargetGroups[].TargetGroupArn"),
    ("iam", "list_instance_profiles", "InstanceProfiles[].Arn"),
    ("iam", "list_roles", "Roles[].Arn"),
    ("iam", "list_server_certificates", "ServerCertificateMetadataList[].Arn"),
    ("logs", "describe_log_groups", "logGroups[].arn"),
    ("s3", "list_buckets", "Buckets[].Name"),
    ("ssm", "describe_parameters", "Parameters[].ARN"),
)


def inventory(aws: Callable[[str], Any]) -> set[str]:
    """Ids and ARNs. An empty account is not without any: it has a default VPC."""
    found = {
        id_
        for service, action, expression in _LISTS
        for id_ in jmespath.search(expression, getattr(aws(service), action)()) or ()
    }
    # Deleted clusters go on being listed for a while.
    clusters = aws("ecs").describe_clusters(clusters=aws("ecs").list_clusters()["clusterArns"])["clusters"]
    return found | {cluster["clusterArn"] for cluster in clusters if cluster["status"] == "ACTIVE"}
