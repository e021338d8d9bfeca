"""Run commands of the Pulumi CLI and read what they report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox.evaluation import stack_state
from sandbox.evaluation.declared import Declaration
from tests.engine.configuring import environment


@dataclass(frozen=True)
class Step:
    """A step of the engine: an operation on a resource.

    Attributes:
        resource: the type without its module, and the logical name, such as "Bucket registry-images".
        operation: such as "create" or "delete-replaced".
        new_state: the resource's state after the step; None if the step deletes it.
        position: the position of the step's event among the command's events.
    """

    resource: str
    operation: str
    new_state: Any = field(repr=False)
    position: int


@dataclass(frozen=True)
class CommandOutput:
    """The output of a command.

    Attributes:
        lines: the text, including the error message of a command that failed.
        events: the engine's events.
    """

    lines: list[str] = field(default_factory=list, repr=False)
    events: list[auto.EngineEvent] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def errors(self) -> list[str]:
        """The diagnostics of severity "error"."""
        return self._diagnostics("error")

    @property
    def warnings(self) -> list[str]:
        """The diagnostics of severity "warning"."""
        return self._diagnostics("warning")

    def _diagnostics(self, severity: str) -> list[str]:
        diagnostics = [event.diagnostic_event for event in self.events if event.diagnostic_event]
        return [diagnostic.message for diagnostic in diagnostics if diagnostic.severity == severity]

    @property
    def started_steps(self) -> list[Step]:
        """The steps in the order in which they started."""
        return list(self._steps(lambda event: event.resource_pre_event))

    @property
    def completed_steps(self) -> list[Step]:
        """The steps in the order in which they completed."""
        return list(self._steps(lambda event: event.res_outputs_event))

    @property
    def changes(self) -> dict[str, str]:
        """The operation on each resource that did not stay the same; the steps of a replacement count as "replace"."""
        operations: dict[str, set[str]] = {}
        for step in self.completed_steps:
            if step.operation != auto.OpType.SAME:
                operations.setdefault(step.resource, set()).add(step.operation)
        return {
            resource: "replace" if "replace" in found else ", ".join(sorted(found))
            for resource, found in operations.items()
        }

    def _steps(self, step_event: Callable[[auto.EngineEvent], Any]) -> Iterator[Step]:
        for position, event in enumerate(self.events):
            # Without providers: the engine creates the default ones.
            if (found := step_event(event)) and not found.metadata.type.startswith("pulumi:providers:"):
                step = found.metadata
                yield Step(resource_label(step.urn), step.op.value, step.new, position)


def run(command: Callable[..., Any], **options: Any) -> CommandOutput:
    """Run a method of a stack, such as `stack.up`.

    Raises:
        CommandError: the command failed.
    """
    output = CommandOutput()
    _run(command, output, options)
    return output


def run_failing(command: Callable[..., Any], **options: Any) -> CommandOutput:
    """Run a method of a stack that must fail."""
    output = CommandOutput()
    with pytest.raises(auto.CommandError) as failure:
        _run(command, output, options)
    output.lines.append(str(failure.value))
    return output


def preview_drift(stack: auto.Stack) -> dict[str, str]:
    """The changes of `pulumi preview --refresh`: drift, and changes of the program."""
    changes = run(stack.preview, refresh=True).changes
    # The operation of a resource that was read and is as in the state.
    assert auto.OpType.REFRESH in changes.values(), "the preview refreshed nothing"
    return {resource: operation for resource, operation in changes.items() if operation != auto.OpType.REFRESH}


def encrypted_state(stack: auto.Stack) -> str:
    """The state as `pulumi stack export` prints it: secrets are encrypted."""
    workspace, command = stack.workspace, ["stack", "export", "--stack", stack.name]
    return workspace.pulumi_command.run(command, cwd=workspace.work_dir, additional_env=environment(stack)).stdout


def stack_declaration(stack: auto.Stack) -> Declaration:
    """The resources and outputs in the state, secrets included."""
    return stack_state.declaration(stack.export_stack().deployment)


def resource_label(urn: str) -> str:
    """The `Step.resource` of a URN."""
    *_, types, name = urn.split("::")
    return f"{types.rpartition(':')[2]} {name}"


def _run(command: Callable[..., Any], output: CommandOutput, options: Mapping[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        # For a result that is not used, a stack would run `pulumi stack output` twice and `pulumi stack history`.
        for method in ("outputs", "info"):
            patch.setattr(auto.Stack, method, lambda *_: {})
        command(on_output=output.lines.append, on_event=output.events.append, color="never", **options)
