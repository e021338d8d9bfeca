"""A gap of moto's Lambda: where and how a function writes its log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.awslambda.models import LambdaFunction

from sandbox.aws.patching import around

# AWS Lambda Developer Guide, "Configuring JSON and plain text log formats", Default log levels.
_LEVELS = {"JSON": {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}}


@around(LambdaFunction, "__init__")
def _keep_logging(create: Callable[..., None], function: Any, *, spec: dict[str, Any], **others: Any) -> None:
    """Source: Lambda API Reference, "CreateFunction", LoggingConfig."""
    create(function, spec=spec, **others)
    function.logging = spec.get("LoggingConfig", {})


@around(LambdaFunction, "update_configuration")
def _update_logging(update: Callable[..., Any], function: Any, config_updates: dict[str, Any]) -> Any:
    """Source: Lambda API Reference, "UpdateFunctionConfiguration", LoggingConfig."""
    function.logging = config_updates.get("LoggingConfig", function.logging)
    return update(function, config_updates)


@around(LambdaFunction, "get_configuration")
def _return_logging(get: Callable[..., Any], function: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Source: Lambda API Reference, "FunctionConfiguration", LoggingConfig."""
    format_ = function.logging.get("LogFormat", "Text")
    defaults = {"LogFormat": format_, "LogGroup": function.logs_group_name, **_LEVELS.get(format_, {})}
    return {**get(function, *args, **kwargs), "LoggingConfig": {**defaults, **function.logging}}
