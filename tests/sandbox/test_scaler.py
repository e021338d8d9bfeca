"""The stand-in for Application Auto Scaling: when it adds and removes replicas."""

from __future__ import annotations

from sandbox.ecs.scaler import Scaler
from sandbox.evaluation.declared import Declaration, Resource

CPU, REQUESTS = "ECSServiceAverageCPUUtilization", "ALBRequestCountPerTarget"


def scaler() -> Scaler:
    """Make one for 2 to 8 replicas, with CPU at 50 % and 1,000 requests, and cooldowns of 5 and 20 minutes."""
    policies = [
        _resource(
            "aws:appautoscaling/policy:Policy",
            policyType="TargetTrackingScaling",
            targetTrackingScalingPolicyConfiguration={
                "predefinedMetricSpecification": {"predefinedMetricType": metric},
                "targetValue": value,
                "scaleOutCooldown": 300,
                "scaleInCooldown": 1200,
            },
        )
        for metric, value in ((CPU, 50), (REQUESTS, 1000))
    ]
    target = _resource("aws:appautoscaling/target:Target", minCapacity=2, maxCapacity=8)
    return Scaler(Declaration((target, *policies), {}))


def counts(scaler: Scaler, minutes: int, count: int, *, cpu: float = 10, requests: float = 100) -> list[int]:
    """The number of replicas in each of some minutes with the same load of each replica."""
    return [count := scaler.next_count({CPU: cpu, REQUESTS: requests}, count) for _ in range(minutes)]


def test_one_high_metric_adds_replicas_after_three_minutes() -> None:
    assert counts(scaler(), 3, 2, requests=1400) == [2, 2, 3]
    assert counts(scaler(), 3, 2, cpu=100) == [2, 2, 4]


def test_maximum_is_not_exceeded() -> None:
    assert counts(scaler(), 4, 2, requests=9000)[-1] == 8


def test_replicas_on_their_way_count_during_the_cooldown() -> None:
    scaling = scaler()
    assert counts(scaling, 3, 2, requests=1400)[-1] == 3
    assert counts(scaling, 4, 3, requests=1400) == [3] * 4
    assert counts(scaling, 1, 3, requests=1400) == [5]


def test_larger_load_adds_more_during_the_cooldown() -> None:
    scaling = scaler()
    counts(scaling, 3, 2, requests=1400)
    assert counts(scaling, 1, 3, requests=2400) == [5]


def test_replicas_are_removed_after_fifteen_low_minutes() -> None:
    assert counts(scaler(), 15, 6, requests=400, cpu=20) == [6] * 14 + [3]


def test_replicas_stay_until_both_metrics_were_low_for_fifteen_minutes() -> None:
    """A metric is low below 90 % of its target value."""
    scaling = scaler()
    counts(scaling, 15, 6, cpu=46)
    assert counts(scaling, 15, 6, cpu=20) == [6] * 14 + [3]


def test_next_replicas_are_removed_after_the_cooldown() -> None:
    scaling = scaler()
    assert counts(scaling, 15, 6, requests=600)[-1] == 4
    assert counts(scaling, 20, 4)[-2:] == [4, 2]


def _resource(type_: str, **inputs: object) -> Resource:
    return Resource(urn=type_, type=type_, name=type_, parent="", inputs=inputs, outputs={})
