"""What EC2 refuses: names, and deleting what others still use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.internet_gateways import InternetGatewayBackend
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.models.subnets import SubnetBackend
from moto.ec2.models.vpcs import VPCBackend
from moto.elbv2.models import elbv2_backends

from sandbox.aws.patching import wrap

_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")


def enforce() -> None:
    """Enforce the rules."""
    wrap(SecurityGroupBackend, "create_security_group", _reserved_group_name)
    wrap(SecurityGroupBackend, "create_security_group", _invalid_group_description)
    wrap(SecurityGroupRule, "__init__", _invalid_rule_description)
    wrap(SecurityGroupBackend, "delete_security_group", _group_in_use)
    wrap(SubnetBackend, "delete_subnet", _subnet_in_use)
    wrap(VPCBackend, "delete_vpc", _vpc_in_use)
    wrap(InternetGatewayBackend, "detach_internet_gateway", _mapped_addresses)
    wrap(ElasticAddressBackend, "release_address", _address_in_use)
    wrap(NatGatewayBackend, "create_nat_gateway", _no_internet_gateway)


def has_internet_gateway(backend: Any, vpc_id: str) -> bool:
    """Whether a VPC has one attached. AWS creates default VPCs with one, moto without."""
    attached = {gateway.vpc.id for gateway in backend.internet_gateways.values() if gateway.vpc}
    return vpc_id in attached or backend.get_vpc(vpc_id).is_default


def _reserved_group_name(create: Callable[..., Any], backend: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """Source: EC2 API Reference, "CreateSecurityGroup", GroupName."""
    if name.startswith("sg-"):
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.",
        )
    return create(backend, name, *args, **kwargs)


def _group_in_use(delete: Callable[..., Any], backend: Any, name: Any = None, group_id: Any = None) -> Any:
    """Another group's rule, an instance, load balancer or endpoint uses it; its own rules do not count.

    Sources: EC2 API Reference, "DeleteSecurityGroup"; VPC User Guide, "Delete a security group".
    """
    groups = [group for in_vpc in backend.groups.values() for group in in_vpc.values() if group.id != group_id]
    rules = [rule for group in groups for rule in (*group.ingress_rules, *group.egress_rules)]
    used = {
        *(rule.source_group.get("GroupId") for rule in rules),
        *(group.id for interface in _interfaces(backend) for group in interface.group_set),
        *(id_ for balancer in _load_balancers(backend) for id_ in balancer.security_groups),
        *(id_ for endpoint in _endpoints(backend) for id_ in endpoint.security_group_ids or ()),
    }
    if group_id in used - {None}:
        raise DependencyViolationError(f"resource {group_id} has a dependent object")
    return delete(backend, name, group_id)


def _subnet_in_use(delete: Callable[..., Any], backend: Any, subnet_id: str) -> Any:
    """A network interface is in it: an instance's, NAT gateway's, interface endpoint's or load balancer's.

    Source: VPC User Guide, "Delete a subnet".
    """
    balanced = {subnet.id for balancer in _load_balancers(backend) for subnet in balancer.subnets}
    if subnet_id in balanced | {interface.subnet.id for interface in _interfaces(backend)}:
        raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    return delete(backend, subnet_id)


def _vpc_in_use(delete: Callable[..., Any], backend: Any, vpc_id: str) -> Any:
    """A gateway, an endpoint or a security group of its own is left; moto sees to subnets and route tables.

    Source: EC2 API Reference, "DeleteVpc".
    """
    gateways = [gateway for gateway in backend.internet_gateways.values() if gateway.vpc and gateway.vpc.id == vpc_id]
    endpoints = [endpoint for endpoint in _endpoints(backend) if endpoint.vpc_id == vpc_id]
    groups = [group for group in backend.groups[vpc_id].values() if group.name != "default"]
    if gateways or endpoints or groups:
        raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    return delete(backend, vpc_id)


def _mapped_addresses(detach: Callable[..., Any], backend: Any, internet_gateway_id: str, vpc_id: str) -> Any:
    """An instance, a NAT gateway or a load balancer has a public address.

    Sources: EC2 API Reference, "DetachInternetGateway"; hashicorp/terraform#497, terraform-aws-eks-jx#373 for the code.
    """
    public = [interface for interface in _interfaces(backend) if interface.vpc_id == vpc_id and interface.public_ip]
    facing = [
        balancer for balancer in _load_balancers(backend) if balancer.vpc_id == vpc_id and balancer.scheme != "internal"
    ]
    if public or facing:
        raise DependencyViolationError(
            f"Network {vpc_id} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway."
        )
    return detach(backend, internet_gateway_id, vpc_id)


def _address_in_use(release: Callable[..., Any], backend: Any, address: Any = None, allocation_id: Any = None) -> Any:
    """A NAT gateway has it.

    Sources: EC2 API Reference, "ReleaseAddress"; genevieve/leftovers#33 for the code.
    """
    if any(found.allocation_id == allocation_id and found.eni for found in backend.addresses):
        raise EC2ClientError("AuthFailure", "You do not have permission to access the specified resource.")
    return release(backend, address, allocation_id)


def _no_internet_gateway(create: Callable[..., Any], backend: Any, subnet_id: str, *args: Any, **kwargs: Any) -> Any:
    """EC2 takes the call, and the NAT gateway fails, unless it is private.

    Source: VPC User Guide, "Troubleshoot NAT gateways", NAT gateway creation fails.
    """
    gateway = create(backend, subnet_id, *args, **kwargs)
    if gateway.connectivity_type != "private" and not has_internet_gateway(backend, gateway.vpc_id):
        gateway.state, gateway.failure_code = "failed", "Gateway.NotAttached"
    return gateway


def _interfaces(backend: Any) -> Iterator[Any]:
    """The network interfaces; moto keeps those of terminated instances."""
    for interface in backend.enis.values():
        if not interface.instance or interface.instance.state != "terminated":
            yield interface


def _load_balancers(backend: Any) -> list[Any]:
    """Elastic Load Balancing's; moto gives them no network interfaces."""
    return list(elbv2_backends[backend.account_id][backend.region_name].load_balancers.values())


def _endpoints(backend: Any) -> list[Any]:
    return [endpoint for endpoint in backend.vpc_end_points.values() if endpoint.state != "deleted"]


def _invalid_group_description(
    create: Callable[..., Any], backend: Any, name: str, description: str, *args: Any, **kwargs: Any
) -> Any:
    """Source: EC2 API Reference, "CreateSecurityGroup", GroupDescription."""
    _check_description("security group", description)
    return create(backend, name, description, *args, **kwargs)


def _invalid_rule_description(init: Callable[..., Any], rule: Any, *args: Any, **kwargs: Any) -> None:
    """Source: EC2 API Reference, "IpRange" and "UserIdGroupPair", Description."""
    init(rule, *args, **kwargs)
    for described in (rule.ip_range, rule.source_group):
        _check_description("rule", described.get("Description", ""))


def _check_description(kind: str, description: str) -> None:
    if not _DESCRIPTION.fullmatch(description):
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Invalid {kind} description. Valid descriptions are strings less than 256 characters from the following "
            "set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        )
