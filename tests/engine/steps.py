"""Commands of the CLI, and what the engine's events tell of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pulumi import automation as auto


@dataclass(frozen=True)
class Run:
    """All that a command said."""

    output: list[str] = field(default_factory=list, repr=False)
    events: list[auto.EngineEvent] = field(default_factory=list, repr=False)


def run(command: Callable[..., Any], **options: Any) -> Run:
    """Runs `stack.up` and the like.

    Raises:
        CommandError: it failed.
    """
    said = Run()
    command(on_output=said.output.append, on_event=said.events.append, color="never", **options)
    return said


def begun(said: Run) -> Iterator[tuple[int, auto.StepEventMetadata]]:
    """The program's steps as they began, each with its place among all events."""
    for place, event in enumerate(said.events):
        if event.resource_pre_event and not _is_provider(event.resource_pre_event.metadata):
            yield place, event.resource_pre_event.metadata


def done(said: Run) -> Iterator[tuple[int, auto.StepEventMetadata]]:
    """The program's steps as they were done, each with its place among all events."""
    for place, event in enumerate(said.events):
        if event.res_outputs_event and not _is_provider(event.res_outputs_event.metadata):
            yield place, event.res_outputs_event.metadata


def errors(said: Run) -> list[str]:
    """The diagnostics of severity "error"."""
    diagnostics = [event.diagnostic_event for event in said.events if event.diagnostic_event]
    return [diagnostic.message for diagnostic in diagnostics if diagnostic.severity == "error"]


def changed(said: Run) -> dict[str, str]:
    """What was not left as it was, as {"Bucket registry-images": "update"}; a replacement's parts are one "replace"."""
    operations: dict[str, set[str]] = {}
    for _, step in done(said):
        operations.setdefault(label(step.urn), set()).add(auto.OpType(step.op).value)
    operations = {resource: found - {"same"} for resource, found in operations.items() if found != {"same"}}
    return {
        resource: "replace" if "replace" in found else ", ".join(sorted(found))
        for resource, found in operations.items()
    }


def exported(stack: auto.Stack) -> str:
    """The stack's state as `pulumi stack export` prints it, its secrets encrypted."""
    workspace = stack.workspace
    environment = {**workspace.env_vars, "PULUMI_HOME": str(workspace.pulumi_home)}
    command = ["stack", "export", "--stack", stack.name]
    return workspace.pulumi_command.run(command, cwd=workspace.work_dir, additional_env=environment).stdout


def label(urn: str) -> str:
    """ "Bucket registry-images", from a URN: the type without its module, and the logical name."""
    *_, types, name = urn.split("::")
    return f"{types.rpartition(':')[2]} {name}"


def _is_provider(step: auto.StepEventMetadata) -> bool:
    """The engine makes the default ones by itself."""
    return step.type.startswith("pulumi:providers:")
