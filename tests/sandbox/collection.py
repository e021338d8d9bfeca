"""Garbage collections: the declared state machines run, on real replicas behind a real load balancer.

The emulated AWS API has the cluster, the listener and the executions. A loop does what ECS and Elastic Load Balancing
do with them: it starts and stops the collection's task, and applies the listener's rules.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.aws.emulator import AwsApi
from sandbox.ecs.agent import Container
from sandbox.ecs.bubblewrap_runtime import BubblewrapRuntime
from sandbox.ecs.runtime import RunningContainer
from sandbox.ecs.task import running_task
from sandbox.evaluation.declared import Declaration, Resource
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from tests.sandbox.aws_api.networks import subnet_ids
from tests.sandbox.helpers import registry_process

_MACHINE = "aws:sfn/stateMachine:StateMachine"
_POLICY = "aws:iam/rolePolicy:RolePolicy"
_TASK = "aws:ecs/taskDefinition:TaskDefinition"
# State machines wait for whole seconds only. With this tag, their clock is faster (sandbox/aws/moto_gaps).
_SPEED_TAG, _SPEED = "sandbox:speed", 10
# How long states wait, in seconds of this machine's clock: for requests under way, for ECS to stop a task, and for one
# that it cannot stop, with the limit of UNREACHABLE_SECONDS.
UNREACHABLE_SECONDS = 20
_SECONDS = {"Let requests end": 1, "Let it stop": 2, "Let it end itself": UNREACHABLE_SECONDS // 2}
_POLL_SECONDS = 0.3
_LIMIT_SECONDS = 60
_HELD = "Held"
_LOOP_SECONDS = 0.2
_END_SECONDS = 60

Change = Callable[[dict[str, Any]], dict[str, Any]]
"""Changes the definition of a state machine."""


@dataclass
class Collections:
    """Runs collections.

    Attributes:
        s3: the S3 of the collections' tasks.
        tasks: the tasks that have not ended as far as ECS knows, by their ARNs.
        outputs: the output of each task that has ended.
        refuses: whether the load balancer refuses pushes.
        overlapped: whether a task that deletes ran while the load balancer accepted pushes.
    """

    sandbox: Sandbox
    declaration: Declaration
    folder: Path
    s3: AwsApi
    tasks: dict[str, RunningContainer] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    refuses: bool = False
    overlapped: bool = False
    _connected: bool = True
    _terminated: bool = False
    _exits: dict[str, ExitStack] = field(default_factory=dict)
    _arns: dict[str, str] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)
    _name: str = field(default_factory=lambda: f"gc-{uuid.uuid4().hex[:8]}")

    @property
    def listener(self) -> str:
        """The ARN of the listener."""
        return self._arns[self.declaration.one("aws:lb/listener:Listener").outputs["arn"]]

    def aws(self, service: str) -> Any:
        """A boto3 client. To create one takes longer than most calls."""
        if service not in self._clients:
            self._clients[service] = self.sandbox.stack.aws(service)
        return self._clients[service]

    def rules(self) -> list[Mapping[str, Any]]:
        """The listener's rules."""
        return self.aws("elbv2").describe_rules(ListenerArn=self.listener)["Rules"]

    def start(self, *changes: Change, dry_run: bool = False) -> str:
        """Start a collection with a changed state machine, and return the ARN of its execution."""
        machine = self._create_machine("collection", limited_to(_LIMIT_SECONDS), *changes)
        started = self.aws("stepfunctions").start_execution(
            stateMachineArn=machine, name=uuid.uuid4().hex, input=json.dumps({"dryRun": dry_run})
        )
        return started["executionArn"]

    def stop(self, execution: str) -> None:
        """Stop a collection as a person would do."""
        self.aws("stepfunctions").stop_execution(executionArn=execution)

    def wait_until_held(self, execution: str) -> None:
        """Wait until a collection is where `held_after` holds it."""
        wait_until(lambda: _HELD in self.phases(execution), f"the state {_HELD}", seconds=_END_SECONDS)

    def wait_for_end(self, execution: str) -> str:
        """Wait until a collection has ended, and return its status."""
        return self._wait(execution)

    def kill_tasks(self) -> None:
        """Kill the registry's command in each task."""
        for task in self.tasks.values():
            os.kill(registry_process(task), signal.SIGKILL)

    @contextmanager
    def terminated_instance(self) -> Iterator[None]:
        """Terminate the tasks' instance. ECS stops them, and has no exit codes (apache/airflow#4039)."""
        self._terminated = True
        self.kill_tasks()
        yield
        self._terminated = False

    @contextmanager
    def unreachable_instance(self) -> Iterator[None]:
        """Let ECS lose the connection to the tasks' instance. They run on (aws/containers-roadmap#2040)."""
        self._connected = False
        yield
        self._connected = True

    def watcher_status(self, execution: str) -> str:
        """Wait until the watcher of a collection has ended, and return its status."""
        name = self._arns[self._machine("collection-watcher").outputs["arn"]].rpartition(":")[2]
        head, _, run = execution.rpartition(":")
        return self._wait(f"{head.rpartition(':')[0]}:{name}:{run}")

    def report(self, execution: str) -> Mapping[str, Any]:
        """The output of a collection."""
        return json.loads(self.aws("stepfunctions").describe_execution(executionArn=execution)["output"])

    def phases(self, execution: str) -> list[str]:
        """The states that a collection has entered."""
        events = self.aws("stepfunctions").get_execution_history(executionArn=execution, maxResults=1000)["events"]
        return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]

    def log(self) -> list[str]:
        """The lines of the log of both state machines."""
        pages = self.aws("logs").get_paginator("filter_log_events").paginate(logGroupName=self._log_group)
        return [event["message"] for page in pages for event in page["events"]]

    def failure(self, execution: str) -> str:
        """Why a collection has failed, for messages."""
        events = self.aws("stepfunctions").get_execution_history(executionArn=execution, maxResults=1000)["events"]
        details = [value for event in events for key, value in event.items() if "FailedEventDetails" in key]
        return f"{self.phases(execution)[-1]}: {details}; output of its tasks: {self.outputs}"

    def status(self, execution: str) -> str:
        """The status of a collection or of a watcher."""
        return self.aws("stepfunctions").describe_execution(executionArn=execution)["status"]

    def _wait(self, execution: str) -> str:
        wait_until(lambda: self.status(execution) != "RUNNING", f"the end of {execution}", seconds=_END_SECONDS)
        return self.status(execution)

    def _machine(self, suffix: str) -> Resource:
        (found,) = [each for each in self.declaration.all(_MACHINE) if each.name.endswith(f"-{suffix}")]
        return found

    def _create(self) -> None:
        """Create what the state machines use, and the watcher."""
        subnets = subnet_ids(self.aws("ec2"))
        elbv2, ecs, iam = self.aws("elbv2"), self.aws("ecs"), self.aws("iam")
        balancer = elbv2.create_load_balancer(Name=self._name, Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        listener = elbv2.create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
        )["Listeners"][0]["ListenerArn"]
        cluster = ecs.create_cluster(clusterName=self._name)["cluster"]["clusterArn"]
        instance = self.aws("ec2").run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)["Instances"][0]
        document = json.dumps({"instanceId": instance["InstanceId"]})
        ecs.register_container_instance(cluster=cluster, instanceIdentityDocument=document)
        task = self.task_definition
        definition = ecs.register_task_definition(
            family=self._name, containerDefinitions=json.loads(task.inputs["containerDefinitions"])
        )["taskDefinition"]["taskDefinitionArn"]
        role = self._role
        created = iam.create_role(RoleName=self._name, AssumeRolePolicyDocument=role.inputs["assumeRolePolicy"])
        [delivery] = [each for each in self.declaration.all(_POLICY) if each.name.endswith("-run-log")]
        iam.put_role_policy(RoleName=self._name, PolicyName="log", PolicyDocument=delivery.inputs["policy"])
        self.aws("logs").create_log_group(logGroupName=self._log_group)
        self._arns = {
            self.declaration.one("aws:lb/listener:Listener").outputs["arn"]: listener,
            self.declaration.one("aws:ecs/cluster:Cluster").outputs["arn"]: cluster,
            task.outputs["arn"]: definition,
            role.outputs["arn"]: created["Role"]["Arn"],
        }
        watcher = self._machine("collection-watcher").outputs["arn"]
        self._arns[watcher] = self._create_machine("collection-watcher")

    def _create_machine(self, suffix: str, *changes: Change) -> str:
        """Create a declared state machine with short times and changes, and return its ARN."""
        text = self._machine(suffix).inputs["definition"]
        for declared, created in self._arns.items():
            text = text.replace(json.dumps(declared), json.dumps(created))
        definition = json.loads(text)
        for change in (_with_short_times, *changes):
            definition = change(definition)
        log = self._machine(suffix).inputs["loggingConfiguration"]
        [group] = self.aws("logs").describe_log_groups(logGroupNamePrefix=self._log_group)["logGroups"]
        machine = self.aws("stepfunctions").create_state_machine(
            name=f"{self._name}-{uuid.uuid4().hex[:8]}-{suffix}",
            definition=json.dumps(definition),
            roleArn=self._arns[self._role.outputs["arn"]],
            loggingConfiguration={
                "level": log["level"],
                "includeExecutionData": log["includeExecutionData"],
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": f"{group['logGroupArn']}:*"}}],
            },
            tags=[{"key": _SPEED_TAG, "value": str(_SPEED)}],
        )
        return machine["stateMachineArn"]

    @property
    def _log_group(self) -> str:
        return f"/aws/vendedlogs/states/{self._name}"

    @property
    def _role(self) -> Resource:
        return next(each for each in self.declaration.all("aws:iam/role:Role") if each.name.endswith("-run"))

    @property
    def task_definition(self) -> Resource:
        """The task definition of the collections."""
        (found,) = [each for each in self.declaration.all(_TASK) if each.name.endswith("-collection")]
        return found

    def _step(self) -> None:
        """Do what Elastic Load Balancing and ECS do."""
        rules = self.rules()
        self.sandbox.balancer.apply_rules(rules)
        self.refuses = any(not rule["IsDefault"] for rule in rules)
        deleting = [task for task in self.tasks.values() if "--dry-run" not in task.definition.command]
        self.overlapped |= not self.refuses and not all(task.ended() for task in deleting)
        ecs, cluster = self.aws("ecs"), self._cluster
        arns = [
            arn
            for status in ("RUNNING", "STOPPED")
            for arn in ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]
        ]
        for task in ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns and self._connected else ():
            arn = task["taskArn"]
            if task["lastStatus"] != "STOPPED" and arn not in self.tasks:
                self._start(arn, task["overrides"]["containerOverrides"][0]["command"])
            elif arn in self.tasks and (task["desiredStatus"] == "STOPPED" or self.tasks[arn].ended()):
                self._end(arn)

    @property
    def _cluster(self) -> str:
        return self._arns[self.declaration.one("aws:ecs/cluster:Cluster").outputs["arn"]]

    def _start(self, arn: str, command: list[str]) -> None:
        self._exits[arn] = ExitStack()
        folder = self.folder / uuid.uuid4().hex
        folder.mkdir()
        running = running_task(
            self.declaration,
            self.sandbox.instances[0],
            runtime=BubblewrapRuntime(self.s3, lambda _: None),
            credentials=self.sandbox.credentials,
            ssm=self.aws("ssm"),
            folder=folder,
            definition=self.task_definition,
            change=_with_command(command),
        )
        self.tasks[arn] = self._exits[arn].enter_context(running)

    def _end(self, arn: str) -> None:
        task = self.tasks.pop(arn)
        self._exits.pop(arn).close()
        self.outputs.append(task.output())
        exited = [{"containerName": "registry", "exitCode": task.exit_status()}]
        self.aws("ecs").submit_task_state_change(
            cluster=self._cluster, task=arn, status="STOPPED", containers=[] if self._terminated else exited
        )


@contextmanager
def collections(
    sandbox: Sandbox, declaration: Declaration, folder: Path, *, s3: AwsApi | None = None
) -> Iterator[Collections]:
    """Make collections of a sandbox's registry possible, until the end of the block.

    Args:
        declaration: has a garbage collection.
        folder: for the files of the tasks.
        s3: the S3 of the tasks. Default: the sandbox's.
    """
    made = Collections(sandbox, declaration, folder, s3 or sandbox.stack.api)
    made._create()
    stop, failures = threading.Event(), list[BaseException]()

    def loop() -> None:
        try:
            while not stop.wait(_LOOP_SECONDS):
                made._step()
        except BaseException as error:
            failures.append(error)
            raise

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield made
    finally:
        stop.set()
        thread.join()
        for exits in made._exits.values():
            exits.close()
        sandbox.balancer.apply_rules([])
    assert not failures


def limited_to(seconds: int) -> Change:
    """End the collection after some seconds, and its task after half of them."""

    def change(machine: dict[str, Any]) -> dict[str, Any]:
        announce = machine["States"]["Announce"]
        program, _, *arguments = announce["Parameters"]["command"]
        command = [program, str(seconds // 2), *arguments]
        states = {
            **machine["States"],
            "Announce": {**announce, "Parameters": {**announce["Parameters"], "command": command}},
        }
        return {**machine, "TimeoutSeconds": seconds, "States": states}

    return change


def held_after(name: str) -> Change:
    """Hold the collection after a state, until it is stopped."""

    def change(machine: dict[str, Any]) -> dict[str, Any]:
        state = machine["States"][name]
        held = {"Type": "Wait", "Seconds": _SPEED * _LIMIT_SECONDS, "Next": state["Next"]}
        return {**machine, "States": {**machine["States"], name: {**state, "Next": _HELD}, _HELD: held}}

    return change


def looking_in(bucket: str) -> Change:
    """Look in another bucket for a repository."""

    def change(machine: dict[str, Any]) -> dict[str, Any]:
        find = machine["States"]["Find a repository"]
        changed = {**find, "Parameters": {**find["Parameters"], "Bucket": bucket}}
        return {**machine, "States": {**machine["States"], "Find a repository": changed}}

    return change


def _with_command(command: list[str]) -> Callable[[Container], Container]:
    return lambda container: dataclasses.replace(container, command=tuple(command))


def _with_short_times(machine: dict[str, Any]) -> dict[str, Any]:
    """Wait for a moment where the declared state machine waits, and repeat a failed call once, after a second."""

    def short(name: str, state: dict[str, Any]) -> dict[str, Any]:
        if state["Type"] == "Wait":
            return {**state, "Seconds": round(_SPEED * _SECONDS.get(name, _POLL_SECONDS))}
        if "Retry" in state:
            once = [
                {**each, "IntervalSeconds": 1, "MaxAttempts": min(each["MaxAttempts"], 1)} for each in state["Retry"]
            ]
            return {**state, "Retry": once}
        return state

    return {**machine, "States": {name: short(name, state) for name, state in machine["States"].items()}}
