"""EC2 as AWS answers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.ec2.models.flow_logs import FlowLogs, FlowLogsBackend
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.utils import parse_user_data
from moto.s3.models import s3_backends

from sandbox.aws.patching import add, wrap


def close() -> None:
    """Close the gaps."""
    add(LaunchTemplate, "tags", property(LaunchTemplate.get_tags, _ignore_copy))
    wrap(LaunchTemplate, "create_version", _keep_template_tags_apart)
    wrap(LaunchTemplate, "create_version", _read_user_data)
    wrap(FlowLogsBackend, "create_flow_logs", _grant_log_delivery)
    wrap(NatGatewayBackend, "delete_nat_gateway", _let_its_address_go)
    add(SecurityGroupRule, "description", property(_rule_description))


def _ignore_copy(_template: LaunchTemplate, _tags: object) -> None:
    """moto copies a launch template's tags once, and then tells the copy whatever changes."""


def _keep_template_tags_apart(create_version: Callable[..., Any], template: Any, data: Any, description: str) -> Any:
    """A launch template's own tags are no part of what it launches.

    Source: EC2 API Reference, "CreateLaunchTemplate", TagSpecification.N.
    """
    specifications = data.get("TagSpecifications", [])
    launched = [item for item in specifications if item["ResourceType"] != "launch-template"]
    kept = {key: value for key, value in data.items() if key != "TagSpecifications"}
    return create_version(template, kept | ({"TagSpecifications": launched} if launched else {}), description)


def _read_user_data(create_version: Callable[..., Any], template: Any, data: Any, description: str) -> Any:
    """Instances of a later version boot too; moto reads the user data of the first version only, and launches no others.

    Source: EC2 API Reference, "CreateLaunchTemplateVersion", LaunchTemplateData.
    """
    if isinstance(user_data := data.get("UserData"), str):
        data = {**data, "UserData": parse_user_data(user_data)}
    return create_version(template, data, description)


def _grant_log_delivery(create: Callable[..., Any], backend: Any, *args: Any, **kwargs: Any) -> Any:
    """AWS lets itself into the bucket: it appends its statements to the bucket's policy unless they are there.

    Sources: VPC User Guide, "Amazon S3 bucket permissions for flow logs", which has the statements, and by which they
    even overwrite the policy; CloudWatch Logs User Guide, "Logs sent to Amazon S3", by which each is appended.
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


def _let_its_address_go(delete: Callable[..., Any], backend: Any, nat_gateway_id: str) -> Any:
    """A deleted NAT gateway has neither network interface nor address; moto keeps both.

    Source: EC2 API Reference, "DeleteNatGateway".
    """
    gateway = delete(backend, nat_gateway_id)
    for address in gateway.address_set:
        interface = backend.enis.pop(address["networkInterfaceId"])
        if interface.public_ip:
            backend.disassociate_address(address=interface.public_ip)
    return gateway


def _rule_description(rule: SecurityGroupRule) -> str | None:
    """Rules that name a group have one too; moto returns it for ranges only. It keeps a changed one with the range.

    Source: EC2 API Reference, "SecurityGroupRule", description.
    """
    return rule.ip_range.get("Description", rule.source_group.get("Description"))
