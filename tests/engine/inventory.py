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


def orphans(aws: Callable[[str], Any], before: set[str], state: str) -> set[str]:
    """What came into an account since, and a stack's state, as JSON, does not name.

    Left out is what is never named, and comes and goes with something that is in the inventory itself: a group's
    instances, and the rules of a VPC's default group, one of which AWS makes together with the VPC.
    """
    return {id_ for id_ in inventory(aws) - before - _dependent(aws) if id_ not in state}


def _dependent(aws: Callable[[str], Any]) -> set[str]:
    ec2 = aws("ec2")
    of_groups = [{"Name": "tag-key", "Values": ["aws:autoscaling:groupName"]}]
    instances = jmespath.search("Reservations[].Instances[].InstanceId", ec2.describe_instances(Filters=of_groups))
    default = [{"Name": "group-name", "Values": ["default"]}]
    groups = jmespath.search("SecurityGroups[].GroupId", ec2.describe_security_groups(Filters=default))
    return {*instances, *_rules(ec2, groups)}


def _rules(ec2: Any, groups: list[str]) -> list[str]:
    of_groups = [{"Name": "group-id", "Values": groups}]
    rules = ec2.describe_security_group_rules(Filters=of_groups)
    return jmespath.search("SecurityGroupRules[].SecurityGroupRuleId", rules)
