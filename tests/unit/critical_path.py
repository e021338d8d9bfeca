"""When a deployment can create each resource, and its critical path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from sandbox.evaluation.declared import Declaration, Resource


@dataclass(frozen=True)
class Step:
    """The creation of one resource.

    Attributes:
        start: When its last dependency is complete, in seconds.
        seconds: How long it takes.
        after: The URN of that last dependency; "" if it has none.
    """

    resource: Resource
    start: float
    seconds: float
    after: str

    @property
    def end(self) -> float:
        return self.start + self.seconds

    @property
    def kind(self) -> str:
        """The type without package and module: "NatGateway"."""
        return self.resource.type.rpartition(":")[2]


Schedule = Mapping[str, Step]


def schedule(declaration: Declaration, seconds: Callable[[Resource], float]) -> Schedule:
    """Start each resource as soon as its dependencies are complete, without a limit on parallelism.

    Args:
        seconds: How long a resource takes. Components take no time.

    Returns:
        The steps by URN.

    Raises:
        graphlib.CycleError: A resource depends on itself.
    """
    resources = {resource.urn: resource for resource in declaration.resources}
    dependencies = {urn: resource.dependencies & resources.keys() for urn, resource in resources.items()}
    steps: dict[str, Step] = {}
    for urn in TopologicalSorter(dependencies).static_order():
        last = _last(steps[each] for each in dependencies[urn])
        start, after = (last.end, last.resource.urn) if last else (0.0, "")
        steps[urn] = Step(resources[urn], start, seconds(resources[urn]) if resources[urn].custom else 0.0, after)
    return steps


def critical_path(steps: Schedule) -> list[Step]:
    """Return the last step to end, preceded by the steps that it waits for."""
    path: list[Step] = []
    step = _last(steps.values())
    while step:
        path.insert(0, step)
        step = steps.get(step.after)
    return path


def length(steps: Schedule) -> float:
    """Return the seconds until every resource is complete."""
    return max((step.end for step in steps.values()), default=0.0)


def _last(steps: Iterable[Step]) -> Step | None:
    # By URN among those that end together, so that the same program gives the same path.
    return max(steps, key=lambda step: (step.end, step.resource.urn), default=None)
