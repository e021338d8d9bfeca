"""The alarms of a registry, each with the reason for its threshold and for what missing data means.

An alarm wants a person to act. What heals by itself within minutes, such as a dead task (docs/operations.md), must not
set one off.
"""

from collections.abc import Mapping

import pulumi

from .alarms import Alarm, Metric
from .pure.container import MEMORY_RESERVATION
from .replica_bucket import RULE

_MINUTE, _FIVE_MINUTES, _DAY = 60, 5 * 60, 24 * 60 * 60  # seconds
_GIB = 1024**3
# A share and a percentile of a few requests say little: one large layer would be 100 % of them.
_ENOUGH_REQUESTS = 100

Dimensions = Mapping[str, pulumi.Input[str]]


def target_alarms(targets: Dimensions, desired_count: int) -> list[Alarm]:
    """Return the alarms about replicas that do not serve.

    Args:
        targets: the dimensions of the target group's metrics.
        desired_count: the minimum number of replicas.
    """
    # Every node of the load balancer uses the targets of all zones (Elastic Load Balancing guide, "Cross-zone load
    # balancing for target groups") and reports how many are healthy. The maximum is 0 if all nodes find none, and the
    # minimum is too low if one of them misses a target.
    return [
        Alarm(
            name="no-healthy-target",
            means="No replica serves requests: pushes, pulls and logins fail.",
            metrics={"healthy": _load_balancer("HealthyHostCount", "Maximum", targets)},
            comparison="LessThanThreshold",
            threshold=1,
            period=_MINUTE,
            periods=2,  # one is within what a dead task or instance costs: 29 s
            missing="breaching",  # always reported, unless no target is registered
        ),
        Alarm(
            name="too-few-healthy-targets",
            means=f"Fewer than {desired_count} replicas serve requests, for 5 minutes.",
            metrics={"healthy": _load_balancer("HealthyHostCount", "Minimum", targets)},
            comparison="LessThanThreshold",
            threshold=desired_count,
            period=_MINUTE,
            periods=5,  # ECS starts a task on a running instance in less
            missing="notBreaching",  # without any target, the other alarm goes off
        ),
    ]


def request_alarms(load_balancer: Dimensions, targets: Dimensions) -> list[Alarm]:
    """Return the alarms about requests that fail or take long.

    Args:
        load_balancer: the dimensions of the load balancer's metrics.
        targets: the dimensions of the target group's metrics.
    """
    return [
        Alarm(
            name="load-balancer-errors",
            means="The load balancer itself answers requests with 5xx, for 15 minutes.",
            metrics={"errors": _load_balancer("HTTPCode_ELB_5XX_Count", "Sum", load_balancer)},
            comparison="GreaterThanThreshold",
            # A dead task costs about 50 of them within 20 s (docs/operations.md), which fall into two periods at most.
            threshold=10,
            period=_FIVE_MINUTES,
            periods=3,
            missing="notBreaching",  # reported only if there are any
        ),
        Alarm(
            name="replica-errors",
            means="The replicas answer more than 1 % of the requests with 5xx, for 15 minutes.",
            metrics={
                "errors": _load_balancer("HTTPCode_Target_5XX_Count", "Sum", targets),
                "requests": _load_balancer("RequestCount", "Sum", targets),
            },
            expression=f"IF(requests >= {_ENOUGH_REQUESTS}, 100 * errors / requests, 0)",
            comparison="GreaterThanThreshold",
            # Measured with faults of S3 (docs/operations.md): 40 % without S3; 0.6 % while it answers SlowDown, after
            # which the registry tries again.
            threshold=1,
            period=_FIVE_MINUTES,
            periods=3,
            missing="notBreaching",  # both are reported only if there are any
        ),
        Alarm(
            name="slow-responses",
            means="Half of the responses take more than 1 s, and 1 % of them more than 10 s, for 15 minutes.",
            metrics={
                "p99": _load_balancer("TargetResponseTime", "p99", targets),
                "median": _load_balancer("TargetResponseTime", "p50", targets),
                "requests": _load_balancer("RequestCount", "Sum", targets),
            },
            # A replica answers a layer's upload when it has received all of it, and its commit when S3 has copied it:
            # minutes for large layers. A push has about one upload in five requests, so p99 alone is high whenever
            # somebody pushes, and the median is not.
            expression=f"IF(requests >= {_ENOUGH_REQUESTS} AND median > 1, p99, 0)",
            comparison="GreaterThanThreshold",
            threshold=10,
            period=_FIVE_MINUTES,
            periods=3,
            missing="notBreaching",  # reported only if there are requests
        ),
    ]


def log_alarms(namespace: pulumi.Input[str]) -> list[Alarm]:
    """Return the alarms about lines of the registry's log, in the namespace of their metrics."""

    def count(name: str) -> Mapping[str, Metric]:
        return {"lines": Metric(namespace=namespace, name=name, statistic="Sum")}

    # The metrics have a value for each minute with a line in the log. Without any, another alarm goes off.
    return [
        Alarm(
            name="s3-errors",
            means="Requests of clients fail because S3 refuses or does not answer, for 10 minutes.",
            metrics=count("S3Errors"),
            comparison="GreaterThanThreshold",
            threshold=10,  # S3 may fail a few requests at any time, also after the registry has tried again
            period=_FIVE_MINUTES,
            periods=2,
            missing="notBreaching",
        ),
        Alarm(
            name="failed-uploads",
            means="Uploads of layers fail, for 10 minutes.",
            metrics=count("UploadFailures"),
            comparison="GreaterThanThreshold",
            threshold=10,  # a task that dies fails a few; those that a client ends do not count
            period=_FIVE_MINUTES,
            periods=2,
            missing="notBreaching",
        ),
        Alarm(
            name="refused-logins",
            means="More than one wrong password a second, for 10 minutes.",
            metrics=count("RefusedLogins"),
            comparison="GreaterThanThreshold",
            # A cluster with a stale password tries each image again every 5 minutes at least; a person mistypes once.
            threshold=_FIVE_MINUTES,
            period=_FIVE_MINUTES,
            periods=2,
            missing="notBreaching",
        ),
    ]


def capacity_alarm(targets: Dimensions, max_count: int) -> Alarm:
    """Return the alarm about scaling that has reached its limit.

    ECS's own count of tasks is a metric of Container Insights, which costs extra. Healthy targets are counted for free.

    Args:
        targets: the dimensions of the target group's metrics.
        max_count: the maximum number of replicas.
    """
    return Alarm(
        name="replicas-at-maximum",
        means=f"All of the {max_count} replicas that are allowed have been running for 30 minutes.",
        metrics={"healthy": _load_balancer("HealthyHostCount", "Minimum", targets)},
        comparison="GreaterThanOrEqualToThreshold",
        threshold=max_count,
        period=_MINUTE,
        periods=30,  # a deployment runs twice as many replicas, for minutes
        missing="notBreaching",  # without any target, another alarm goes off
    )


def memory_alarm(service: Dimensions, memory_limit: int) -> Alarm:
    """Return the alarm about replicas that the kernel may soon stop.

    Args:
        service: the dimensions of the ECS service's metrics.
        memory_limit: the memory in MiB at which the kernel stops a replica.
    """
    # The metric is a share of the reservation, not of the limit ("Amazon ECS service utilization metrics").
    limit = 100 * memory_limit / MEMORY_RESERVATION
    return Alarm(
        name="replica-memory",
        means=f"A replica uses more than 80 % of its {memory_limit} MiB of memory, for 5 minutes.",
        metrics={
            "memory": Metric(namespace="AWS/ECS", name="MemoryUtilization", dimensions=service, statistic="Maximum")
        },
        comparison="GreaterThanThreshold",
        threshold=0.8 * limit,
        period=_MINUTE,
        periods=5,  # a layer that is being pushed takes up to 65 MiB, and returns them
        missing="notBreaching",  # without tasks there are no values, and another alarm goes off
    )


def growth_alarm(images_bucket: pulumi.Input[str], limit: int) -> Alarm:
    """Return the alarm about images that grow fast.

    Args:
        images_bucket: the bucket's name.
        limit: how many GiB a day are no alarm.
    """
    dimensions = {"BucketName": images_bucket, "StorageType": "StandardStorage"}
    size = Metric(namespace="AWS/S3", name="BucketSizeBytes", dimensions=dimensions, statistic="Average")
    return Alarm(
        name="images-grow",
        means=f"The images bucket grew by more than {limit} GiB within a day.",
        metrics={"size": size},
        expression=f"DIFF(size) / {_GIB}",
        comparison="GreaterThanThreshold",
        threshold=limit,
        period=_DAY,
        # S3 measures once a day and reports later, so the last period is empty, and the difference needs two values.
        periods=3,
        breaching=1,
        missing="notBreaching",
    )


def patching_alarm(schedule_group: pulumi.Input[str]) -> Alarm:
    """Return the alarm about a patch schedule that cannot start an instance refresh.

    Args:
        schedule_group: the name of the schedule's group.
    """
    return _not_started(
        "patching-not-started",
        "The schedule could not start an instance refresh: the instances keep their AMI.",
        schedule_group,
    )


def collection_alarms(
    schedule_group: pulumi.Input[str], collection_arn: pulumi.Input[str], watcher_arn: pulumi.Input[str]
) -> list[Alarm]:
    """Return the alarms about garbage collections.

    Args:
        schedule_group: the name of their schedule's group.
        collection_arn: the ARN of the state machine whose executions they are.
        watcher_arn: the ARN of the state machine that watches them.
    """
    machines = {"collection": collection_arn, "watcher": watcher_arn}
    ended = {
        f"{machine}_{end.lower()}": Metric(
            namespace="AWS/States", name=f"Executions{end}", dimensions={"StateMachineArn": arn}, statistic="Sum"
        )
        for machine, arn in machines.items()
        for end in ("Failed", "TimedOut", "Aborted")
    }
    return [
        _not_started(
            "garbage-collection-not-started", "The schedule could not start a garbage collection.", schedule_group
        ),
        _at_first(
            "garbage-collection-failed",
            "A garbage collection has failed, took too long or was stopped.",
            ended,
            # Without a value, the sum has none.
            f"SUM([{', '.join(f'FILL({id_}, 0)' for id_ in ended)}])",
        ),
    ]


def retention_alarms(schedule_group: pulumi.Input[str], function_name: pulumi.Input[str]) -> list[Alarm]:
    """Return the alarms about retention rules that cannot be applied.

    Args:
        schedule_group: the name of the schedule's group.
        function_name: the name of the function that applies them.
    """
    dropped = Metric(
        namespace="AWS/Lambda",
        # Not Errors: Lambda runs a function that has failed twice more ("Types of metrics for Lambda functions").
        name="AsyncEventsDropped",
        dimensions={"FunctionName": function_name},
        statistic="Sum",
    )
    return [
        _not_started(
            "retention-not-started",
            "The schedule could not start the function that applies the retention rules.",
            schedule_group,
        ),
        _at_first(
            "retention-failed",
            "The retention rules could not be applied: images that no rule keeps stay.",
            {"dropped": dropped},
        ),
    ]


def _not_started(name: str, means: str, schedule_group: pulumi.Input[str]) -> Alarm:
    """Return the alarm about a schedule whose target cannot be started.

    Args:
        name: the alarm's name.
        means: what it means.
        schedule_group: the name of the schedule's group.
    """
    dropped = Metric(
        namespace="AWS/Scheduler",
        # Not TargetErrorCount, which counts attempts that are made again too.
        name="InvocationDroppedCount",
        dimensions={"ScheduleGroup": schedule_group},
        statistic="Sum",
    )
    return _at_first(name, means, {"dropped": dropped})


def _at_first(name: str, means: str, metrics: Mapping[str, Metric], expression: str | None = None) -> Alarm:
    """Return an alarm that goes off at the first event of a kind, which a metric has only if it happens.

    Args:
        name: the alarm's name.
        means: what it means.
        metrics: the metrics.
        expression: what is watched. Default: the only metric.
    """
    return Alarm(
        name=name,
        means=means,
        metrics=metrics,
        expression=expression,
        comparison="GreaterThanThreshold",
        threshold=0,
        period=_FIVE_MINUTES,
        periods=1,
        missing="notBreaching",  # reported only if there are any
    )


def replication_alarm(images_bucket: pulumi.Input[str], replica_bucket: pulumi.Input[str]) -> Alarm:
    """Return the alarm about objects that are missing in the replica bucket."""
    failed = Metric(
        namespace="AWS/S3",
        # Of S3's metrics of replication, the only one in the Region of the images bucket ("Using S3 Replication
        # metrics" in the Amazon S3 User Guide). An alarm watches metrics of its own Region.
        name="OperationsFailedReplication",
        dimensions={"SourceBucket": images_bucket, "DestinationBucket": replica_bucket, "RuleId": RULE},
        statistic="Sum",
    )
    # S3 does not try a failed object again.
    return _at_first("replication-fails", "S3 gave up copying objects to the replica bucket.", {"failed": failed})


def token_alarms(function_name: pulumi.Input[str]) -> list[Alarm]:
    """Return the alarms about a token service that does not answer.

    What it refuses, such as a wrong password, is no error of the function.

    Args:
        function_name: the name of the Lambda function.
    """

    def count(name: str) -> Mapping[str, Metric]:
        dimensions = {"FunctionName": function_name}
        return {"executions": Metric(namespace="AWS/Lambda", name=name, dimensions=dimensions, statistic="Sum")}

    return [
        Alarm(
            name="token-service-errors",
            means="The token service fails, for 10 minutes: clients get no tokens.",
            metrics=count("Errors"),
            comparison="GreaterThanThreshold",
            threshold=5,  # AWS STS or KMS may fail a few requests at any time
            period=_FIVE_MINUTES,
            periods=2,
            missing="notBreaching",  # reported only if there are executions
        ),
        Alarm(
            name="token-service-throttles",
            means="More clients than the token service may serve at once ask for tokens, for 10 minutes.",
            metrics=count("Throttles"),
            comparison="GreaterThanThreshold",
            threshold=100,  # a cluster whose nodes all pull at once is over in less time
            period=_FIVE_MINUTES,
            periods=2,
            missing="notBreaching",  # reported only if there are any
        ),
    ]


def _load_balancer(name: str, statistic: str, dimensions: Dimensions) -> Metric:
    return Metric(namespace="AWS/ApplicationELB", name=name, dimensions=dimensions, statistic=statistic)
