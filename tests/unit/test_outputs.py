"""Dependencies that travel with a value."""

import pulumi
from pulumi.runtime.rpc import UNKNOWN

from components.outputs import with_dependencies
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare


def declared(declare: Declare, value: pulumi.Input[str], preview: bool = False) -> Declaration:
    def program() -> None:
        gate = pulumi.CustomResource("test:index:Gate", "gate")
        dependent = with_dependencies(pulumi.Output.from_input(value), gate)
        pulumi.CustomResource("test:index:Probe", "probe", {"value": dependent})

    return declare(program, preview=preview)


def test_same_value_depends_on_the_resource(declare: Declare) -> None:
    declaration = declared(declare, "value")
    probe = declaration.one("test:index:Probe")
    assert probe.inputs == {"value": "value"}
    assert declaration.one("test:index:Gate").urn in probe.dependencies


def test_known_value_stays_known_in_a_preview(declare: Declare) -> None:
    assert declared(declare, "value", preview=True).one("test:index:Probe").inputs["value"] != UNKNOWN
