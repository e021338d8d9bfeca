"""What the retention rules keep, compared with a naive model of random registries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from components.retention_function.decision import Use, freed, kept
from components.retention_function.images import Manifest, Repository, Tag
from components.retention_function.rules import Rule
from tests.unit.retention_function.naive_model import naively_kept

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
REPOSITORY = "team/app"


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@dataclass(frozen=True)
class Case:
    """A repository, the rules of its registry, and who uses its images."""

    repository: Repository
    rules: list[Rule]
    use: Use


ages = st.sampled_from([0.5, 2, 4, 8, 16, 32])
days = st.sampled_from([0, 3, 10])
rules = st.builds(
    Rule,
    repositories=st.lists(st.sampled_from(["*", "team/*", "team/app", "other"]), min_size=1, max_size=2),
    keep_tags=st.lists(st.sampled_from(["v*", "*1", "latest"]), max_size=1),
    keep_newest=st.integers(0, 2),
    keep_days=days,
    keep_pulled_days=days,
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw manifests that refer to earlier ones, as a digest is known only when the content is."""
    count = draw(st.integers(1, 9))
    manifests: dict[str, Manifest] = {}
    for number in range(count):
        earlier = st.sampled_from([*manifests, digest(99)])  # the last one does not exist
        manifests[digest(number)] = Manifest(
            pushed=ago(draw(ages)),
            parts=frozenset(draw(st.lists(earlier, max_size=2))) if draw(st.booleans()) else frozenset(),
            subject=draw(st.none() | earlier),
        )
    names = st.sampled_from(["v1", "v2", "latest", "x1", *(each.replace(":", "-") for each in manifests)])
    suffixes = st.sampled_from(["", "", ".sig"])
    tags = {
        name + (suffix if name.startswith("sha256-") else ""): Tag(
            digest=draw(st.sampled_from([*manifests])),
            pushed=ago(draw(ages)),
            history={each: ago(draw(ages)) for each in draw(st.lists(st.sampled_from([*manifests]), max_size=3))},
        )
        for name, suffix in draw(st.lists(st.tuples(names, suffixes), max_size=6))
    }
    references = st.tuples(st.sampled_from([REPOSITORY, "other"]), st.sampled_from([*manifests, *tags, "gone"]))
    pulls = st.sets(references, max_size=3)
    use = Use(
        running=draw(st.sets(st.sampled_from([*manifests]), max_size=1)),
        running_tags=draw(st.sets(references, max_size=1)),
        pulls={3: draw(pulls), 10: draw(pulls)} if draw(st.integers(0, 9)) else {},
    )
    return Case(Repository(name=REPOSITORY, manifests=manifests, tags=tags), draw(st.lists(rules, max_size=3)), use)


@given(cases())
@settings(max_examples=300, deadline=None)
def test_kept_is_what_a_naive_model_keeps(case: Case) -> None:
    found = kept(case.repository, case.rules, case.use, NOW)
    assert set(found) == naively_kept(case.repository, case.rules, case.use, NOW)


def test_unreadable_manifest_keeps_its_repository() -> None:
    repository = Repository(
        name=REPOSITORY, manifests={digest(1): Manifest(pushed=ago(99))}, unreadable=frozenset({digest(2)})
    )
    assert kept(repository, [Rule(repositories=["*"])], Use(), NOW).keys() == {digest(1)}


def test_shared_blobs_are_not_freed() -> None:
    """A layer that another repository has stays, also one that two deleted images have counts once."""
    layer, shared = {digest(11): 100}, {digest(12): 1000}
    repositories = [
        Repository(
            name="a",
            manifests={
                digest(1): Manifest(pushed=NOW, blobs={**layer, **shared}, size=1),
                digest(2): Manifest(pushed=NOW, blobs=layer, size=2),
            },
        ),
        Repository(name="b", manifests={digest(3): Manifest(pushed=NOW, blobs=shared, size=4)}),
    ]
    assert freed(repositories, {"a": {digest(1), digest(2)}}) == 103
