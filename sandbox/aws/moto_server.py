"""A moto server with the gaps closed, the refusals of AWS, and required signatures.

usage: python -m sandbox.aws.moto_server HOST PORT

Requests must be signed with the access key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable

from botocore.credentials import Credentials
from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from sandbox.aws import api_calls, moto_gaps, patching, refusals, signatures


class _NotImplemented(ServiceException):
    code = "NotImplemented"


_READ_ONLY = ("Describe", "Get", "List")
_answers: dict[str, TYPE_RESPONSE] = {}


def main(host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    patching.apply(moto_gaps, refusals)
    os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"  # for the calls of state machines
    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    app = signatures.required(DomainDispatcherApplication(create_backend_app), credentials)
    server = make_server(host, port, app, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


@patching.around(BaseResponse, "call_action")
def _call_action(call_action: Callable[..., TYPE_RESPONSE], response: BaseResponse) -> TYPE_RESPONSE:
    """Answer a retry with the first answer, an operation that moto lacks with 501, and log refusals.

    An SDK retries a call whose answer was lost on a busy machine. A second CreateVpc would make a VPC that nothing
    refers to, and a second CreateLaunchTemplate would be refused. SDKs retry moto's 500 for a missing operation for
    minutes, but not a 501.
    """
    action, call = response._get_action() or "", response.headers.get("Amz-Sdk-Invocation-Id")
    if call in _answers:
        print(f"{response.service_name} {action} was retried: {response.headers.get('Amz-Sdk-Request')}", flush=True)
        return _answers[call]
    try:
        status, headers, body = call_action(response)
    except NotImplementedError as error:  # moto lacks the operation
        missing = _NotImplemented(f"moto, the emulated AWS API: {error}")
        _, headers, body = response.serialized(ActionResult(missing))
        return 501, headers, body
    if status >= 400:
        api_calls.log_refusal(response.service_name, action, body)
    if call and status < 300 and not action.startswith(_READ_ONLY):
        _answers[call] = status, dict(headers), body
    return status, headers, body


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
