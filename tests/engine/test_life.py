"""The dev stack's life. The tests stand in its order: up, what a second run finds, destroy."""

from __future__ import annotations

import itertools
import json
import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto
from pulumi.runtime.rpc import UNKNOWN

from sandbox import engine
from sandbox.aws.api_calls import logged_refusals
from sandbox.aws.emulator import AwsApi
from sandbox.evaluation import stack_state
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.evaluate import evaluate
from sandbox.evaluation.project import evaluate_project, stack_config
from tests.engine.conftest import ROOT
from tests.engine.inventory import inventory
from tests.engine.steps import Run, begun, changed, done, exported, label, run

# Each waits until the one before is gone: AWS refuses to delete what is in use.
_DESTROY_ORDER = (
    "Service registry-service",
    "ClusterCapacityProviders registry-capacity",
    "CapacityProvider registry-capacity",
    "Group registry-instances",
    "LaunchTemplate registry-instance",
    "Cluster registry-cluster",
)


@pytest.fixture(scope="module")
def stack(api: AwsApi, folder: Path) -> auto.Stack:
    return engine.create_stack(ROOT, "dev", api, folder / "dev")


@pytest.fixture(scope="module")
def up(stack: auto.Stack, empty: set[str]) -> Run:
    return run(stack.up)


@pytest.fixture(scope="module")
def by_engine(stack: auto.Stack, up: Run) -> Declaration:
    return stack_state.declaration(stack.export_stack().deployment)


@pytest.fixture(scope="module")
def destroyed(stack: auto.Stack, up: Run) -> Run:
    return run(stack.destroy)


def test_second_preview_expects_no_change(stack: auto.Stack, up: Run) -> None:
    assert changed(run(stack.preview)) == {}


def test_refresh_finds_no_drift(stack: auto.Stack, up: Run) -> None:
    assert {label: op for label, op in changed(run(stack.refresh)).items() if op != "refresh"} == {}


def test_both_doors_yield_the_same_resources(by_engine: Declaration) -> None:
    by_evaluation = evaluate_project(ROOT, "dev")
    assert _described(by_engine) == _described(by_evaluation)
    assert by_engine.exports.keys() == by_evaluation.exports.keys()
    assert by_engine.secret_exports == by_evaluation.secret_exports


def test_both_doors_yield_the_same_inputs_where_they_are_not_computed(by_engine: Declaration) -> None:
    config = stack_config(ROOT, "dev").values
    # In a preview, what is computed is unknown.
    planned = evaluate(lambda: runpy.run_path(str(ROOT), run_name="__main__"), config=config, preview=True)
    made = {resource.urn: resource.inputs for resource in by_engine.resources}
    differing = [label(r.urn) for r in planned.resources if not _fits(r.inputs, made[r.urn])]
    assert differing == []


def test_no_secret_is_in_clear(stack: auto.Stack, up: Run, by_engine: Declaration) -> None:
    secrets = set(_secrets(by_engine))
    told = {"state": exported(stack), "output": "\n".join(up.output)}
    in_clear = [place for place, text in told.items() if any(secret in text for secret in secrets)]
    alike = [place for place, text in told.items() if re.search(r"PRIVATE KEY-----|\$2[aby]\$\d\d\$", text)]
    kinds = len(secrets)
    assert kinds >= 5, "two keys, a password, its hash, the HTTP secret"
    assert in_clear == []
    assert alike == []


def test_destroy_goes_against_the_order_of_use(destroyed: Run) -> None:
    first = {label(step.urn): place for place, step in begun(destroyed)}
    last = {label(step.urn): place for place, step in done(destroyed)}
    too_early = [
        f"{after} before {before} was gone"
        for before, after in itertools.pairwise(_DESTROY_ORDER)
        if first[after] < last[before]
    ]
    assert too_early == []


def test_nothing_is_refused_for_its_order(destroyed: Run, folder: Path) -> None:
    """The provider tries again for up to 20 minutes: a wrong order can be slow, and pass."""
    refused = logged_refusals(folder / "aws-api.log")
    # It asks until what it deletes is no longer found.
    assert [refusal for refusal in refused if "NotFound" not in refusal] == []


def test_destroy_leaves_nothing(destroyed: Run, stack: auto.Stack, aws: Callable[[str], Any], empty: set[str]) -> None:
    assert stack_state.declaration(stack.export_stack().deployment).resources == ()
    assert inventory(aws) == empty


def _described(declaration: Declaration) -> dict[str, Any]:
    return {
        resource.urn: (
            resource.type,
            resource.name,
            resource.parent,
            sorted(resource.inputs),
            resource.secret_inputs,
            resource.custom,
            resource.protect,
            resource.retain_on_delete,
            resource.ignore_changes,
        )
        for resource in declaration.resources
    }


def _fits(planned: Any, made: Any) -> bool:
    if planned == UNKNOWN:
        return True
    if isinstance(planned, dict) and isinstance(made, dict):
        return planned.keys() == made.keys() and all(_fits(planned[key], made[key]) for key in planned)
    if isinstance(planned, list) and isinstance(made, list):
        return len(planned) == len(made) and all(map(_fits, planned, made))
    return planned == made


def _secrets(declaration: Declaration) -> Iterator[str]:
    """The secrets' texts, as they are and as they stand in JSON. A salt is none: it stands in each hash."""
    for resource in declaration.resources:
        if resource.type == "random:index/randomBytes:RandomBytes":
            continue
        for properties, keys in (
            (resource.inputs, resource.secret_inputs),
            (resource.outputs, resource.secret_outputs),
        ):
            for text in (str(properties[key]) for key in keys):
                yield from (text, json.dumps(text)[1:-1])
