"""Changes to a class of another library, for the rest of this process."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


def add(owner: type, name: str, attribute: object) -> None:
    """Give a class an attribute that it lacks."""
    setattr(owner, name, attribute)


def wrap(owner: type, name: str, wrapper: Callable[..., Any]) -> None:
    """Replace a method by `wrapper`, which gets the original as its first argument."""
    method = getattr(owner, name)

    @functools.wraps(method)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return wrapper(method, *args, **kwargs)

    static = isinstance(owner.__dict__[name], staticmethod)
    setattr(owner, name, staticmethod(wrapped) if static else wrapped)
