"""Patches of moto's classes: modules declare them, `apply` applies them for the rest of the process.

`around` and `add` change what moto answers. `refuses` adds a check before a call, with the error code of AWS.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

from moto.s3.exceptions import S3ClientError

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Refusal(S3ClientError):
    """An error with a code and a message. moto's S3 catches S3ClientError only, other services any ServiceException."""


_additions: list[tuple[type | ModuleType, str, object]] = []
_wrappers: list[tuple[type, str, Callable[..., Any]]] = []


def apply(*packages: ModuleType) -> None:
    """Apply the patches that the modules of `packages` declare. Additions come first, so that checks can cover them."""
    for package in packages:
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for owner, name, attribute in _additions:
        setattr(owner, name, attribute)
    # The last wrapper is the outermost: reversed, checks of one method run in the order in which they are declared.
    for owner, name, wrapper in reversed(_wrappers):
        _wrap(owner, name, wrapper)


def add(owner: type | ModuleType, name: str, attribute: object) -> None:
    """Add an attribute that a class lacks, or replace a function that a module has imported."""
    _additions.append((owner, name, attribute))


def method_of(owner: type) -> Callable[[_Function], _Function]:
    """Add the decorated function to a class, as a method with the function's name."""

    def decorate(function: _Function) -> _Function:
        add(owner, function.__name__, function)
        return function

    return decorate


def around(owner: type, name: str) -> Callable[[_Function], _Function]:
    """Replace a method by the decorated function, which gets the original method as its first argument."""

    def decorate(wrapper: _Function) -> _Function:
        _wrappers.append((owner, name, wrapper))
        return wrapper

    return decorate


def refuses(owner: type, name: str, code: str) -> Callable[[_Function], _Function]:
    """Refuse calls of a method with an AWS error code.

    The decorated function gets the object and those of the method's arguments that it names. It returns the error
    message, or None if AWS accepts the call.
    """

    def decorate(rule: _Function) -> _Function:
        _, *wanted = inspect.signature(rule).parameters

        @around(owner, name)
        def check(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            bound = inspect.signature(method).bind(*args, **kwargs)
            bound.apply_defaults()
            if message := rule(args[0], **{argument: bound.arguments[argument] for argument in wanted}):
                raise _Refusal(code, message)
            return method(*args, **kwargs)

        return rule

    return decorate


def _wrap(owner: type, name: str, wrapper: Callable[..., Any]) -> None:
    method = getattr(owner, name)

    @functools.wraps(method)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return wrapper(method, *args, **kwargs)

    static = isinstance(owner.__dict__[name], staticmethod)
    setattr(owner, name, staticmethod(wrapped) if static else wrapped)
