"""Cancel and kill `pulumi up` of a new stack, let AWS refuse a rule, and continue. The tests build on each other."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox.machine import processes
from tests.engine.commands import encrypted_state, resource_label, run, stack_declaration
from tests.engine.configuring import configure, environment
from tests.engine.inventory import inventory, orphans
from tests.engine.queries import AwsClients, load_balancer
from tests.engine.stacks import ROOT, CreateStack

_RULE = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
_VPC = "Vpc registry-vpc"
_LOAD_BALANCER = "LoadBalancer registry-alb"
_LAST_PARALLEL_RESOURCE = "ClusterCapacityProviders registry-capacity"
_TIMEOUT_SECONDS = 300


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack, empty_account: set[str]) -> auto.Stack:
    """The dev stack, which is not deployed."""
    return create_stack(ROOT, "dev")


@pytest.fixture
def unmanaged(stack: auto.Stack, aws: AwsClients, empty_account: set[str]) -> Callable[[], set[str]]:
    """Lists the resources in the account that the stack's state does not contain."""
    return lambda: orphans(aws, empty_account, encrypted_state(stack))


def test_cancelled_up_completes_started_operations(
    stack: auto.Stack, aws: AwsClients, folder: Path, unmanaged: Callable[[], set[str]]
) -> None:
    log = folder / "cancelled.log"

    # AWS creates a VPC at once, and the provider polls it for some seconds.
    _interrupt_up(stack, signal.SIGINT, lambda: f"{_VPC} creating" in log.read_text() and _vpc_exists(aws), log)

    before, _, after = log.read_text().partition("^C received")
    assert f"{_VPC} created" not in before
    assert f"{_VPC} created" in after
    assert _pending_operations(stack) == {}
    assert unmanaged() == set()
    # The stack is not locked, and the preview continues.
    remaining = run(stack.preview).changes
    assert _VPC not in remaining
    assert remaining["DefaultSecurityGroup registry-default"] == "create"


def test_killed_up_leaves_a_lock_and_a_pending_operation(
    stack: auto.Stack, aws: AwsClients, folder: Path, unmanaged: Callable[[], set[str]]
) -> None:
    _interrupt_up(stack, signal.SIGKILL, lambda: _only_load_balancer_is_pending(stack), folder / "killed.log")

    with pytest.raises(auto.ConcurrentUpdateError):
        run(stack.up)
    stack.cancel()
    # The state has the name of the load balancer, and AWS has created it.
    name = _pending_operations(stack)[_LOAD_BALANCER]["name"]
    [created] = aws("elbv2").describe_load_balancers(Names=[name])["LoadBalancers"]
    assert unmanaged() == {created["LoadBalancerArn"]}
    # Repair the state as docs/operations.md describes.
    aws("elbv2").delete_load_balancer(LoadBalancerArn=created["LoadBalancerArn"])
    run(stack.refresh, clear_pending_creates=True)
    assert _pending_operations(stack) == {}
    assert unmanaged() == set()


def test_next_up_completes_the_deployment(
    stack: auto.Stack, aws: AwsClients, unmanaged: Callable[[], set[str]]
) -> None:
    run(stack.up)

    assert run(stack.preview).changes == {}
    assert unmanaged() == set()
    assert load_balancer(aws)
    urns = [resource["urn"] for resource in (stack.export_stack().deployment or {})["resources"]]
    assert len(urns) == len(set(urns))


def test_up_continues_after_aws_refused_a_resource(
    stack: auto.Stack, aws: AwsClients, unmanaged: Callable[[], set[str]]
) -> None:
    ec2, group = aws("ec2"), _id(stack, "aws:ec2/securityGroup:SecurityGroup", "registry-alb")
    prefix_list = _id(stack, "aws:ec2/managedPrefixList:ManagedPrefixList", "registry-clients")
    rule = {**_RULE, "PrefixListIds": [{"PrefixListId": prefix_list}]}
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])
    run(stack.refresh)
    # AWS refuses a duplicate of this rule.
    added = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])["SecurityGroupRules"]

    with pytest.raises(auto.CommandError, match=r"InvalidPermission\.Duplicate"):
        run(stack.up)
    assert _pending_operations(stack) == {}
    assert unmanaged() == {rule["SecurityGroupRuleId"] for rule in added}

    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert run(stack.up).changes == {"SecurityGroupIngressRule registry-clients": "create"}
    assert run(stack.preview).changes == {}
    assert unmanaged() == set()


def test_changed_ranges_of_clients_change_no_rule(stack: auto.Stack, aws: AwsClients) -> None:
    ranges = ["203.0.113.0/24", "198.51.100.0/24"]
    configure(stack, {f"allowedCidrs[{number}]": cidr for number, cidr in enumerate(ranges)})
    # The images bucket admits presigned requests from the same ranges.
    expected = {"ManagedPrefixList registry-clients": "update", "BucketPolicy registry-images": "update"}
    assert run(stack.up).changes == expected
    prefix_list = _id(stack, "aws:ec2/managedPrefixList:ManagedPrefixList", "registry-clients")
    entries = aws("ec2").get_managed_prefix_list_entries(PrefixListId=prefix_list)["Entries"]
    assert {entry["Cidr"] for entry in entries} == set(ranges)
    assert run(stack.preview).changes == {}


def test_destroy_deletes_everything(stack: auto.Stack, aws: AwsClients, empty_account: set[str]) -> None:
    run(stack.destroy)
    assert inventory(aws) == empty_account


def _id(stack: auto.Stack, type_: str, name: str) -> str:
    return stack_declaration(stack).one(type_, name).id


def _interrupt_up(stack: auto.Stack, with_signal: signal.Signals, when: Callable[[], bool], log: Path) -> None:
    """Start `pulumi up`, send it a signal when a condition is met, and end the processes that it leaves behind."""
    argv = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color=never", "--stack", stack.name]
    cwd = Path(stack.workspace.work_dir)
    with processes.running(argv, log=log, env=environment(stack), cwd=cwd) as cli:
        processes.wait_until(when, "the moment to interrupt", seconds=_TIMEOUT_SECONDS, process=cli, log=log)
        cli.send_signal(with_signal)
        status = cli.wait(_TIMEOUT_SECONDS)
        _kill_session(cli.pid)
    assert status != 0


def _kill_session(leader: int) -> None:
    """Kill the processes of a session: the plugins of a CLI that was killed."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # the process has ended
            # The fields after the command in parentheses are state, parent, group, session.
            if int(file.read_text().rpartition(")")[2].split()[3]) == leader:
                os.kill(int(file.parent.name), signal.SIGKILL)


def _only_load_balancer_is_pending(stack: auto.Stack) -> bool:
    """Whether the load balancer is the only pending operation, and the resources created in parallel are complete.

    Lifecycle rules of buckets may be pending too: creating them again is harmless. This reads the state file, since
    the CLI may print that a resource was created before it writes the state.
    """
    backend = Path(stack.workspace.env_vars["PULUMI_BACKEND_URL"].removeprefix("file://"))
    try:
        text = (backend / ".pulumi" / "stacks" / "registry" / f"{stack.name}.json").read_text()
        state = json.loads(text)["checkpoint"]["latest"]
    except (OSError, ValueError, KeyError):  # the CLI is writing the file
        return False
    pending = {resource_label(operation["resource"]["urn"]) for operation in state.get("pending_operations") or ()}
    created = {resource_label(resource["urn"]) for resource in state.get("resources") or ()}
    relevant = {resource for resource in pending if not resource.startswith("BucketLifecycleConfiguration ")}
    return relevant == {_LOAD_BALANCER} and _LAST_PARALLEL_RESOURCE in created


def _vpc_exists(aws: AwsClients) -> bool:
    """Whether there is a VPC other than the account's default VPC."""
    return aws("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"] != []


def _pending_operations(stack: auto.Stack) -> dict[str, dict[str, Any]]:
    """The inputs of each resource with an operation that, according to the state, did not complete."""
    operations = (stack.export_stack().deployment or {}).get("pending_operations") or ()
    return {resource_label(operation["resource"]["urn"]): operation["resource"]["inputs"] for operation in operations}
