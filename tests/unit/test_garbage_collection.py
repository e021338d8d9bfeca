"""The garbage collection: its schedule, the task that it runs, and the requests that its state machines send."""

import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from components import AccessRule, PrivateRegistry, PrivateRegistryArgs
from components.pure.collection_states import PHASES
from components.pure.container import COLLECTION_STOP_SECONDS
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, all_dependencies

LOG_GROUP, QUERY = "aws:cloudwatch/logGroup:LogGroup", "aws:cloudwatch/queryDefinition:QueryDefinition"
SCHEDULE, MACHINE = "aws:scheduler/schedule:Schedule", "aws:sfn/stateMachine:StateMachine"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
CRON = "cron(0 5 ? * SUN *)"
# The services of states, by their names in botocore.
SERVICES = {"elasticloadbalancingv2": "elbv2", "ecs": "ecs", "s3": "s3", "sfn": "stepfunctions"}


@pytest.fixture(scope="module")
def declared(declare: Declare) -> Declaration:
    args = PrivateRegistryArgs(garbage_collection=CRON, max_count=2, image="registry:3", monitoring=True)
    return declare(lambda: PrivateRegistry("images", args))


def machine(declared: Declaration, suffix: str = "") -> dict[str, Any]:
    return json.loads(declared.one(MACHINE, f"images-collection{suffix}").inputs["definition"])


def containers(declared: Declaration) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the container definitions of a replica and of a collection."""
    [replica], [collection] = (
        json.loads(declared.one(TASK, f"images-{name}").inputs["containerDefinitions"])
        for name in ("task", "collection")
    )
    return replica, collection


def test_schedule_starts_the_collection(declared: Declaration) -> None:
    schedule = declared.one(SCHEDULE).inputs
    assert (schedule["scheduleExpression"], schedule["scheduleExpressionTimezone"]) == (CRON, "UTC")
    assert schedule["target"]["arn"] == declared.one(MACHINE, "images-collection").outputs["arn"]
    assert json.loads(schedule["target"]["input"]) == {"dryRun": False}


def test_schedule_can_be_a_dry_run(declare: Declare) -> None:
    args = PrivateRegistryArgs(garbage_collection=CRON, garbage_collection_dry_run=True)
    schedule = declare(lambda: PrivateRegistry("images", args)).one(SCHEDULE)
    assert json.loads(schedule.inputs["target"]["input"]) == {"dryRun": True}


def test_collection_has_the_storage_of_a_replica(declared: Declaration) -> None:
    replica, collection = containers(declared)
    assert collection["environment"] == replica["environment"]
    assert collection["mountPoints"] == replica["mountPoints"]
    task, other = (declared.one(TASK, f"images-{name}").inputs for name in ("task", "collection"))
    assert (other["taskRoleArn"], other["volumes"]) == (task["taskRoleArn"], task["volumes"])


def test_collection_runs_its_command_in_a_registry_with_access(declare: Declare) -> None:
    """A replica's entry point is a shell that gets the keys of tokens first, and the collection needs none."""
    access = [AccessRule(who="*", repositories=["*"], actions=["pull"])]
    args = PrivateRegistryArgs(garbage_collection=CRON, access=access)
    replica, collection = containers(declare(lambda: PrivateRegistry("images", args)))
    assert "entryPoint" in replica
    assert "entryPoint" not in collection
    storage = [
        [each for each in container["environment"] if each["name"].startswith("REGISTRY_STORAGE")]
        for container in (replica, collection)
    ]
    assert storage[0] == storage[1] != []


def test_collection_fits_beside_replicas_that_reserve_their_instances(declared: Declaration) -> None:
    replica, collection = containers(declared)
    assert replica["cpu"] > 0
    assert (collection["cpu"], collection["portMappings"]) == (0, [])


def test_task_by_itself_is_a_dry_run(declared: Declaration) -> None:
    _, collection = containers(declared)
    states = machine(declared)["States"]
    assert "--dry-run" in collection["command"]
    assert "--dry-run" in states["Only report"]["Result"]
    assert "--dry-run" not in states["Announce"]["Parameters"]["command"]


@pytest.mark.parametrize(
    ("image", "config"), [("registry:2", "/etc/docker/registry/"), ("registry:3", "/etc/distribution/")]
)
def test_command_reads_the_configuration_of_its_version(declare: Declare, image: str, config: str) -> None:
    args = PrivateRegistryArgs(garbage_collection=CRON, image=image)
    _, collection = containers(declare(lambda: PrivateRegistry("images", args)))
    assert collection["command"][-1] == f"{config}config.yml"


@pytest.mark.parametrize("minutes", [15, 60, 720])
def test_task_ends_itself_before_pushes_are_allowed(declare: Declare, minutes: int) -> None:
    """Also on an instance that ECS cannot reach."""
    args = PrivateRegistryArgs(garbage_collection=CRON, garbage_collection_minutes=minutes)
    declared = declare(lambda: PrivateRegistry("images", args))
    collection, watcher = machine(declared), machine(declared, "-watcher")
    command, settle = (
        collection["States"]["Announce"]["Parameters"]["command"],
        collection["States"]["Let requests end"],
    )
    assert command[0] == "timeout"
    assert 0 < int(command[1]) + settle["Seconds"] < collection["TimeoutSeconds"] == 60 * minutes
    assert watcher["States"]["Let it end itself"]["Seconds"] >= int(command[1])


def test_requests_have_ended_when_the_collection_begins(declared: Declaration) -> None:
    """The load balancer answers a request that is idle for longer with 504: no push that succeeds is under way."""
    idle = declared.one("aws:lb/loadBalancer:LoadBalancer").inputs["idleTimeout"]
    assert machine(declared)["States"]["Let requests end"]["Seconds"] >= idle


def test_watcher_gives_ecs_the_time_to_stop_the_task(declared: Declaration) -> None:
    _, collection = containers(declared)
    wait = machine(declared, "-watcher")["States"]["Let it stop"]["Seconds"]
    assert collection["stopTimeout"] == COLLECTION_STOP_SECONDS < wait


@pytest.mark.parametrize("suffix", ["", "-watcher"])
def test_states_send_valid_requests(declared: Declaration, suffix: str) -> None:
    """Nobody validates them before the states run."""
    session = botocore.session.get_session()
    for name, state in machine(declared, suffix)["States"].items():
        if state["Type"] == "Task":
            service, operation = state["Resource"].rpartition("aws-sdk:")[2].split(":")
            model = session.get_service_model(SERVICES[service])
            shape = model.operation_model(operation[0].upper() + operation[1:]).input_shape
            report = ParamValidator().validate(dict(_request(state["Parameters"], shape)), shape)
            assert report.generate_report() == "", name


def _request(parameters: dict[str, Any], shape: Any) -> Iterator[tuple[str, Any]]:
    """Fill in the parameters of a state: paths become examples, and names get the case of botocore."""
    members = {name[0].upper() + name[1:]: name for name in shape.members}
    for name, value in parameters.items():
        member = members[name.removesuffix(".$")]
        yield member, _value(value, shape.members[member], is_path=name.endswith(".$"))


def _value(value: Any, shape: Any, *, is_path: bool) -> Any:
    if is_path:
        return ["example"] if shape.type_name == "list" else "example"
    if shape.type_name == "structure":
        return dict(_request(value, shape))
    if shape.type_name == "list":
        return [_value(each, shape.member, is_path=False) for each in value]
    return value if isinstance(value, int | str) else json.dumps(value)


@pytest.mark.parametrize("suffix", ["", "-watcher"])
def test_every_state_is_reached(declared: Declaration, suffix: str) -> None:
    definition = machine(declared, suffix)
    reached, waiting = set[str](), [definition["StartAt"]]
    while waiting:
        if (name := waiting.pop()) not in reached:
            reached.add(name)
            state = definition["States"][name]
            choices = [*state.get("Choices", ()), *state.get("Catch", ()), state]
            waiting += [each[key] for each in choices for key in ("Next", "Default") if key in each]
    assert reached == definition["States"].keys()


def test_refusal_fits_into_a_listener_rule(declared: Declaration) -> None:
    """A rule has at most 5 values, and a fixed response 1,024 bytes ("Quotas for your Application Load Balancers")."""
    conditions = machine(declared)["States"]["Refuse pushes"]["Parameters"]["Conditions"]
    assert sum(len(config["Values"]) for each in conditions for key, config in each.items() if key != "Field") <= 5
    longest_name = "x" * 80
    assert len(json.dumps(machine(declared)["States"]["Announce"]["Parameters"]["answer"])) + len(longest_name) < 1024


def test_collection_is_created_after_its_watcher(declared: Declaration) -> None:
    """So that a destroy deletes it first: a collection cannot start any more when its watcher is gone."""
    collection, watcher = (declared.one(MACHINE, f"images-collection{suffix}") for suffix in ("", "-watcher"))
    assert watcher.urn in all_dependencies(declared, collection)


@pytest.mark.parametrize("suffix", ["", "-watcher"])
def test_executions_are_logged_without_their_data(declared: Declaration, suffix: str) -> None:
    state_machine = declared.one(MACHINE, f"images-collection{suffix}")
    log_group = declared.one(LOG_GROUP, "images-collection")
    assert state_machine.inputs["loggingConfiguration"] == {
        "level": "ALL",
        "includeExecutionData": False,
        "logDestination": f"{log_group.outputs['arn']}:*",
    }
    assert log_group.inputs["retentionInDays"] == PrivateRegistryArgs().log_retention_days


def test_log_group_takes_no_room_in_the_resource_policy(declared: Declaration) -> None:
    """And its name is that of one registry: that of the cluster has random characters."""
    cluster = declared.one("aws:ecs/cluster:Cluster").outputs["name"]
    name = declared.one(LOG_GROUP, "images-collection").inputs["name"]
    assert name == f"/aws/vendedlogs/states/{cluster}-collection"


def test_state_machine_waits_for_the_permission_to_log(declared: Declaration) -> None:
    for name in ("run", "watcher"):
        policy = declared.one("aws:iam/rolePolicy:RolePolicy", f"images-collection-{name}-log")
        suffix = "" if name == "run" else "-watcher"
        state_machine = declared.one(MACHINE, f"images-collection{suffix}")
        assert policy.urn in all_dependencies(declared, state_machine)


def test_every_state_that_takes_time_tells_its_phase(declared: Declaration) -> None:
    """But for those of a tenth of a second before the refusal."""
    states = machine(declared)["States"]
    timed = {name for name, state in states.items() if state["Type"] in ("Task", "Wait")}
    assert {name for name in timed if not name.startswith(PHASES)} == {"Find a repository", "Watch"}
    assert all(any(name.startswith(phase) for name in states) for phase in PHASES)


def test_queries_are_of_both_logs(declared: Declaration) -> None:
    logs = {name: declared.one(LOG_GROUP, f"images-{name}").outputs["name"] for name in ("log", "collection")}
    queries = {each.inputs["name"]: each.inputs["logGroupNames"] for each in declared.all(QUERY)}
    assert queries[f"{logs['log']}/what collections deleted"] == [logs["log"]]
    assert queries[f"{logs['collection'].removeprefix('/')}/phases of collections"] == [logs["collection"]]


def test_alarm_watches_both_state_machines(declared: Declaration) -> None:
    alarm = declared.one("aws:cloudwatch/metricAlarm:MetricAlarm", "images-garbage-collection-failed")
    metrics = [query["metric"] for query in alarm.inputs["metricQueries"] if "metric" in query]
    watched = {(each["dimensions"]["StateMachineArn"], each["metricName"]) for each in metrics}
    arns = [each.outputs["arn"] for each in declared.all(MACHINE)]
    assert watched == {(arn, f"Executions{end}") for arn in arns for end in ("Failed", "TimedOut", "Aborted")}


def test_registry_collects_no_garbage_by_default(registry: Declaration) -> None:
    assert registry.all(MACHINE) == []
