"""An execution environment of a Lambda function: a script that imports the handler and calls it, event by event.

usage: lambda_environment.py DESCRIPTOR

Events and results are lines of JSON on the socket with this file descriptor, after one that says that the function is
imported. What the function prints is its log. The script imports nothing of the sandbox: the function must find the
same modules here as in its runtime.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import traceback
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


def main(descriptor: int) -> None:
    """Call the handler for each event, until the socket is closed."""
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    with socket.socket(fileno=descriptor) as connection, connection.makefile("rwb") as stream:
        handler = _handler(os.environ["_HANDLER"])
        stream.write(b'{"ready": true}\n')
        stream.flush()
        for line in stream:
            stream.write(_outcome(handler, json.loads(line)).encode() + b"\n")
            stream.flush()


def _handler(name: str) -> Callable[[Any, Any], Any]:
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)


def _outcome(handler: Callable[[Any, Any], Any], event: Any) -> str:
    try:
        return json.dumps({"result": handler(event, SimpleNamespace(aws_request_id=str(uuid.uuid4())))})
    except Exception as error:  # noqa: BLE001 - whatever the function raises is the outcome
        traceback.print_exc(file=sys.stdout)
        return json.dumps({"error": type(error).__name__})


if __name__ == "__main__":
    main(int(sys.argv[1]))
