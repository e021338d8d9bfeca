"""Resource transforms, which the engine calls back over gRPC: here they are called in the same process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import resource_pb2

# Options that a transform sees and may change: by their name there, and in a registration.
_OPTIONS = {
    "protect": "protect",
    "retain_on_delete": "retainOnDelete",
    "delete_before_replace": "deleteBeforeReplace",
    "ignore_changes": "ignoreChanges",
    "depends_on": "dependencies",
    "provider": "provider",
}


class Transforms(_CallbackServicer):
    """What the SDK registers transforms with, less the server.

    Args:
        loop: in which the program, and so its transforms, runs.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._callbacks = {}
        self._transforms = {}
        self._target = "the same process"
        self._loop = loop

    def apply(self, tokens: Iterable[str], request: Any) -> None:
        """Changes a registration as these transforms say, one after the other. Called outside the loop's thread."""
        for token in tokens:
            sent = resource_pb2.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=request.object,
                options=resource_pb2.TransformResourceOptions(
                    **{theirs: getattr(request, ours) for theirs, ours in _OPTIONS.items()}
                ),
            )
            answering = self._callbacks[token](sent.SerializeToString())
            answer: Any = asyncio.run_coroutine_threadsafe(answering, self._loop).result()  # pyright: ignore[reportArgumentType]
            request.object.CopyFrom(answer.properties)
            for theirs, ours in _OPTIONS.items():
                _set(request, ours, getattr(answer.options, theirs))


def _set(request: Any, name: str, value: Any) -> None:
    if isinstance(value, (bool, str)):
        setattr(request, name, value)
    else:
        del getattr(request, name)[:]
        getattr(request, name).extend(value)
