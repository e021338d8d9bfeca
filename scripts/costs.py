"""Writes the tables of docs/costs.md, from what registries declare and AWS's prices. Part of `make generate`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from components import AccessRule, PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.evaluate import evaluate
from sandbox.evaluation.project import evaluate_project
from scripts.billed import billed
from scripts.markdown import table, with_blocks
from scripts.prices import BY_USE, FIXED

_ROOT = Path(__file__).parents[1]
_PAGE = _ROOT / "docs" / "costs.md"
_STACKS = ("dev", "prod")

_DEFAULTS = PrivateRegistryArgs(image="registry:3")
_OPTIONS: Mapping[str, PrivateRegistryArgs] = {
    "`instanceType: t4g.small`": replace(_DEFAULTS, instance_type="t4g.small"),
    "`availabilityZones: 3`": replace(_DEFAULTS, availability_zones=3),
    "`natGateways: single`": replace(_DEFAULTS, nat_gateways="single"),
    "`natGateways: none`": replace(_DEFAULTS, nat_gateways="none"),
    "`internal`": replace(_DEFAULTS, internal=True),
    "`isolated`": replace(_DEFAULTS, isolated=True, image="123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:3"),
    "`access`": replace(
        _DEFAULTS,
        access=[AccessRule(who="arn:aws:iam::123456789012:role/ci", repositories=["*"], actions=["pull", "push"])],
    ),
    "`rateLimit`": replace(_DEFAULTS, rate_limit=10_000),
    "`maxCount`": replace(_DEFAULTS, max_count=2),
    "`replicaRegion`": replace(_DEFAULTS, replica_region="us-east-2"),
    "`monitoring`": replace(_DEFAULTS, monitoring=True, alarm_email="ops@example.com"),
    "`containerInsights`": replace(_DEFAULTS, container_insights=True),
}


@dataclass(frozen=True)
class _Use:
    """What a stack uses a month in the example, in the unit of the price.

    Attributes:
        by_stack: in the order of `_STACKS`.
        how: how it is counted.
    """

    by_stack: tuple[str, str]
    how: str


# docs/costs.md says where the numbers of requests and bytes come from.
_EXAMPLE: Mapping[str, _Use] = {
    "stored": _Use(("250", "250"), "200 GB of images; 50 GB pushed, once more for 30 days"),
    "writes": _Use(("1103", "303"), "30.3 per layer pushed; `registry:2` also lists 4 times per layer pulled"),
    "reads": _Use(("840", "1640"), "8.2 per layer pulled, or 4.2 besides those listings"),
    "internet": _Use(("900", "900"), "20,000 times 50 MB, without the 100 GB that are free"),
    "lcu": _Use(("50", "50"), "50 GB pushed, at 1 GB an hour per unit"),
    "web requests": _Use(("0", "0.346"), "15 per pull, 46 per push"),
    "log": _Use(("1.1", "1.5"), "1.4 KB per request; 0.165 GB of health checks per replica and zone"),
    "log stored": _Use(("1.1", "18"), "30 and 365 days, as if it were not compressed"),
    "replica stored": _Use(("0", "250"), "the same"),
    "region": _Use(("0", "100"), "50 GB pushed, twice"),
    "replica writes": _Use(("0", "136"), "per push 92 versions of objects and 44 deletions"),
    "nat": _Use(("0", "5"), "an assumption: boots, the ECS agent, logs"),
}


def generated() -> dict[Path, str]:
    """Return the content that docs/costs.md should have."""
    stacks = [billed(evaluate_project(_ROOT, stack, notice=lambda _text: None)) for stack in _STACKS]
    blocks = {"stacks": _stacks(stacks), "options": _options(), "example": _example(stacks), "prices": _prices()}
    return {_PAGE: with_blocks(_PAGE.read_text(), blocks)}


def _stacks(stacks: Sequence[Mapping[str, int]]) -> str:
    rows: list[list[str]] = []
    for key, price in FIXED.items():
        counts = [stack.get(key, 0) for stack in stacks]
        if any(counts):
            cells = [(str(count), _usd(count * price.monthly)) if count else ("", "") for count in counts]
            rows.append([price.what, _usd(price.monthly), *_flat(cells)])
    rows.append(["**Sum**", "", *_flat(("", f"**{_usd(_monthly(stack))}**") for stack in stacks)])
    return table(["", "One a month", *_flat((f"`{stack}`", "USD") for stack in _STACKS)], rows)


def _options() -> str:
    defaults = _declared(_DEFAULTS)
    rows = [("the defaults", "", _usd(_monthly(defaults)))]
    for option, args in _OPTIONS.items():
        changed = _declared(args)
        change = {key: more for key in FIXED if (more := changed.get(key, 0) - defaults.get(key, 0))}
        numbers = ", ".join(f"{more:+d} x {FIXED[key].what}" for key, more in change.items())
        rows.append((option, numbers, f"{_monthly(change):+.2f}"))
    return table(("Option", "What it changes", "USD a month"), rows)


def _declared(args: PrivateRegistryArgs) -> Mapping[str, int]:
    return billed(evaluate(lambda: PrivateRegistry("registry", args)))


def _example(stacks: Sequence[Mapping[str, int]]) -> str:
    rows: list[list[str]] = []
    sums = [Decimal(0), Decimal(0)]
    for key, use in _EXAMPLE.items():
        price = BY_USE[key]
        costs = [Decimal(used) * Decimal(price.usd) for used in use.by_stack]
        sums = [total + cost for total, cost in zip(sums, costs, strict=True)]
        used = [
            (f"{used} x {price.unit}", _usd(cost)) if cost else ("", "")
            for used, cost in zip(use.by_stack, costs, strict=True)
        ]
        rows.append([price.what, *_flat(used), use.how])
    totals = [total + _monthly(stack) for total, stack in zip(sums, stacks, strict=True)]
    for name, amounts in {"**Sum**": sums, "**With what is always there**": totals}.items():
        rows.append([name, *_flat(("", f"**{_usd(amount)}**") for amount in amounts), ""])
    return table(["", *_flat((f"`{stack}`", "USD") for stack in _STACKS), "How it is counted"], rows)


def _prices() -> str:
    rows = (
        (
            price.what,
            price.usd,
            price.unit,
            f"`{price.usage_type}`" if price.usage_type else "",
            f"[{price.page}](https://aws.amazon.com/{price.page}/)",
            price.as_of,
            price.note,
        )
        for price in (*FIXED.values(), *BY_USE.values())
    )
    return table(("", "USD", "per", "Usage type in the price list", "AWS's page", "As of", "Note"), rows)


def _monthly(counts: Mapping[str, int]) -> Decimal:
    return sum((FIXED[key].monthly * count for key, count in counts.items()), Decimal(0))


def _flat(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [cell for pair in pairs for cell in pair]


def _usd(amount: Decimal) -> str:
    return f"{amount:,.2f}"
