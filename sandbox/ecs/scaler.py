"""Application Auto Scaling: the number of replicas by the declared scalable target and its target tracking policies.

Sources: Amazon ECS Developer Guide, "Use a target metric to scale Amazon ECS services"; Application Auto Scaling API
Reference, "TargetTrackingScalingPolicyConfiguration".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Declaration, Resource

# The alarms that AWS creates for a policy of an ECS service. It does not document them: the minutes are those in moto
# (applicationautoscaling/models.py), and the gap below the target value, without which it would flap, is an assumption.
_MINUTES_HIGH, _MINUTES_LOW = 3, 15
_LOW = 0.9


@dataclass
class _Policy:
    """A target tracking policy.

    Attributes:
        metric: a predefined metric, such as "ALBRequestCountPerTarget".
        target: its target value.
        out_cooldown: in minutes.
        in_cooldown: in minutes.
        values: the metric's last values, one for each minute.
    """

    metric: str
    target: float
    out_cooldown: float
    in_cooldown: float
    values: list[float] = field(default_factory=list[float])

    def observe(self, value: float) -> None:
        self.values = [*self.values, value][-_MINUTES_LOW:]

    def is_high(self) -> bool:
        last = self.values[-_MINUTES_HIGH:]
        return len(last) == _MINUTES_HIGH and min(last) > self.target

    def is_low(self) -> bool:
        return len(self.values) == _MINUTES_LOW and max(self.values) < _LOW * self.target

    def count(self, current: int) -> int:
        """The number of replicas that would bring the metric to its target value, rounded up."""
        return math.ceil(current * self.values[-1] / self.target)


class Scaler:
    """Scales a service. Its clock are the calls of `next_count`, one for each minute."""

    def __init__(self, declaration: Declaration) -> None:
        target = declaration.one("aws:appautoscaling/target:Target").inputs
        self._min, self._max = target["minCapacity"], target["maxCapacity"]
        self._policies = [_policy(resource) for resource in declaration.all("aws:appautoscaling/policy:Policy")]
        self._minute = 0
        self._scaled_out: tuple[int, int] | None = None  # the minute, and the number of replicas before
        self._scaled_in: int | None = None  # the minute

    def target_value(self, metric: str) -> float:
        """The target value of a metric's policy."""
        return next(policy.target for policy in self._policies if policy.metric == metric)

    def next_count(self, metrics: Mapping[str, float], count: int) -> int:
        """Return the number of replicas after another minute.

        Args:
            metrics: the values of the policies' metrics in this minute.
            count: the present number of replicas.
        """
        self._minute += 1
        for policy in self._policies:
            policy.observe(metrics[policy.metric])
        if larger := [each for policy in self._policies if (each := self._larger_count(policy, count)) > count]:
            self._scaled_out, self._scaled_in = (self._minute, count), None
            return min(self._max, max(larger))
        if all(self._may_scale_in(policy) for policy in self._policies):
            smaller = max(self._min, *(policy.count(count) for policy in self._policies))
            if smaller < count:
                self._scaled_in = self._minute
                return smaller
        return count

    def _larger_count(self, policy: _Policy, count: int) -> int:
        """In a cooldown, the replicas that the last scale-out added count as a part of what is needed now."""
        if not policy.is_high() or count >= self._max:
            return count
        before = self._scaled_out
        in_cooldown = before is not None and self._minute - before[0] < policy.out_cooldown
        return policy.count(before[1] if before is not None and in_cooldown else count)

    def _may_scale_in(self, policy: _Policy) -> bool:
        in_cooldown = self._scaled_in is not None and self._minute - self._scaled_in < policy.in_cooldown
        return policy.is_low() and not in_cooldown


def _policy(resource: Resource) -> _Policy:
    if resource.inputs["policyType"] != "TargetTrackingScaling":
        raise SandboxError(f"{resource.name}: the sandbox scales by target tracking only")
    settings = resource.inputs["targetTrackingScalingPolicyConfiguration"]
    return _Policy(
        metric=settings["predefinedMetricSpecification"]["predefinedMetricType"],
        target=settings["targetValue"],
        out_cooldown=settings["scaleOutCooldown"] / 60,
        in_cooldown=settings["scaleInCooldown"] / 60,
    )
