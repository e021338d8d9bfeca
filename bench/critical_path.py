"""The order in which a deployment can make its resources, and what it waits for: nothing here runs anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.evaluation.declared import Declaration, Resource


@dataclass(frozen=True)
class Step:
    """One resource being made.

    Attributes:
        start: when the last of its dependencies is there, in seconds.
        seconds: how long it takes.
        after: the URN of that dependency; "" if it has none.
    """

    resource: Resource
    start: float
    seconds: float
    after: str

    @property
    def end(self) -> float:
        """When it is there."""
        return self.start + self.seconds

    @property
    def kind(self) -> str:
        """Its type without package and module: "NatGateway"."""
        return self.resource.type.rpartition(":")[2]


Schedule = Mapping[str, Step]


def schedule(declaration: Declaration, seconds: Callable[[Resource], float]) -> Schedule:
    """Each resource as early as its dependencies allow it, as many at once as there are; by URN.

    Args:
        seconds: how long a resource takes. A component takes no time.

    Raises:
        ValueError: a resource depends on itself.
    """
    by_urn = {resource.urn: resource for resource in declaration.resources}
    steps: dict[str, Step] = {}
    begun: set[str] = set()

    def step(urn: str) -> Step:
        if urn not in steps:
            if urn in begun:
                raise ValueError(f"{urn} depends on itself")
            begun.add(urn)
            resource = by_urn[urn]
            # The later in the alphabet of two that end together: the same program gives the same chain.
            last = max(
                (step(each) for each in resource.dependencies & by_urn.keys()),
                key=lambda each: (each.end, each.resource.urn),
                default=None,
            )
            start, after = (last.end, last.resource.urn) if last else (0.0, "")
            steps[urn] = Step(resource, start, seconds(resource) if resource.custom else 0.0, after)
        return steps[urn]

    for urn in by_urn:
        step(urn)
    return steps


def longest_chain(steps: Schedule) -> list[Step]:
    """What ends last, and before it what each waits for: the only steps that make a deployment shorter if they are."""
    chain: list[Step] = []
    following: Step | None = max(steps.values(), key=lambda each: (each.end, each.resource.urn), default=None)
    while following:
        chain.insert(0, following)
        following = steps.get(following.after)
    return chain


def length(steps: Schedule) -> float:
    """Seconds until all is there."""
    return max((step.end for step in steps.values()), default=0.0)
