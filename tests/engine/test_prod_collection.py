"""A garbage collection of the prod stack as the AWS API sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi import automation as auto

from sandbox.machine.processes import wait_until
from tests.engine.collecting import REPOSITORY, change_wait, refusals, start_collection, state_machine
from tests.engine.commands import preview_drift, run, run_failing
from tests.engine.configuring import configured
from tests.engine.stacks import DeployedStack

# The watcher takes 30 s at most to see that the collection has ended, and 30 s to let a task appear.
_WATCHER_SECONDS = 2 * (30 + 30)


@contextmanager
def repository(prod: DeployedStack) -> Iterator[None]:
    s3, bucket = prod.aws("s3"), prod.declaration.one("aws:s3/bucket:Bucket", "registry-images").id
    version = s3.put_object(Bucket=bucket, Key=REPOSITORY)["VersionId"]
    yield
    s3.delete_object(Bucket=bucket, Key=REPOSITORY, VersionId=version)


def logged_states(prod: DeployedStack) -> set[str]:
    """The states that executions entered, by the declared log."""
    log_group = prod.declaration.one("aws:cloudwatch/logGroup:LogGroup", "registry-collection").id
    events = prod.aws("logs").filter_log_events(logGroupName=log_group)["events"]
    return {json.loads(event["message"])["details"].get("name", "") for event in events}


def test_collection_in_progress_is_no_drift_and_survives_an_up(prod: DeployedStack) -> None:
    """It cannot be turned off in the middle. When it is stopped, the declared watcher ends its refusal."""
    states = prod.aws("stepfunctions")

    def status(execution: str) -> str:
        return states.describe_execution(executionArn=execution)["status"]

    with repository(prod):
        change_wait(prod, 300)  # for the `up`, which sets the state machine to what is declared
        execution = start_collection(prod)
        refusal = refusals(prod)
        changes = run(prod.stack.up, refresh=True).changes
        changed = {resource for resource, operation in changes.items() if operation != auto.OpType.REFRESH}
        assert changed == {"StateMachine registry-collection"}
        assert (refusals(prod), status(execution)) == (refusal, "RUNNING")
        assert preview_drift(prod.stack) == {}
        assert "Refuse pushes" in logged_states(prod)
        with configured(prod.stack, {}):
            prod.stack.remove_config("registry:garbageCollection")
            error = "".join(run_failing(prod.stack.preview).errors)
        assert "registry:garbageCollection: changes while a garbage collection runs" in error
        assert refusal[0]["RuleArn"] in error

        states.stop_execution(executionArn=execution)
        wait_until(lambda: refusals(prod) == [], "the end of the refusal", seconds=_WATCHER_SECONDS)
        [watcher] = states.list_executions(stateMachineArn=state_machine(prod, "-watcher"))["executions"]
        wait_until(lambda: status(watcher["executionArn"]) == "FAILED", "the end of the watcher", seconds=10)
        assert preview_drift(prod.stack) == {}
