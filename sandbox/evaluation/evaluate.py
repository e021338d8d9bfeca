"""The first door: runs the program under Pulumi's own runtime and returns what it registered. No CLI is needed."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor

import pulumi.runtime
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.settings import SETTINGS

from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.monitor import RecordingMonitor, State
from sandbox.evaluation.transforms import Transforms


def evaluate(
    program: Callable[[], object],
    *,
    project: str = "registry",
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
    secret_config: Collection[str] = (),
    region: str = "us-west-2",
    state: State | None = None,
    preview: bool = False,
) -> Declaration:
    """What `program` declares, and the stack's exports. Returns when everything that it started is done.

    Args:
        program: registers resources and calls `pulumi.export`.
        config: as the engine hands it over: keys with their namespace, values as text or JSON.
        secret_config: the keys that are encrypted in the stack's file.
        region: of the default AWS provider.
        state: keeps keys and random values: with the same one, a second run gives the same bytes.
        preview: values that only a deployment tells are unknown, as in `pulumi preview` of a stack that does not
            exist yet; in the declaration they are `pulumi.runtime.rpc.UNKNOWN`, or absent from the outputs.

    Raises:
        DuplicateResource: two resources have the same URN.
        LookupError: the program calls a provider function that the sandbox has no answer to.
        Exception: whatever the program raises.
    """
    monitor = RecordingMonitor(stack, project, region, {} if state is None else state, preview=preview)
    # All of Pulumi's state is in context variables: a context of its own leaves nothing behind. In a thread of its own,
    # since Pulumi walks through the whole call stack for each resource, and a test runner's is deep.
    own = ThreadPoolExecutor(max_workers=1)
    try:
        own.submit(
            contextvars.Context().run,
            *(_run, program, monitor, project, stack, dict(config or {}), list(secret_config), preview),
        ).result()
    finally:
        own.shutdown(wait=False)  # after Ctrl-C nobody waits for the program
    return monitor.declaration()


def _run(
    program: Callable[[], object],
    monitor: RecordingMonitor,
    project: str,
    stack: str,
    config: dict[str, str],
    secret_config: list[str],
    preview: bool,
) -> None:
    pulumi.runtime.configure(
        pulumi.runtime.Settings(project=project, stack=stack, monitor=monitor, engine=MockEngine(None), dry_run=preview)
    )
    pulumi.runtime.set_all_config(config, secret_config)
    asyncio.run(_run_to_the_end(program, monitor))


async def _run_to_the_end(program: Callable[[], object], monitor: RecordingMonitor) -> None:
    loop = asyncio.get_running_loop()
    monitor.transforms = Transforms(loop)
    SETTINGS.callbacks = monitor.transforms  # pyright: ignore[reportAttributeAccessIssue]  (the SDK's own stub is wrong)
    # One call at a time, so that the monitor needs no lock.
    loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
    # The first error is raised; those of the outputs that wait for it would only repeat it on stderr.
    loop.set_exception_handler(lambda _loop, _context: None)

    def run() -> None:
        program()

    await pulumi.runtime.run_in_stack(run)
