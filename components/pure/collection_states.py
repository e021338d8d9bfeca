"""The two state machines of a garbage collection, in the Amazon States Language.

The collection refuses pushes, runs the registry's command as a task, and allows pushes again. The watcher follows it as
an execution of its own, and allows pushes again if the collection ended in any other way: its task failed or was
killed, it took too long, or somebody stopped it. So neither of them has to survive.

A listener rule refuses the pushes. It is the lock, too: a second collection cannot create a rule of the same priority.

The names of a collection's states begin with the phase to which they belong, so that each line of its log tells the
phase.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .container import NAME

State = dict[str, Any]

# The phases of a collection, in this order. The states before them take parts of a second.
PHASES = ("Refuse pushes", "Let requests end", "Collect", "Allow pushes", "Report")

# Of the rule that refuses pushes. A lower number takes precedence.
PRIORITY = 1
# Every request that writes: "OCI Distribution Specification", Endpoints. Deletions by clients are writes too: an undo
# brings back everything that was deleted meanwhile.
_WRITES = ("DELETE", "PATCH", "POST", "PUT")
_MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class CollectionTimes:
    """How long the steps of a collection take, in seconds.

    Attributes:
        limit: the longest collection. Then the execution ends, and the watcher allows pushes again.
        settle: from the refusal to the collection. A push whose last request the load balancer forwarded before the
            refusal has its answer by then. Default: the load balancer's idle timeout, and half a minute in which its
            nodes learn of the rule.
        poll: between two looks at the task, or at the collection.
        stop: what ECS may take to stop the task: its stop timeout and some time for the agent.
    """

    limit: int
    settle: int = 5 * _MINUTE + 30
    poll: int = 30
    stop: int = _MINUTE

    @property
    def task(self) -> int:
        """The time after which the task ends itself, so that it never outlives the refusal.

        This holds on an instance that ECS cannot reach as well.
        """
        return self.limit - self.settle - 2 * _MINUTE  # to place and start the task


@dataclass(frozen=True, kw_only=True)
class CollectionResources:
    """What the state machines use.

    Attributes:
        partition: the partition of AWS, such as "aws".
        cluster_arn: the ECS cluster's ARN.
        task_definition_arn: the ARN of the task definition whose task is the collection.
        listener_arn: the ARN of the load balancer's listener.
        watcher_arn: the ARN of the watcher's state machine.
        bucket: the images bucket's name.
    """

    partition: str
    cluster_arn: str
    task_definition_arn: str = ""
    listener_arn: str
    watcher_arn: str = ""
    bucket: str = ""


@dataclass(frozen=True, kw_only=True)
class CollectionCommand:
    """The command of the task, with which it deletes, and with which it only reports what it would delete."""

    delete: Sequence[str]
    dry_run: Sequence[str]


def collection(resources: CollectionResources, command: CollectionCommand, times: CollectionTimes) -> State:
    """Return the state machine of a collection. Its input is {"dryRun": true or false}; without it, false."""
    call = _caller(resources.partition)
    return {
        "Comment": "Collects the registry's garbage",
        "TimeoutSeconds": times.limit,
        "StartAt": "Find a repository",
        "States": {
            # In a registry to which nobody has pushed, the command fails.
            "Find a repository": call(
                "s3:listObjectsV2",
                {"Bucket": resources.bucket, "Prefix": "docker/registry/v2/repositories/", "MaxKeys": 1},
                select={"count.$": "$.KeyCount"},
                into="$.repositories",
                then="Is there one",
            ),
            "Is there one": _choice(
                {"Variable": "$.repositories.count", "NumericEquals": 0}, then="Nothing to collect", otherwise="Mode"
            ),
            "Nothing to collect": {"Type": "Succeed"},
            "Mode": _choice(
                _has("$.dryRun", BooleanEquals=True),
                then="Only report",
                otherwise="Announce",
            ),
            "Only report": {
                "Type": "Pass",
                "Result": list(command.dry_run),
                "ResultPath": "$.command",
                "Next": "Collect: begin",
            },
            "Announce": {
                "Type": "Pass",
                "Parameters": {
                    "command": list(command.delete),
                    "answer": {
                        # docker shows the message of a 4xx only, and tries again after any code but a few (distribution
                        # v2.8.3, registry/client/errors.go; moby, distribution/errors.go).
                        "errors": [
                            {
                                "code": "UNSUPPORTED",
                                "message.$": "States.Format('pushes are refused while garbage is collected (collection"
                                " {}): push again later; pulls work', $$.Execution.Name)",
                            }
                        ]
                    },
                },
                "Next": "Quote",
            },
            "Quote": {
                "Type": "Pass",
                "Parameters": {"command.$": "$.command", "answer.$": "States.JsonToString($.answer)"},
                "Next": "Watch",
            },
            # Before the refusal: without a watcher, none begins.
            "Watch": call(
                "sfn:startExecution",
                {
                    "StateMachineArn": resources.watcher_arn,
                    "Name.$": "$$.Execution.Name",
                    "Input": {
                        "collection.$": "$$.Execution.Id",
                        "name.$": "$$.Execution.Name",
                        "answer.$": "$.answer",
                    },
                },
                then="Refuse pushes",
            ),
            "Refuse pushes": {
                **call(
                    "elasticloadbalancingv2:createRule",
                    {
                        "ListenerArn": resources.listener_arn,
                        "Priority": PRIORITY,
                        "Conditions": [
                            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": list(_WRITES)}},
                            {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/v2/*"]}},
                        ],
                        "Actions": [
                            {
                                "Type": "fixed-response",
                                "FixedResponseConfig": {
                                    "StatusCode": "405",
                                    "ContentType": "application/json",
                                    "MessageBody.$": "$.answer",
                                },
                            }
                        ],
                    },
                    select={"arn.$": "$.Rules[0].RuleArn"},
                    into="$.rule",
                    then="Let requests end",
                    retry=[{"ErrorEquals": [_REFUSED], "MaxAttempts": 0}, _RETRY],
                ),
                "Catch": [{"ErrorEquals": [_REFUSED], "Next": "Refused already"}],
            },
            "Refused already": _fail(
                "RefusedAlready", "pushes are refused already: another collection runs, or has left its rule behind"
            ),
            "Let requests end": {"Type": "Wait", "Seconds": times.settle, "Next": "Collect: begin"},
            "Collect: begin": {
                "Type": "Pass",
                "Parameters": {"at.$": "$$.State.EnteredTime"},
                "ResultPath": "$.begin",
                "Next": "Collect: run",
            },
            "Collect: run": call(
                "ecs:runTask",
                {
                    "Cluster": resources.cluster_arn,
                    "TaskDefinition": resources.task_definition_arn,
                    # On an instance that runs already. A new one would take minutes.
                    "LaunchType": "EC2",
                    "Count": 1,
                    "StartedBy.$": "$$.Execution.Name",
                    # The call is repeated if its answer is lost, and must not start a second task that nobody watches.
                    "ClientToken.$": "States.Hash($$.Execution.Name, 'SHA-1')",
                    "Overrides": {"ContainerOverrides": [{"Name": NAME, "Command.$": "$.command"}]},
                },
                select={"arns.$": "$.Tasks[*].TaskArn", "failures.$": "$.Failures[*].Reason"},
                into="$.task",
                then="Collect: is it placed",
            ),
            "Collect: is it placed": _choice(
                _present("$.task.arns[0]"), then="Collect: pause", otherwise="Collect: not placed"
            ),
            "Collect: not placed": _fail("NotPlaced", "no instance of the cluster has room for the task"),
            "Collect: pause": {"Type": "Wait", "Seconds": times.poll, "Next": "Collect: look"},
            "Collect: look": call(
                "ecs:describeTasks",
                {"Cluster": resources.cluster_arn, "Tasks.$": "$.task.arns"},
                select={"statuses.$": "$.Tasks[*].LastStatus", "exits.$": "$.Tasks[*].Containers[*].ExitCode"},
                into="$.seen",
                then="Collect: has it ended",
            ),
            "Collect: has it ended": _choice(
                _has("$.seen.statuses[0]", StringEquals="STOPPED"),
                then="Collect: has it succeeded",
                otherwise="Collect: pause",
            ),
            "Collect: has it succeeded": _choice(
                _has("$.seen.exits[0]", NumericEquals=0),
                then="Collect: end",
                otherwise="Collect: failed",
            ),
            "Collect: failed": _fail(
                "CollectionFailed", "the task did not succeed; its reason is in the registry's log"
            ),
            "Collect: end": {
                "Type": "Pass",
                "Parameters": {"at.$": "$$.State.EnteredTime"},
                "ResultPath": "$.end",
                "Next": "Was anything refused",
            },
            "Was anything refused": _choice(_present("$.rule.arn"), then="Allow pushes", otherwise="Report"),
            "Allow pushes": call(
                "elasticloadbalancingv2:deleteRule", {"RuleArn.$": "$.rule.arn"}, into="$.allowed", then="Report"
            ),
            "Report": {
                "Type": "Pass",
                "Parameters": {
                    "collection.$": "$$.Execution.Name",
                    "begin.$": "$.begin.at",
                    "end.$": "$.end.at",
                    "task.$": "$.task.arns[0]",
                },
                "End": True,
            },
        },
    }


def watcher(resources: CollectionResources, times: CollectionTimes) -> State:
    """Return the state machine of the watcher. Its input is what the state Watch of the collection gives it."""
    call = _caller(resources.partition)
    return {
        "Comment": "Allows pushes again when a collection of garbage has ended",
        "StartAt": "Pause",
        "States": {
            "Pause": {"Type": "Wait", "Seconds": times.poll, "Next": "Look"},
            "Look": {
                **call(
                    "sfn:describeExecution",
                    {"ExecutionArn.$": "$.collection"},
                    select={"status.$": "$.Status"},
                    into="$.seen",
                    then="Has it ended",
                ),
                # Without an answer, the collection counts as ended: its task is stopped before pushes are allowed.
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Find the rule"}],
            },
            "Has it ended": _choice(
                {"Variable": "$.seen.status", "StringEquals": "RUNNING"}, then="Pause", otherwise="Find the rule"
            ),
            "Find the rule": call(
                "elasticloadbalancingv2:describeRules",
                {"ListenerArn": resources.listener_arn},
                select={"rules.$": f"$.Rules[?(@.Priority == '{PRIORITY}')]"},
                into="$.found",
                then="Is it this one",
                retry=[_RETRY_LONG],
            ),
            # Another collection, which began after this one, has a rule with another answer.
            "Is it this one": _choice(
                _has(_ANSWER, StringEqualsPath="$.answer"),
                then="Let a task appear",
                otherwise="Allowed",
            ),
            "Allowed": {"Type": "Succeed"},
            # One that was being started. ECS lists it some seconds later ("RunTask" in the ECS API Reference).
            "Let a task appear": {"Type": "Wait", "Seconds": times.poll, "Next": "Find the task"},
            "Find the task": {
                **call(
                    "ecs:listTasks",
                    {"Cluster": resources.cluster_arn, "StartedBy.$": "$.name"},
                    select={"arns.$": "$.TaskArns"},
                    into="$.tasks",
                    then="Does it run",
                ),
                "Catch": [_UNKNOWN],
            },
            "Does it run": _choice(_present("$.tasks.arns[0]"), then="Stop the task", otherwise="Allow pushes"),
            "Stop the task": {
                **call(
                    "ecs:stopTask",
                    {
                        "Cluster": resources.cluster_arn,
                        "Task.$": "$.tasks.arns[0]",
                        "Reason": "its collection has ended",
                    },
                    into="$.stopped",
                    then="Let it stop",
                ),
                "Catch": [_UNKNOWN],
            },
            "Let it stop": {"Type": "Wait", "Seconds": times.stop, "Next": "Look at the task"},
            "Look at the task": {
                **call(
                    "ecs:describeTasks",
                    {"Cluster": resources.cluster_arn, "Tasks.$": "$.tasks.arns"},
                    select={"statuses.$": "$.Tasks[*].LastStatus"},
                    into="$.stopping",
                    then="Has it stopped",
                ),
                "Catch": [_UNKNOWN],
            },
            # On an instance that ECS cannot reach, it runs on, and could delete what is pushed.
            "Has it stopped": _choice(
                _has("$.stopping.statuses[0]", StringEquals="STOPPED"),
                then="Allow pushes",
                otherwise="Has it ended itself",
            ),
            "Has it ended itself": _choice(
                _has("$.seen.status", StringEquals="TIMED_OUT"),
                then="Allow pushes",
                otherwise="Let it end itself",
            ),
            "Let it end itself": {"Type": "Wait", "Seconds": times.task, "Next": "Allow pushes"},
            "Allow pushes": {
                **call(
                    "elasticloadbalancingv2:deleteRule",
                    {"RuleArn.$": "$.found.rules[0].RuleArn"},
                    into="$.allowed",
                    then="Ended early",
                    retry=[{"ErrorEquals": [_ALLOWED], "MaxAttempts": 0}, _RETRY_LONG],
                ),
                "Catch": [{"ErrorEquals": [_ALLOWED], "Next": "Ended early"}],
            },
            "Ended early": _fail("EndedEarly", "the collection ended before it allowed pushes, so the watcher did"),
        },
    }


# The names of errors: "Learning to use AWS service SDK integrations in Step Functions"; ELB API Reference 2015-12-01,
# "CreateRule" and "DeleteRule".
_REFUSED = "ElasticLoadBalancingV2.PriorityInUseException"
_ALLOWED = "ElasticLoadBalancingV2.RuleNotFoundException"
_ANSWER = "$.found.rules[0].Actions[0].FixedResponseConfig.MessageBody"
# ECS does not answer. The task may run until it ends itself.
_UNKNOWN = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Has it ended itself"}
# For about a minute. What then fails in the collection is the watcher's to end.
_RETRY = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "BackoffRate": 2, "MaxAttempts": 5}
# For a day.
_RETRY_LONG = {**_RETRY, "MaxDelaySeconds": 60, "MaxAttempts": 1440}


def _caller(partition: str) -> Any:
    """Return a function that makes a state that calls an AWS API and keeps a part of the answer."""

    def call(
        action: str,
        parameters: Mapping[str, Any],
        *,
        then: str,
        select: Mapping[str, str] | None = None,
        into: str = "$.answered",
        retry: Sequence[Mapping[str, Any]] = (_RETRY,),
    ) -> State:
        return {
            "Type": "Task",
            "Resource": f"arn:{partition}:states:::aws-sdk:{action}",
            "Parameters": dict(parameters),
            "TimeoutSeconds": _MINUTE,
            "ResultSelector": dict(select or {}),
            "ResultPath": into,
            "Retry": [dict(each) for each in retry],
            "Next": then,
        }

    return call


def _choice(rule: Mapping[str, Any], *, then: str, otherwise: str) -> State:
    return {"Type": "Choice", "Choices": [{**rule, "Next": then}], "Default": otherwise}


def _present(path: str) -> State:
    return {"Variable": path, "IsPresent": True}


def _has(path: str, **comparison: Any) -> State:
    """A path exists, and compares with a value."""
    return {"And": [_present(path), {"Variable": path, **comparison}]}


def _fail(error: str, cause: str) -> State:
    return {"Type": "Fail", "Error": error, "Cause": cause}
