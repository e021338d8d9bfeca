"""Calls that EC2 refuses: reserved names, invalid descriptions, and deleting resources that are in use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.internet_gateways import InternetGatewayBackend
from moto.ec2.models.managed_prefixes import ManagedPrefixListBackend
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.models.subnets import SubnetBackend
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses.vpcs import VPCs
from moto.elbv2.models import elbv2_backends

from sandbox.aws.patching import around, refuses

_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")


def has_internet_gateway(backend: Any, vpc_id: str) -> bool:
    """Whether an internet gateway is attached to a VPC. AWS creates default VPCs with one, moto without."""
    attached = {gateway.vpc.id for gateway in backend.internet_gateways.values() if gateway.vpc}
    return vpc_id in attached or backend.get_vpc(vpc_id).is_default


@refuses(SecurityGroupBackend, "create_security_group", "InvalidParameterValue")
def _reserved_group_name(_backend: Any, name: str) -> str | None:
    """Source: EC2 API Reference, "CreateSecurityGroup", GroupName."""
    if name.startswith("sg-"):
        return f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*."
    return None


@refuses(SecurityGroupBackend, "create_security_group", "InvalidParameterValue")
def _invalid_group_description(_backend: Any, description: str) -> str | None:
    """Source: EC2 API Reference, "CreateSecurityGroup", GroupDescription."""
    return None if _DESCRIPTION.fullmatch(description) else _invalid_description("security group")


@refuses(SecurityGroupRule, "__init__", "InvalidParameterValue")
def _invalid_rule_description(
    _rule: Any, ip_range: Mapping[str, str] | None, source_group: Mapping[str, str] | None
) -> str | None:
    """Source: EC2 API Reference, "IpRange" and "UserIdGroupPair", Description."""
    descriptions = [(peer or {}).get("Description", "") for peer in (ip_range, source_group)]
    return None if all(map(_DESCRIPTION.fullmatch, descriptions)) else _invalid_description("rule")


def _invalid_description(kind: str) -> str:
    return (
        f"Invalid {kind} description. Valid descriptions are strings less than 256 characters from the following "
        "set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
    )


@refuses(SecurityGroupBackend, "delete_security_group", "DependencyViolation")
def _group_in_use(backend: Any, group_id: str | None) -> str | None:
    """A rule of another group, an instance, a load balancer or an endpoint uses the group.

    Sources: EC2 API Reference, "DeleteSecurityGroup"; VPC User Guide, "Delete a security group".
    """
    groups = [group for in_vpc in backend.groups.values() for group in in_vpc.values() if group.id != group_id]
    rules = [rule for group in groups for rule in (*group.ingress_rules, *group.egress_rules)]
    used = {
        *(rule.source_group.get("GroupId") for rule in rules),
        *(group.id for interface in _network_interfaces(backend) for group in interface.group_set),
        *(id_ for load_balancer in _load_balancers(backend) for id_ in load_balancer.security_groups),
        *(id_ for endpoint in _endpoints(backend) for id_ in endpoint.security_group_ids or ()),
    }
    return f"resource {group_id} has a dependent object" if group_id in used - {None} else None


@refuses(VPCs, "modify_managed_prefix_list", "InvalidParameterCombination")
def _entries_and_size_at_once(response: Any) -> str | None:
    """Sources: EC2 API Reference, "ModifyManagedPrefixList", MaxEntries; terraform-provider-aws#26034."""
    entries = [*response._get_param("AddEntries", []), *response._get_param("RemoveEntries", [])]
    if entries and response._get_param("MaxEntries"):
        return "You cannot modify the entries and the maximum entries for the prefix list in the same request."
    return None


@refuses(SubnetBackend, "delete_subnet", "DependencyViolation")
def _subnet_in_use(backend: Any, subnet_id: str) -> str | None:
    """The subnet has a network interface: of an instance, NAT gateway, interface endpoint or load balancer.

    Source: VPC User Guide, "Delete a subnet".
    """
    used = {interface.subnet.id for interface in _network_interfaces(backend)}
    used |= {subnet.id for load_balancer in _load_balancers(backend) for subnet in load_balancer.subnets}
    return f"The subnet '{subnet_id}' has dependencies and cannot be deleted." if subnet_id in used else None


@refuses(VPCBackend, "delete_vpc", "DependencyViolation")
def _vpc_in_use(backend: Any, vpc_id: str) -> str | None:
    """The VPC has an internet gateway, an endpoint or a security group. moto checks subnets and route tables.

    Source: EC2 API Reference, "DeleteVpc".
    """
    gateways = [gateway for gateway in backend.internet_gateways.values() if gateway.vpc and gateway.vpc.id == vpc_id]
    endpoints = [endpoint for endpoint in _endpoints(backend) if endpoint.vpc_id == vpc_id]
    groups = [group for group in backend.groups[vpc_id].values() if group.name != "default"]
    return f"The vpc '{vpc_id}' has dependencies and cannot be deleted." if gateways or endpoints or groups else None


@refuses(InternetGatewayBackend, "detach_internet_gateway", "DependencyViolation")
def _mapped_public_addresses(backend: Any, vpc_id: str) -> str | None:
    """An instance, a NAT gateway or a load balancer of the VPC has a public address.

    Sources: EC2 API Reference, "DetachInternetGateway"; code: hashicorp/terraform#497, terraform-aws-eks-jx#373.
    """
    interfaces = [each for each in _network_interfaces(backend) if each.vpc_id == vpc_id and each.public_ip]
    internet_facing = [each for each in _load_balancers(backend) if each.vpc_id == vpc_id and each.scheme != "internal"]
    if interfaces or internet_facing:
        return (
            f"Network {vpc_id} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway."
        )
    return None


@refuses(ElasticAddressBackend, "release_address", "AuthFailure")
def _address_in_use(backend: Any, allocation_id: str | None) -> str | None:
    """A NAT gateway uses the address.

    Sources: EC2 API Reference, "ReleaseAddress"; code: genevieve/leftovers#33.
    """
    if any(address.allocation_id == allocation_id and address.eni for address in backend.addresses):
        return "You do not have permission to access the specified resource."
    return None


@around(NatGatewayBackend, "create_nat_gateway")
def _public_nat_gateway_without_internet_gateway(
    create: Callable[..., Any], backend: Any, *args: Any, **kwargs: Any
) -> Any:
    """EC2 accepts the call, and the NAT gateway gets the state "failed".

    Source: VPC User Guide, "Troubleshoot NAT gateways", NAT gateway creation fails.
    """
    gateway = create(backend, *args, **kwargs)
    if gateway.connectivity_type != "private" and not has_internet_gateway(backend, gateway.vpc_id):
        gateway.state, gateway.failure_code = "failed", "Gateway.NotAttached"
    return gateway


def _network_interfaces(backend: Any) -> Iterator[Any]:
    """The network interfaces. moto keeps those of terminated instances."""
    for interface in backend.enis.values():
        if not interface.instance or interface.instance.state != "terminated":
            yield interface


def _load_balancers(backend: Any) -> list[Any]:
    """The load balancers. moto gives them no network interfaces."""
    return list(elbv2_backends[backend.account_id][backend.region_name].load_balancers.values())


def _endpoints(backend: Any) -> list[Any]:
    return [endpoint for endpoint in backend.vpc_end_points.values() if endpoint.state != "deleted"]


@around(ManagedPrefixListBackend, "delete_managed_prefix_list")
def _prefix_list_in_use(delete: Callable[..., Any], backend: Any, prefix_list_id: str) -> Any:
    """While a rule refers to the prefix list, EC2 accepts the call, and the prefix list gets the state "delete-failed".

    Sources: EC2 API Reference, "DeleteManagedPrefixList"; terraform-provider-aws#20991.
    """
    groups = [group for in_vpc in backend.groups.values() for group in in_vpc.values()]
    rules = [rule for group in groups for rule in (*group.ingress_rules, *group.egress_rules)]
    if all(rule.prefix_list_id != prefix_list_id for rule in rules):
        return delete(backend, prefix_list_id)
    prefix_list = backend.managed_prefix_lists[prefix_list_id]
    prefix_list.state = "delete-failed"
    return prefix_list
