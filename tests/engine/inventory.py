"""List the resources in an AWS account, of every kind that a registry consists of."""

from __future__ import annotations

from typing import Any

import jmespath

from tests.engine.queries import AwsClients

# The service, the operation that lists the resources, and a JMESPath expression for their IDs in its response.
_LISTS = (
    ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups[].AutoScalingGroupARN"),
    ("cloudwatch", "describe_alarms", "MetricAlarms[].AlarmArn"),
    ("cloudwatch", "list_dashboards", "DashboardEntries[].DashboardName"),
    ("ec2", "describe_addresses", "Addresses[].AllocationId"),
    ("ec2", "describe_flow_logs", "FlowLogs[].FlowLogId"),
    ("ec2", "describe_instances", "Reservations[].Instances[?State.Name!='terminated'][].InstanceId"),
    ("ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId"),
    ("ec2", "describe_launch_templates", "LaunchTemplates[].LaunchTemplateId"),
    ("ec2", "describe_managed_prefix_lists", "PrefixLists[?OwnerId!='AWS'].PrefixListId"),
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
    ("events", "list_rules", "Rules[].Arn"),
    ("iam", "list_instance_profiles", "InstanceProfiles[].Arn"),
    ("iam", "list_roles", "Roles[].Arn"),
    ("iam", "list_server_certificates", "ServerCertificateMetadataList[].Arn"),
    ("lambda", "list_functions", "Functions[].FunctionArn"),
    ("logs", "describe_log_groups", "logGroups[].logGroupArn"),
    ("logs", "describe_query_definitions", "queryDefinitions[].queryDefinitionId"),
    ("s3", "list_buckets", "Buckets[].Name"),
    ("scheduler", "list_schedule_groups", "ScheduleGroups[].Arn"),
    ("scheduler", "list_schedules", "Schedules[].Arn"),
    ("stepfunctions", "list_state_machines", "stateMachines[].stateMachineArn"),
    ("sns", "list_topics", "Topics[].TopicArn"),
    ("ssm", "describe_parameters", "Parameters[].ARN"),
)


def inventory(aws: AwsClients) -> set[str]:
    """The IDs and ARNs. Even an empty account has some, such as those of the default VPC."""
    found = {
        id_
        for service, operation, expression in _LISTS
        for id_ in jmespath.search(expression, getattr(aws(service), operation)()) or ()
    }
    found |= _keys(aws("kms"))
    account = {"AccountId": aws("sts").get_caller_identity()["Account"]}
    found |= {budget["BudgetName"] for budget in aws("budgets").describe_budgets(**account)["Budgets"]}
    # ECS lists deleted clusters for a while, as INACTIVE.
    clusters = aws("ecs").describe_clusters(clusters=aws("ecs").list_clusters()["clusterArns"])["clusters"]
    return found | {cluster["clusterArn"] for cluster in clusters if cluster["status"] == "ACTIVE"}


def _keys(kms: Any) -> set[str]:
    """The ARNs of the account's own keys. KMS lists deleted ones for a while, and those that AWS manages."""
    aliases = kms.list_aliases()["Aliases"]
    managed = {alias.get("TargetKeyId") for alias in aliases if alias["AliasName"].startswith("alias/aws/")}
    own = {key["KeyId"] for key in kms.list_keys()["Keys"]} - managed
    described = [kms.describe_key(KeyId=key)["KeyMetadata"] for key in own]
    return {key["Arn"] for key in described if key["KeyState"] != "PendingDeletion"}


def orphans(aws: AwsClients, before: set[str], state: str) -> set[str]:
    """The resources that were added to an account and are not in a stack's state.

    Resources that AWS creates with others are left out: a group's instances, and the rules of default security groups.

    Args:
        aws: clients of the account.
        before: the inventory before the stack was deployed.
        state: the stack's state as JSON.
    """
    return {id_ for id_ in inventory(aws) - before - _created_by_aws(aws("ec2")) if id_ not in state}


def _created_by_aws(ec2: Any) -> set[str]:
    in_groups = [{"Name": "tag-key", "Values": ["aws:autoscaling:groupName"]}]
    instances = jmespath.search("Reservations[].Instances[].InstanceId", ec2.describe_instances(Filters=in_groups))
    by_name = [{"Name": "group-name", "Values": ["default"]}]
    default_groups = jmespath.search("SecurityGroups[].GroupId", ec2.describe_security_groups(Filters=by_name))
    of_groups = [{"Name": "group-id", "Values": default_groups}]
    rules = ec2.describe_security_group_rules(Filters=of_groups)["SecurityGroupRules"]
    return {*instances, *(rule["SecurityGroupRuleId"] for rule in rules)}
