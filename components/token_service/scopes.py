"""Scopes: what a client asks for, and what a token grants.

Source: distribution, docs/content/spec/auth/scope.md, "Resource Scope Grammar".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .refused import Refused

# A class, as in repository(plugin), is deprecated and ignored. The name may have colons, actions have none.
_SCOPE = re.compile(r"([a-z0-9]+)(?:\([a-z0-9]+\))?:([^\s:](?:\S{0,510}[^\s:])?):([a-z*]+(?:,[a-z*]+)*)?", re.ASCII)


@dataclass(frozen=True)
class Scope:
    """Actions on a resource.

    Attributes:
        kind: the resource's type, such as "repository".
        name: the resource's name.
        actions: the actions.
    """

    kind: str
    name: str
    actions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}:{','.join(self.actions)}"


def parsed(parameters: Iterable[str]) -> list[Scope]:
    """Return the scopes of a request, one for each resource, in the order of the request.

    Args:
        parameters: the values of the parameter `scope`, each a list that is delimited by spaces.

    Raises:
        Refused: a scope is malformed.
    """
    actions: dict[tuple[str, str], dict[str, None]] = {}
    for text in (text for parameter in parameters for text in parameter.split(" ") if text):
        if not (found := _SCOPE.fullmatch(text)):
            raise Refused("a scope is not TYPE:NAME:ACTIONS")
        asked = actions.setdefault((found[1], found[2]), {})
        asked.update(dict.fromkeys(action for action in (found[3] or "").split(",") if action))
    return [Scope(kind, name, tuple(asked)) for (kind, name), asked in actions.items()]


def listed(scopes: Iterable[Scope]) -> str:
    """Return scopes as one text, delimited by spaces."""
    return " ".join(map(str, scopes))
