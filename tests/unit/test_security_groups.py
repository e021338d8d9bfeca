"""The security groups and their rules."""

import re

import pulumi
import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from components.security_groups import SecurityGroups, SecurityGroupsArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
PREFIX_LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"
ANYWHERE = "0.0.0.0/0"


@pytest.fixture(scope="module")
def groups(declare: Declare) -> Declaration:
    def program() -> None:
        args = SecurityGroupsArgs(vpc_id="vpc-1", allowed_cidrs=["203.0.113.0/24", "198.51.100.0/24"])
        created = SecurityGroups("net", args)
        pulumi.CustomResource("test:index:Probe", "probe", {"instances": created.instances_id})

    return declare(program)


def rules(groups: Declaration, direction: str) -> set[tuple[str, str, int | None, int | None]]:
    """Return each rule's group, its other side, and its ports."""
    named = [*groups.all("aws:ec2/securityGroup:SecurityGroup"), *groups.all(PREFIX_LIST)]
    names = {each.id: each.name for each in named}
    return {
        (
            names[rule.inputs["securityGroupId"]],
            rule.inputs.get("cidrIpv4")
            or names[rule.inputs.get("prefixListId") or rule.inputs["referencedSecurityGroupId"]],
            rule.inputs.get("fromPort"),
            rule.inputs.get("toPort"),
        )
        for rule in groups.all(direction)
    }


def test_ingress_rules(groups: Declaration) -> None:
    assert rules(groups, INGRESS) == {
        ("net-alb", "net-clients", 443, 443),
        ("net-instances", "net-alb", 32768, 65535),
    }


def test_prefix_list_has_the_ranges_of_the_clients(groups: Declaration) -> None:
    inputs = groups.one(PREFIX_LIST).inputs
    assert [entry["cidr"] for entry in inputs["entries"]] == ["203.0.113.0/24", "198.51.100.0/24"]
    assert inputs["maxEntries"] == 2


def test_egress_rules(groups: Declaration) -> None:
    assert rules(groups, EGRESS) == {
        ("net-alb", "net-instances", 32768, 65535),
        ("net-instances", ANYWHERE, None, None),
    }


def test_instances_group_output_depends_on_its_egress_rule(groups: Declaration) -> None:
    assert groups.one(EGRESS, "net-instances-out").urn in groups.one("test:index:Probe").dependencies


def test_descriptions_are_valid(declare: Declare) -> None:
    """EC2 refuses an apostrophe (EC2 API Reference, "IpRange", Description)."""
    image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:3"
    isolated = declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(isolated=True, image=image)))
    resources = [
        each for type_ in ("aws:ec2/securityGroup:SecurityGroup", INGRESS, EGRESS) for each in isolated.all(type_)
    ]
    valid = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=;{}!$*]{1,255}")
    assert [each.name for each in resources if not valid.fullmatch(each.inputs.get("description", ""))] == []
