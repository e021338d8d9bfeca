"""Gaps of moto's EC2: tags of launch templates, flow logs, NAT gateways, security group rules, prefix lists."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

from moto.ec2.models.flow_logs import FlowLogs, FlowLogsBackend
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses.vpcs import VPCs
from moto.ec2.utils import parse_user_data
from moto.s3.models import s3_backends

from sandbox.aws.patching import add, around

# moto copies a launch template's tags at its creation, and returns the copy after the tags have changed.
add(LaunchTemplate, "tags", property(LaunchTemplate.get_tags, lambda _template, _copy: None))


@around(LaunchTemplate, "create_version")
def _leave_out_template_tags(create_version: Callable[..., Any], template: Any, data: Any, description: str) -> Any:
    """A version of a launch template does not contain the tags of the template itself.

    Source: EC2 API Reference, "CreateLaunchTemplate", TagSpecification.N.
    """
    specifications = data.get("TagSpecifications", [])
    launched = [item for item in specifications if item["ResourceType"] != "launch-template"]
    kept = {key: value for key, value in data.items() if key != "TagSpecifications"}
    return create_version(template, kept | ({"TagSpecifications": launched} if launched else {}), description)


@around(LaunchTemplate, "create_version")
def _parse_user_data(create_version: Callable[..., Any], template: Any, data: Any, description: str) -> Any:
    """Instances start from any version. moto parses the user data of the first version only, and starts no others.

    Source: EC2 API Reference, "CreateLaunchTemplateVersion", LaunchTemplateData.
    """
    if isinstance(user_data := data.get("UserData"), str):
        data = {**data, "UserData": parse_user_data(user_data)}
    return create_version(template, data, description)


@around(FlowLogsBackend, "create_flow_logs")
def _allow_log_delivery(create: Callable[..., Any], backend: Any, *args: Any, **kwargs: Any) -> Any:
    """AWS appends its statements to the bucket policy, if they are missing.

    Sources: VPC User Guide, "Amazon S3 bucket permissions for flow logs", has the statements, and says that they
    overwrite the policy; CloudWatch Logs User Guide, "Logs sent to Amazon S3", says that they are appended.
    """
    created, unsuccessful = create(backend, *args, **kwargs)
    for flow_log in created:
        if flow_log.log_destination_type == "s3":
            _append_missing(backend, flow_log)
    return created, unsuccessful


def _append_missing(backend: Any, flow_log: FlowLogs) -> None:
    s3, name = s3_backends[backend.account_id][backend.partition], flow_log.log_destination.rpartition(":")[2]
    policy = json.loads(s3.get_bucket_policy(name) or '{"Version": "2012-10-17", "Statement": []}')
    policy["Statement"] += [
        statement for statement in _log_delivery(backend, name) if statement not in policy["Statement"]
    ]
    s3.put_bucket_policy(name, json.dumps(policy).encode())


def _log_delivery(backend: Any, bucket: str) -> list[dict[str, Any]]:
    account, arn = backend.account_id, f"arn:{backend.partition}:s3:::{bucket}"
    from_logs = {"ArnLike": {"aws:SourceArn": f"arn:{backend.partition}:logs:{backend.region_name}:{account}:*"}}
    own_account = {"aws:SourceAccount": account}
    common = {"Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}}
    return [
        {
            "Sid": "AWSLogDeliveryWrite",
            **common,
            "Action": "s3:PutObject",
            "Resource": f"{arn}/AWSLogs/{account}/*",
            "Condition": {"StringEquals": {**own_account, "s3:x-amz-acl": "bucket-owner-full-control"}, **from_logs},
        },
        {
            "Sid": "AWSLogDeliveryAclCheck",
            **common,
            "Action": "s3:GetBucketAcl",
            "Resource": arn,
            "Condition": {"StringEquals": own_account, **from_logs},
        },
    ]


@around(NatGatewayBackend, "delete_nat_gateway")
def _release_network_interface(delete: Callable[..., Any], backend: Any, nat_gateway_id: str) -> Any:
    """A deleted NAT gateway has no network interface and no address. moto keeps both.

    Source: EC2 API Reference, "DeleteNatGateway".
    """
    gateway = delete(backend, nat_gateway_id)
    for address in gateway.address_set:
        interface = backend.enis.pop(address["networkInterfaceId"])
        if interface.public_ip:
            backend.disassociate_address(address=interface.public_ip)
    return gateway


@around(SecurityGroupRule, "__init__")
def _keep_prefix_list(init: Callable[..., Any], rule: Any, *args: Any, **kwargs: Any) -> None:
    init(rule, *args, **kwargs)
    rule.prefix_list = inspect.signature(init).bind(rule, *args, **kwargs).arguments.get("prefix_list_id") or {}


def _rule_description(rule: Any) -> str | None:
    """A rule whose peer is a security group or a prefix list has a description. moto returns it only for IP ranges.

    Source: EC2 API Reference, "SecurityGroupRule", description.
    """
    # moto stores a changed description in the IP range.
    peers = (rule.ip_range, rule.source_group, rule.prefix_list)
    return next((peer["Description"] for peer in peers if "Description" in peer), None)


add(SecurityGroupRule, "description", property(_rule_description))


@around(VPCs, "modify_managed_prefix_list")
def _resize_prefix_list(modify: Callable[..., Any], response: Any) -> Any:
    """A change of the size alone keeps the name. moto ignores the size, and forgets a name that is not in the request.

    Source: EC2 API Reference, "ModifyManagedPrefixList", MaxEntries and PrefixListName.
    """
    prefix_list = response.ec2_backend.managed_prefix_lists[response._get_param("PrefixListId")]
    name = prefix_list.prefix_list_name
    result = modify(response)
    prefix_list.prefix_list_name = response._get_param("PrefixListName") or name
    prefix_list.max_entries = response._get_param("MaxEntries") or prefix_list.max_entries
    return result
