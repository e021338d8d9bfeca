"""State machines call the emulated AWS API, and paths, errors and tasks are those of AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.pure import policies
from sandbox.machine.processes import wait_until
from tests.sandbox.aws_api.networks import create_load_balancer, subnet_ids

_ACTION = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "405"}}


def run(
    aws: Callable[[str], Any], state: Mapping[str, Any], tags: Sequence[Mapping[str, str]] = ()
) -> Mapping[str, Any]:
    """Run a state machine of one state, and return its output, or its error."""
    definition = json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Task", "End": True, **state}}})
    states = aws("stepfunctions")
    machine = states.create_state_machine(name="one", definition=definition, roleArn=create_role(aws), tags=tags)
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]

    def described() -> Mapping[str, Any]:
        return states.describe_execution(executionArn=execution)

    wait_until(lambda: described()["status"] != "RUNNING", "the end of the execution", seconds=20)
    ended = described()
    return json.loads(ended["output"]) if "output" in ended else {"error": ended["error"]}


def create_listener(aws: Callable[[str], Any]) -> str:
    balancer = create_load_balancer(aws("elbv2"), subnet_ids(aws("ec2")))
    created = aws("elbv2").create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[_ACTION])
    return created["Listeners"][0]["ListenerArn"]


def run_container_instance(aws: Callable[[str], Any]) -> str:
    """Create a cluster with an instance and a task definition, and return the container instance's ARN."""
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="one")
    instance = aws("ec2").run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)["Instances"][0]
    document = json.dumps({"instanceId": instance["InstanceId"]})
    registered = ecs.register_container_instance(cluster="one", instanceIdentityDocument=document)
    container = {"name": "registry", "image": "registry:3", "memory": 300}
    ecs.register_task_definition(family="registry", containerDefinitions=[container])
    return registered["containerInstance"]["containerInstanceArn"]


def test_definite_path_has_a_value_and_a_filter_a_list(aws: Callable[[str], Any]) -> None:
    listener = create_listener(aws)
    select = {"first.$": "$.Rules[0].Priority", "none.$": "$.Rules[?(@.Priority == '7')]"}
    state = {
        "Resource": "arn:aws:states:::aws-sdk:elasticloadbalancingv2:describeRules",
        "Parameters": {"ListenerArn": listener},
        "ResultSelector": select,
    }
    assert run(aws, state) == {"first": "default", "none": []}


def test_error_has_the_name_of_the_service_and_of_the_exception(aws: Callable[[str], Any]) -> None:
    listener = create_listener(aws)
    rule = {
        "ListenerArn": listener,
        "Priority": 1,
        "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/v2/*"]}}],
        "Actions": [_ACTION],
    }
    aws("elbv2").create_rule(**rule)
    state = {"Resource": "arn:aws:states:::aws-sdk:elasticloadbalancingv2:createRule", "Parameters": rule}
    assert run(aws, state) == {"error": "ElasticLoadBalancingV2.PriorityInUseException"}


def test_task_runs_until_its_agent_says_otherwise(aws: Callable[[str], Any]) -> None:
    ecs = aws("ecs")
    run_container_instance(aws)
    [task] = ecs.run_task(cluster="one", taskDefinition="registry", startedBy="test")["tasks"]
    described = {"cluster": "one", "tasks": [task["taskArn"]]}

    [running] = ecs.describe_tasks(**described)["tasks"]
    assert (running["lastStatus"], "exitCode" in running["containers"][0]) == ("RUNNING", False)
    ecs.stop_task(cluster="one", task=task["taskArn"])
    assert ecs.list_tasks(cluster="one", startedBy="test")["taskArns"] == []
    [stopping] = ecs.describe_tasks(**described)["tasks"]
    assert (stopping["lastStatus"], stopping["desiredStatus"]) == ("STOPPING", "STOPPED")
    exited = [{"containerName": "registry", "exitCode": 137}]
    ecs.submit_task_state_change(cluster="one", task=task["taskArn"], status="STOPPED", containers=exited)
    [stopped] = ecs.describe_tasks(**described)["tasks"]
    assert (stopped["lastStatus"], stopped["containers"][0]["exitCode"]) == ("STOPPED", 137)


def test_task_that_has_ended_returns_its_memory(aws: Callable[[str], Any]) -> None:
    ecs, container = aws("ecs"), run_container_instance(aws)
    for _ in range(20):
        [task] = ecs.run_task(cluster="one", taskDefinition="registry")["tasks"]
        ecs.submit_task_state_change(cluster="one", task=task["taskArn"], status="STOPPED")
    [instance] = ecs.describe_container_instances(cluster="one", containerInstances=[container])["containerInstances"]
    assert instance["remainingResources"] == instance["registeredResources"]


def test_tag_makes_waits_shorter(aws: Callable[[str], Any]) -> None:
    output = run(aws, {"Type": "Wait", "Seconds": 100_000}, tags=[{"key": "sandbox:speed", "value": "1000000"}])
    assert output == {}


def test_events_are_logged_in_the_form_of_aws(aws: Callable[[str], Any]) -> None:
    states, logs = aws("stepfunctions"), aws("logs")
    logs.create_log_group(logGroupName="states")
    machine = states.create_state_machine(
        name="one",
        definition=json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}),
        roleArn=create_role(aws),
        loggingConfiguration=logged_in(f"{log_group_arn(aws)}:*"),
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]

    def lines() -> list[dict[str, Any]]:
        events = logs.filter_log_events(logGroupName="states")["events"]
        return [json.loads(event["message"]) for event in events]

    wait_until(lambda: "ExecutionSucceeded" in [line["type"] for line in lines()], "the last line", seconds=20)
    entered = lines()[1]
    assert (entered["type"], entered["details"], entered["id"]) == ("SucceedStateEntered", {"name": "Only"}, "2")
    assert entered["execution_arn"] == execution
    [stream] = logs.describe_log_streams(logGroupName="states")["logStreams"]
    assert stream["logStreamName"].startswith("states/one/")


@pytest.mark.parametrize(
    ("suffix", "policy", "refusal"),
    [
        ("", policies.execution_log(), "must be provided with '\\*' qualifier"),
        (":*", policies.start_execution("arn:aws:states:::"), "is not authorized to access the Log Destination"),
    ],
)
def test_log_needs_a_qualified_arn_and_permissions(
    aws: Callable[[str], Any], suffix: str, policy: str, refusal: str
) -> None:
    aws("logs").create_log_group(logGroupName="states")
    with pytest.raises(ClientError, match=refusal):
        aws("stepfunctions").create_state_machine(
            name="one",
            definition=json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}),
            roleArn=create_role(aws, policy),
            loggingConfiguration=logged_in(f"{log_group_arn(aws)}{suffix}"),
        )


def test_state_machine_is_deleted_when_its_executions_have_ended(aws: Callable[[str], Any]) -> None:
    """Each of them ends at its next transition."""
    states = aws("stepfunctions")
    first, second = {"Type": "Wait", "Seconds": 2, "Next": "Second"}, {"Type": "Wait", "Seconds": 600, "End": True}
    definition = json.dumps({"StartAt": "First", "States": {"First": first, "Second": second}})
    machine = states.create_state_machine(name="one", definition=definition, roleArn=create_role(aws))[
        "stateMachineArn"
    ]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]

    states.delete_state_machine(stateMachineArn=machine)
    assert states.describe_state_machine(stateMachineArn=machine)["status"] == "DELETING"
    assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
    wait_until(lambda: states.list_state_machines()["stateMachines"] == [], "the deletion", seconds=10)


def create_role(aws: Callable[[str], Any], policy: str = policies.execution_log()) -> str:
    """Create a role that Step Functions may assume, and return its ARN."""
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws("iam").create_role(RoleName="states", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    aws("iam").put_role_policy(RoleName="states", PolicyName="one", PolicyDocument=policy)
    return role


def log_group_arn(aws: Callable[[str], Any]) -> str:
    [group] = aws("logs").describe_log_groups()["logGroups"]
    return group["logGroupArn"]


def logged_in(arn: str) -> dict[str, Any]:
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": arn}}
    return {"level": "ALL", "destinations": [destination]}
