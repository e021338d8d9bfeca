"""Deletion protection keeps the load balancer: what would delete it is refused in the preview, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.configuring import configure, configured
from tests.engine.conftest import ROOT
from tests.engine.inventory import inventory
from tests.engine.steps import Run, changed, errors, run

_INTERNAL = {"internal": "true"}


@pytest.fixture(scope="module")
def stack(api: AwsApi, folder: Path) -> auto.Stack:
    """A small stack, up, its load balancer protected."""
    selected = engine.create_stack(ROOT, "dev", api, folder / "dev")
    configure(selected, {"natGateways": "single", "deletionProtection": "true"})
    run(selected.up)
    return selected


@pytest.mark.parametrize("values", [_INTERNAL, _INTERNAL | {"deletionProtection": "false"}], ids=["alone", "with it"])
def test_change_to_internal_is_refused_in_the_preview(stack: auto.Stack, values: Mapping[str, str]) -> None:
    said = Run()
    with configured(stack, values), pytest.raises(auto.CommandError):
        stack.preview(on_event=said.events.append, color="never")
    assert "pulumi config set registry:deletionProtection false" in "".join(errors(said))


def test_destroy_is_refused_in_the_preview(stack: auto.Stack, aws: Callable[[str], Any]) -> None:
    before = inventory(aws)
    with pytest.raises(auto.CommandError, match=r"registry-alb.*\s.*protected"):
        run(stack.destroy, preview_only=True)
    assert inventory(aws) == before


def test_change_to_internal_after_the_protection_was_turned_off(stack: auto.Stack, aws: Callable[[str], Any]) -> None:
    configure(stack, {"deletionProtection": "false"})
    assert changed(run(stack.up)) == {"PrivateRegistry registry": "update", "LoadBalancer registry-alb": "update"}
    configure(stack, _INTERNAL | {"deletionProtection": "true"})
    assert changed(run(stack.up))["LoadBalancer registry-alb"] == "replace"
    [balancer] = aws("elbv2").describe_load_balancers()["LoadBalancers"]
    assert balancer["Scheme"] == "internal"
