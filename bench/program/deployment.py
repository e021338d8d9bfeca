"""What a first `pulumi up` waits for in AWS, predicted from the recorded dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from matplotlib.axes import Axes

from bench.creation_times import Time, creation_time
from bench.critical_path import Schedule, length, longest_chain, schedule
from bench.ground import PROJECT
from bench.program import gantt
from bench.report import Chapter, Goal, Picture, Table
from sandbox.evaluation.declared import Declaration, Resource
from sandbox.evaluation.project import evaluate_project

_STACKS = ("dev", "prod")
_SLOW = {"LoadBalancer", "NatGateway", "Group", "Service"}
_BESIDE = 0.1
# Why a step of the longest chain waits for the one before it.
_REASONS = {
    ("Subnet", "Vpc"): "is in it",
    ("InternetGateway", "Vpc"): "is in it",
    ("RouteTableAssociation", "Subnet"): "is of it",
    ("LoadBalancer", "RouteTableAssociation"): "needs the way to the internet; on destroy it goes before it",
    ("NatGateway", "RouteTableAssociation"): "as the load balancer",
    ("NatGateway", "Route"): "as the load balancer",
    ("LoadBalancer", "Route"): "needs the way to the internet; on destroy it goes before it",
    ("Listener", "LoadBalancer"): "is its",
    ("Service", "Listener"): "ECS takes no target group without one",
    ("Route", "NatGateway"): "leads there",
    ("Group", "Route"): "an instance without a way out does not boot",
    ("CapacityProvider", "Group"): "is of it",
    ("ClusterCapacityProviders", "CapacityProvider"): "names it",
    ("Service", "ClusterCapacityProviders"): "places its tasks by it",
}


def predicted(declaration: Declaration, which: str = "typical") -> Schedule:
    """The schedule in AWS. `which` is "low", "typical" or "high"."""

    def seconds(resource: Resource) -> float:
        return getattr(creation_time(resource), which)

    return schedule(declaration, seconds)


def bars(steps: Schedule) -> list[gantt.Bar]:
    """All that takes time."""
    chain = {step.resource.urn for step in longest_chain(steps)}
    return [
        gantt.Bar(f"{step.kind} {step.resource.name.partition('-')[2]}", step.start, step.end, urn in chain)
        for urn, step in steps.items()
        if step.seconds
    ]


def measure() -> Chapter:
    """The stacks' longest chains, by typical times and by the lowest and highest."""
    declared = {stack: evaluate_project(PROJECT, stack) for stack in _STACKS}
    schedules = {stack: predicted(declaration) for stack, declaration in declared.items()}
    return Chapter(
        title="What a first `pulumi up` waits for in AWS",
        method=(
            "Predicted, not measured: there was no AWS account. The stacks are evaluated; each resource begins when "
            "the last of its recorded dependencies is there, with as many at once as there are (Pulumi's default is "
            "four for each core), and takes a time from the last table. The longest chain is what counts: nothing "
            "else makes a deployment shorter."
        ),
        tables=[
            *(_chain(stack, steps) for stack, steps in schedules.items()),
            _lengths(declared),
            _times(declared.values()),
        ],
        findings=_findings(schedules),
        goals=[_goal(stack, steps) for stack, steps in schedules.items()],
        pictures=[
            Picture(
                "program-predicted",
                "When each resource could be made, for dev and prod; the longest chain is orange",
                lambda axes: _draw(schedules, axes),
                2,
            )
        ],
    )


def _chain(stack: str, steps: Schedule) -> Table:
    rows, before = [], ""
    for step in longest_chain(steps):
        why = _REASONS.get((step.kind, before), "")
        rows.append((step.kind, f"{step.start:.0f}", f"{step.seconds:.0f}", why))
        before = step.kind
    rows.append(("all is there", f"{length(steps):.0f}", "", ""))
    return Table((f"{stack}: the longest chain", "Begins at s", "Takes s", "Waits for the one above, since it"), rows)


def _lengths(declared: Mapping[str, Declaration]) -> Table:
    rows = []
    for stack, declaration in declared.items():
        for which in ("low", "typical", "high"):
            steps = predicted(declaration, which)
            kinds = ", ".join(step.kind for step in longest_chain(steps) if step.kind in _SLOW)
            rows.append((f"{stack}, {which} times", f"{length(steps):.0f}", kinds))
    return Table(("How sure that is", "s", "The slow ones on the longest chain"), rows)


def _times(declarations: Iterable[Declaration]) -> Table:
    found: dict[str, Time] = {}
    for declaration in declarations:
        for resource in declaration.resources:
            if resource.custom and (time := creation_time(resource)).typical > 1:
                found[resource.type.rpartition(":")[2]] = time
    rows = [
        (kind, f"{time.low:g}", f"{time.typical:g}", f"{time.high:g}", time.source)
        for kind, time in sorted(found.items(), key=lambda item: -item[1].typical)
    ]
    rows.append(("all others in AWS", "1", "1", "5", "estimate: one or two calls"))
    return Table(("Typical creation times", "Low s", "Typical s", "High s", "From"), rows)


def _goal(stack: str, steps: Schedule) -> Goal:
    chain = longest_chain(steps)
    slow = [step for step in chain if step.kind in _SLOW]
    beside = length(steps) - sum(step.seconds for step in slow)
    kinds = " + ".join(step.kind for step in slow)
    return Goal(
        f"{stack}: the longest chain is the load balancer or NAT gateway plus the service, nothing serial beside it",
        f"{length(steps):.0f} s: {kinds}; all else {beside:.0f} s",
        "Group" not in kinds and beside <= _BESIDE * length(steps),
    )


def _findings(schedules: Mapping[str, Schedule]) -> str:
    chain = longest_chain(schedules["prod"])
    capacity = sum(step.seconds for step in chain if step.kind in ("CapacityProvider", "ClusterCapacityProviders"))
    return (
        "In prod the instances' boot stands between the NAT gateway and the service, and belongs there: an instance in "
        "a private subnet reaches no AWS API before its route to the NAT gateway is there. Started earlier, it would "
        "only wait, with agents in ever longer pauses between their attempts. The load balancer is made "
        f"beside both. The Auto Scaling Group is there only when its instances have booted; without that wait the two "
        f"steps after it, {capacity:.0f} s, would pass meanwhile. The wait stays: by it a boot that fails is told as "
        "such, with the group's last activities, and not as a service that never becomes steady.\n\n"
        "Removed: an internal load balancer waited for the private subnets' way out, which are the NAT gateways, or "
        "with `isolated` all interface endpoints. That was a minute and a half or two of theirs before its own. "
        "`tests/unit/test_critical_path.py` names the steps of both chains: one more, and it fails."
    )


def _draw(schedules: Mapping[str, Schedule], axes: Sequence[Axes]) -> None:
    for place, (stack, steps) in enumerate(schedules.items()):
        gantt.draw(axes[place], gantt.shown(bars(steps)), f"{stack}, predicted for AWS: {length(steps):.0f} s")
