"""Resource transforms, called in this process. The engine calls them over gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import resource_pb2

# Resource options that a transform can change: name in a TransformRequest, name in a RegisterResourceRequest.
_OPTIONS = {
    "protect": "protect",
    "retain_on_delete": "retainOnDelete",
    "delete_before_replace": "deleteBeforeReplace",
    "ignore_changes": "ignoreChanges",
    "depends_on": "dependencies",
    "provider": "provider",
}


class Transforms(_CallbackServicer):
    """The SDK's registry of transforms, without its gRPC server.

    Args:
        loop: the event loop of the program and its transforms.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._callbacks = {}
        self._transforms = {}
        self._target = "the same process"
        self._loop = loop

    def apply(self, tokens: Iterable[str], request: Any) -> None:
        """Apply transforms to a registration, one after the other. Must not run in the loop's thread."""
        for token in tokens:
            transform_request = resource_pb2.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=request.object,
                options=resource_pb2.TransformResourceOptions(
                    **{option: getattr(request, field) for option, field in _OPTIONS.items()}
                ),
            )
            call = self._callbacks[token](transform_request.SerializeToString())
            answer: Any = asyncio.run_coroutine_threadsafe(call, self._loop).result()  # pyright: ignore[reportArgumentType]
            request.object.CopyFrom(answer.properties)
            for option, field in _OPTIONS.items():
                _set(request, field, getattr(answer.options, option))


def _set(request: Any, name: str, value: Any) -> None:
    if isinstance(value, (bool, str)):
        setattr(request, name, value)
    else:
        del getattr(request, name)[:]
        getattr(request, name).extend(value)
