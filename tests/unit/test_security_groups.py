"""Who may connect to whom."""

import re

import pulumi
import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from components.security_groups import SecurityGroups, SecurityGroupsArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
EVERYBODY = "0.0.0.0/0"


@pytest.fixture(scope="module")
def groups(declare: Declare) -> Declaration:
    def program() -> None:
        args = SecurityGroupsArgs(vpc_id="vpc-1", allowed_cidrs=["203.0.113.0/24", "198.51.100.0/24"])
        made = SecurityGroups("net", args)
        pulumi.CustomResource("test:index:Probe", "probe", {"instances": made.instances_id})

    return declare(program)


def rules(groups: Declaration, direction: str) -> set[tuple[str, str, int | None, int | None]]:
    """Whose group, to or from whom, and the ports."""
    names = {group.id: group.name for group in groups.all("aws:ec2/securityGroup:SecurityGroup")}
    return {
        (
            names[rule.inputs["securityGroupId"]],
            rule.inputs.get("cidrIpv4") or names[rule.inputs["referencedSecurityGroupId"]],
            rule.inputs.get("fromPort"),
            rule.inputs.get("toPort"),
        )
        for rule in groups.all(direction)
    }


def test_clients_reach_the_load_balancer_alone_and_that_the_instances_alone(groups: Declaration) -> None:
    assert rules(groups, INGRESS) == {
        ("net-alb", "203.0.113.0/24", 443, 443),
        ("net-alb", "198.51.100.0/24", 443, 443),
        ("net-instances", "net-alb", 32768, 65535),
    }


def test_the_load_balancer_reaches_nothing_but_instances(groups: Declaration) -> None:
    assert rules(groups, EGRESS) == {
        ("net-alb", "net-instances", 32768, 65535),
        ("net-instances", EVERYBODY, None, None),
    }


def test_the_instances_group_is_known_once_they_have_a_way_out(groups: Declaration) -> None:
    assert groups.one(EGRESS, "net-instances-out").urn in groups.one("test:index:Probe").dependencies


def test_every_group_and_rule_has_a_description_that_ec2_takes(declare: Declare) -> None:
    """EC2 refuses an apostrophe (EC2 API Reference, "IpRange", Description)."""
    image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:3"
    isolated = declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(isolated=True, image=image)))
    described = [
        each for type_ in ("aws:ec2/securityGroup:SecurityGroup", INGRESS, EGRESS) for each in isolated.all(type_)
    ]
    taken = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=;{}!$*]{1,255}")
    assert [each.name for each in described if not taken.fullmatch(each.inputs.get("description", ""))] == []
