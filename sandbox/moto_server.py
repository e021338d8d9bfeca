"""A moto server with its gaps closed.

usage: python -m sandbox.moto_server HOST PORT
"""

from __future__ import annotations

import signal
import sys

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from sandbox import moto_gaps


def main(host: str, port: int) -> None:
    """Serves until SIGTERM or Ctrl-C."""
    moto_gaps.close()
    BaseResponse.call_action = _call_action
    ThreadedMotoServer(host, port).start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


class _NotImplemented(ServiceException):
    code = "NotImplemented"


_moto_call_action = BaseResponse.call_action


def _call_action(self: BaseResponse) -> TYPE_RESPONSE:
    """An action that moto lacks is a 501: clients try the 500 of its own again for minutes."""
    try:
        return _moto_call_action(self)
    except NotImplementedError as error:
        _, headers, body = self.serialized(ActionResult(_NotImplemented(f"moto, the AWS API here: {error}")))
        return 501, headers, body


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
