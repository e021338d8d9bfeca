"""A Lambda function: the declared code runs in execution environments, each a process that serves one event at a time.

Sources: AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle" and "Understanding
Lambda function scaling".
"""

from __future__ import annotations

import io
import json
import socket
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.aws.emulator import AwsApi
from sandbox.evaluation.declared import Declaration
from sandbox.machine import bubblewrap

# "Lambda quotas": new accounts have less than the default of 1,000. Ten is also what this machine can run.
_ACCOUNT_CONCURRENCY = 10
# "Understanding the Lambda execution environment lifecycle", Init phase. The function's own timeout begins after it.
_INIT_SECONDS = 10
_TASK_ROOT = "/var/task"
_USER = 993, 990  # an ordinary one
_SCRIPT = Path(__file__).with_name("lambda_environment.py")


class LambdaError(Exception):
    """The invocation failed: the function raised an error, ended, timed out, or was throttled."""


@dataclass
class LambdaFunction:
    """A function that can be invoked by several threads at once.

    Attributes:
        name: its name in AWS.
        log: the file with what its environments print, as its log group has it.
        concurrency: how many environments it may have at once.
        throttled: the number of invocations that found all environments busy.
    """

    name: str
    log: Path
    concurrency: int
    _timeout: float
    _environment: Mapping[str, str] = field(repr=False)
    _code: Path
    _exits: ExitStack
    # The kernel ends an environment with the thread that started it, so that one must live as long as the function.
    _starter: ThreadPoolExecutor
    throttled: int = 0
    _idle: list[socket.socket] = field(default_factory=list)
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def invoke(self, event: Any) -> Any:
        """Return the function's result for an event.

        Raises:
            LambdaError: there is none.
        """
        environment = self._idle_environment() or self._new_environment()
        outcome = self._exchange(environment, event, self._timeout)
        with self._lock:
            self._idle.append(environment)
        if "error" in outcome:
            raise LambdaError(f"{self.name} raised {outcome['error']}")
        return outcome["result"]

    def _idle_environment(self) -> socket.socket | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _new_environment(self) -> socket.socket:
        with self._lock:
            if self._count >= self.concurrency:
                self.throttled += 1
                raise LambdaError(f"{self.name} is throttled")
            self._count += 1
        environment = self._starter.submit(self._start).result()
        self._exchange(environment, None, _INIT_SECONDS)
        return environment

    def _exchange(self, environment: socket.socket, event: Any, seconds: float) -> dict[str, Any]:
        """Send an event to an environment and return the outcome, or only wait until it is ready if there is none."""
        answer = b""
        try:
            environment.settimeout(seconds)
            if event is not None:
                environment.sendall(json.dumps(event).encode() + b"\n")
            while not answer.endswith(b"\n"):
                if not (part := environment.recv(1 << 16)):
                    raise ConnectionError
                answer += part
            return json.loads(answer)
        except OSError:
            environment.close()  # its script ends with it
            with self._lock:
                self._count -= 1
            raise LambdaError(f"{self.name} timed out or ended") from None

    def _start(self) -> socket.socket:
        own, others = socket.socketpair()
        with others:
            arguments = [*bubblewrap.user(*_USER), "--tmpfs", "/tmp"]  # noqa: S108 - in the namespace
            arguments += [
                *bubblewrap.parents(_TASK_ROOT),
                "--ro-bind",
                str(self._code),
                _TASK_ROOT,
                "--ro-bind",
                str(_SCRIPT),
                "/bootstrap.py",
            ]
            arguments += [*bubblewrap.system(), *bubblewrap.python(), "--remount-ro", "/"]
            descriptor = others.fileno()
            command = [*bubblewrap.become(*_USER), sys.executable, "-u", "/bootstrap.py", str(descriptor)]
            self._exits.enter_context(
                bubblewrap.bubble(arguments, command, env=self._environment, log=self.log, pass_fds=[descriptor])
            )
        self._exits.callback(own.close)
        return own


@contextmanager
def running(
    declaration: Declaration, arn: str, api: AwsApi, folder: Path, *, sts: str = ""
) -> Iterator[LambdaFunction]:
    """Have a declared function ready until the end of the block.

    Args:
        arn: the function's ARN.
        api: the emulated AWS API, which has the function's code.
        folder: for its files.
        sts: the URL of the STS that the function asks. Default: the emulated AWS API.
    """
    (declared,) = [each for each in declaration.all("aws:lambda/function:Function") if each.outputs["arn"] == arn]
    inputs, region = declared.inputs, arn.split(":")[3]
    code = folder / "code"
    _unpack(api.client("s3", region).get_object(Bucket=inputs["s3Bucket"], Key=inputs["s3Key"])["Body"].read(), code)
    reserved = inputs.get("reservedConcurrentExecutions", -1)
    with ThreadPoolExecutor(1) as starter, ExitStack() as exits:
        yield LambdaFunction(
            name=declared.outputs["name"],
            log=folder / "function.log",
            concurrency=_ACCOUNT_CONCURRENCY if reserved < 0 else reserved,
            _timeout=inputs.get("timeout", 3),
            _environment={
                "PATH": "/usr/bin:/bin",
                "LANG": "en_US.UTF-8",
                "TZ": ":UTC",
                "LAMBDA_TASK_ROOT": _TASK_ROOT,
                "_HANDLER": inputs["handler"],
                "AWS_LAMBDA_FUNCTION_NAME": declared.outputs["name"],
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(inputs.get("memorySize", 128)),
                **{name: value for name, value in api.environment(region).items() if value},
                "AWS_ENDPOINT_URL_STS": sts or api.url,
                **inputs.get("environment", {}).get("variables", {}),
            },
            _code=code,
            _exits=exits,
            _starter=starter,
        )


def _unpack(content: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
