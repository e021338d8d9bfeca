"""A moto server that answers, and refuses, as AWS does.

usage: python -m sandbox.aws.moto_server HOST PORT

AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are the keys that requests must be signed with.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from botocore.credentials import Credentials
from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from sandbox.aws import api_calls, moto_gaps, refusals, signatures


def main(host: str, port: int) -> None:
    """Serves until SIGTERM or Ctrl-C."""
    moto_gaps.close()
    refusals.enforce()
    api_calls.log_calls()
    BaseResponse.call_action = _call_action
    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    app = signatures.required(DomainDispatcherApplication(create_backend_app), credentials)
    server = make_server(host, port, app, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


class _NotImplemented(ServiceException):
    code = "NotImplemented"


_moto_call_action = BaseResponse.call_action
_READING = ("Describe", "Get", "List")
_answers: dict[str, TYPE_RESPONSE] = {}


def _call_action(self: BaseResponse) -> TYPE_RESPONSE:
    """An action that moto lacks is a 501: clients try the 500 of its own again for minutes.

    A call that comes again, since its answer was lost on a busy machine, is not carried out again: what a second
    CreateVpc makes is known to nobody, and a second CreateLaunchTemplate is refused. The log tells of it.
    """
    action, call = self._get_action() or "", self.headers.get("Amz-Sdk-Invocation-Id")
    if call in _answers:
        print(f"{self.service_name} {action} came again: {self.headers.get('Amz-Sdk-Request')}", flush=True)
        return _answers[call]
    try:
        status, headers, body = _moto_call_action(self)
    except NotImplementedError as error:  # what moto raises for an action that it lacks
        _, headers, body = self.serialized(ActionResult(_NotImplemented(f"moto, the AWS API here: {error}")))
        return 501, headers, body
    if status >= 400:
        api_calls.log_refusal(self.service_name, action, body)
    if call and status < 300 and not action.startswith(_READING):
        _answers[call] = status, dict(headers), body
    return status, headers, body


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
