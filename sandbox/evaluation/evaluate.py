"""Evaluation of a program: it runs under Pulumi's test runtime, without the Pulumi CLI."""

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
    """Run a program, and return what it registered. Everything that it started has ended.

    Args:
        program: registers resources and calls `pulumi.export`.
        config: config values as the engine passes them: keys with namespace, values as text or JSON.
        secret_config: the keys of encrypted config values.
        region: the region of the default AWS provider.
        state: stores keys and random values. A second run with the same state returns the same values.
        preview: leave values unknown that only a deployment yields, as `pulumi preview` does for a new stack. They are
            `pulumi.runtime.rpc.UNKNOWN` in inputs, and missing in outputs.

    Raises:
        DuplicateResource: two resources have the same URN.
        LookupError: the program calls a provider function that the sandbox does not know.
        Exception: an error of the program.
    """
    monitor = RecordingMonitor(stack, project, region, {} if state is None else state, preview=preview)
    # In its own context, since Pulumi keeps all state in context variables. In its own thread, since Pulumi inspects
    # the whole call stack for each resource, and the stack of a test runner is deep.
    own = ThreadPoolExecutor(max_workers=1)
    try:
        own.submit(
            contextvars.Context().run,
            *(_run, program, monitor, project, stack, dict(config or {}), list(secret_config), preview),
        ).result()
    finally:
        own.shutdown(wait=False)  # do not wait for the program after Ctrl-C
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
    asyncio.run(_run_in_loop(program, monitor))


async def _run_in_loop(program: Callable[[], object], monitor: RecordingMonitor) -> None:
    loop = asyncio.get_running_loop()
    monitor.transforms = Transforms(loop)
    SETTINGS.callbacks = monitor.transforms  # pyright: ignore[reportAttributeAccessIssue]  (wrong stub in the SDK)
    # One call at a time: the monitor has no lock.
    loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
    # The first error is raised. Outputs that depend on it would print it again.
    loop.set_exception_handler(lambda _loop, _context: None)

    def run() -> None:
        program()

    await pulumi.runtime.run_in_stack(run)
