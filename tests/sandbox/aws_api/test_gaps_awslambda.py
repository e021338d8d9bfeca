"""Gaps of moto's Lambda that the emulator closes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sandbox.aws_api.functions import create_function


def test_function_keeps_its_logging(aws: Callable[[str], Any]) -> None:
    function = create_function(aws, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    client = aws("lambda")
    created = client.get_function_configuration(FunctionName=function)["LoggingConfig"]
    client.update_function_configuration(FunctionName=function, LoggingConfig={"LogGroup": "other"})
    updated = client.get_function_configuration(FunctionName=function)["LoggingConfig"]
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN"}
    assert created == {"LogFormat": "JSON", "LogGroup": "/aws/lambda/registry", **levels}
    assert updated == {"LogFormat": "Text", "LogGroup": "other"}
