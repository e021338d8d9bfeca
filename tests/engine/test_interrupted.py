"""`pulumi up` is stopped, killed and refused, one after the other on a new stack: the next one goes on from there."""

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

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from sandbox.machine import processes
from tests.engine.configuring import configure, environment
from tests.engine.conftest import ROOT
from tests.engine.inventory import inventory, orphans
from tests.engine.steps import changed, exported, label, run

_CLIENTS = "203.0.113.0/24"
_RULE = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": _CLIENTS}]}
_VPC = "Vpc registry-vpc"
_BALANCER = "LoadBalancer registry-alb"
_LAST_BESIDE_IT = "ClusterCapacityProviders registry-capacity"
_SECONDS = 300


@pytest.fixture(scope="module")
def stack(api: AwsApi, folder: Path, empty: set[str]) -> auto.Stack:
    """The dev stack, nothing of it made."""
    return engine.create_stack(ROOT, "dev", api, folder / "dev")


@pytest.fixture
def unknown(stack: auto.Stack, aws: Callable[[str], Any], empty: set[str]) -> Callable[[], set[str]]:
    """Asks for what is in the account and not in the stack's state."""
    return lambda: orphans(aws, empty, exported(stack))


def test_stopped_by_ctrl_c(
    stack: auto.Stack, aws: Callable[[str], Any], folder: Path, unknown: Callable[[], set[str]]
) -> None:
    ec2, log = aws("ec2"), folder / "stopped.log"
    # It is there at once, and the provider waits for it for seconds.
    _interrupt(stack, signal.SIGINT, lambda: f"{_VPC} creating" in log.read_text() and _vpcs(ec2) != [], log)
    before, _, after = log.read_text().partition("^C received")
    assert f"{_VPC} created" not in before
    # What had begun was taken to its end, and nothing is locked.
    assert f"{_VPC} created" in after
    assert _pending(stack) == {}
    assert unknown() == set()
    left = changed(run(stack.preview))
    assert _VPC not in left
    assert left["DefaultSecurityGroup registry-default"] == "create"


def test_killed(stack: auto.Stack, aws: Callable[[str], Any], folder: Path, unknown: Callable[[], set[str]]) -> None:
    _interrupt(stack, signal.SIGKILL, lambda: _waits_for_the_balancer(stack, folder), folder / "killed.log")
    with pytest.raises(auto.ConcurrentUpdateError):
        run(stack.up)
    stack.cancel()
    # Whether AWS made it, only AWS can tell. By the name in the state it is found, and deleted.
    elbv2, begun = aws("elbv2"), _pending(stack)
    [left] = elbv2.describe_load_balancers(Names=[begun[_BALANCER]["name"]])["LoadBalancers"]
    assert unknown() == {left["LoadBalancerArn"]}
    elbv2.delete_load_balancer(LoadBalancerArn=left["LoadBalancerArn"])
    run(stack.refresh, clear_pending_creates=True)
    assert _pending(stack) == {}
    assert unknown() == set()


def test_next_up_completes_it(stack: auto.Stack, aws: Callable[[str], Any], unknown: Callable[[], set[str]]) -> None:
    run(stack.up)
    assert changed(run(stack.preview)) == {}
    assert unknown() == set()
    made = [resource["urn"] for resource in _resources(stack)]
    assert len(made) == len(set(made))
    assert len(aws("elbv2").describe_load_balancers()["LoadBalancers"]) == 1


def test_one_resource_is_refused(stack: auto.Stack, aws: Callable[[str], Any], unknown: Callable[[], set[str]]) -> None:
    [balancer] = aws("elbv2").describe_load_balancers()["LoadBalancers"]
    [group] = balancer["SecurityGroups"]
    # The same rule, made by hand: AWS takes no duplicate.
    by_hand = aws("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[_RULE])["SecurityGroupRules"]
    configure(stack, {"allowedCidrs[0]": _CLIENTS})
    with pytest.raises(auto.CommandError, match=r"InvalidPermission\.Duplicate"):
        run(stack.up)
    assert _pending(stack) == {}
    assert unknown() == {rule["SecurityGroupRuleId"] for rule in by_hand}
    aws("ec2").revoke_security_group_ingress(GroupId=group, IpPermissions=[_RULE])
    assert changed(run(stack.up)) == {
        f"SecurityGroupIngressRule registry-clients-{_CLIENTS}": "create",
        "SecurityGroupIngressRule registry-clients-0.0.0.0/0": "delete",
    }
    assert changed(run(stack.preview)) == {}
    assert unknown() == set()


def test_destroy_leaves_nothing(stack: auto.Stack, aws: Callable[[str], Any], empty: set[str]) -> None:
    run(stack.destroy)
    assert inventory(aws) == empty


def _interrupt(stack: auto.Stack, how: signal.Signals, when: Callable[[], bool], log: Path) -> None:
    """Sends a signal to a `pulumi up` at a certain moment, and ends whatever that left running."""
    argv = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color=never", "--stack", stack.name]
    cwd = Path(stack.workspace.work_dir)
    with processes.running(argv, log=log, env=environment(stack), cwd=cwd) as cli:
        processes.wait_until(when, "the moment to interrupt", seconds=_SECONDS, process=cli, log=log)
        cli.send_signal(how)
        status = cli.wait(_SECONDS)
        _end_session(cli.pid)
    assert status != 0


def _end_session(leader: int) -> None:
    """Ends the processes in a session: the plugins of a CLI that was killed."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended by itself
            # After the command's closing parenthesis: state, parent, group, session.
            if int(file.read_text().rpartition(")")[2].split()[3]) == leader:
                os.kill(int(file.parent.name), signal.SIGKILL)


def _waits_for_the_balancer(stack: auto.Stack, folder: Path) -> bool:
    """Whether that alone is being made, but for buckets' rules, which can be made twice.

    By the state as the CLI has written it: what its output calls created may not be in there yet.
    """
    file = folder / "dev" / "backend" / ".pulumi" / "stacks" / "registry" / f"{stack.name}.json"
    try:
        state = json.loads(file.read_text())["checkpoint"]["latest"]
    except (OSError, ValueError, KeyError):  # it is being written
        return False
    begun = {label(operation["resource"]["urn"]) for operation in state.get("pending_operations") or ()}
    made = {label(resource["urn"]) for resource in state.get("resources") or ()}
    alone = {name for name in begun if not name.startswith("BucketLifecycleConfiguration ")} == {_BALANCER}
    return alone and _LAST_BESIDE_IT in made


def _vpcs(ec2: Any) -> list[dict[str, Any]]:
    """All but the account's default one."""
    return ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]


def _resources(stack: auto.Stack) -> list[dict[str, Any]]:
    return (stack.export_stack().deployment or {}).get("resources") or []


def _pending(stack: auto.Stack) -> dict[str, dict[str, Any]]:
    """The inputs of what was begun and, for all that the state knows, not finished."""
    operations = (stack.export_stack().deployment or {}).get("pending_operations") or ()
    return {label(operation["resource"]["urn"]): operation["resource"]["inputs"] for operation in operations}
