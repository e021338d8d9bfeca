"""Problems with the input, in the terms of the person who wrote it."""

import json
import re
import shlex
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, cast

import pulumi

from .args import PrivateRegistryArgs
from .options import FileContent, camel_case, options_of, spelled

OPTIONS = options_of(PrivateRegistryArgs)


class Audience(ABC):
    """The person who reads a problem, and how this person names and sets options."""

    prefix = ""
    separator = ", "

    @abstractmethod
    def spell(self, name: str) -> str:
        """Spell the name of an option, or of a part such as "network.vpc_id" or "access[0].who"."""

    @abstractmethod
    def setting(self, name: str, value: Any) -> str:
        """Write what sets an option to an example value."""

    def removal(self, name: str) -> str:
        """Write what returns an option to its default."""
        return f"leave out {self.spell(name)}"


class _PythonAuthor(Audience):
    """Writes a Python program: `min_size=2`."""

    def spell(self, name: str) -> str:
        return name

    def setting(self, name: str, value: Any) -> str:
        argument = name.rpartition(".")[2]
        if isinstance(value, FileContent):
            return f"{argument}=Path({value.path!r}).read_text()"
        return f"{argument}={value!r}"


class _SchemaAuthor(Audience):
    """Writes a program in another language, with the properties of the plugin's schema: `minSize: 2`."""

    def spell(self, name: str) -> str:
        return camel_case(name)

    def setting(self, name: str, value: Any) -> str:
        if isinstance(value, FileContent):
            return f"{self.spell(name)}: the content of {value.path}"
        return f"{self.spell(name)}: {json.dumps(_as_json(value))}"


class _StackOwner(Audience):
    """Configures a stack: `pulumi config set registry:minSize 2`."""

    prefix = "registry:"
    separator = " && "

    def spell(self, name: str) -> str:
        return camel_case(name)

    def setting(self, name: str, value: Any) -> str:
        secret = OPTIONS[option_name(name)].secret
        command = "pulumi config set --secret" if secret else "pulumi config set"
        key = self.prefix + self.spell(name)
        if isinstance(value, FileContent):
            return f"{command} {key} < {value.path}"
        # The CLI asks for a value that the command lacks. A secret in the command would be in the shell's history.
        return self.separator.join(
            f"{command}{' --path' if path != key or '.' in key else ''} {shlex.quote(path)}"
            + ("" if secret else f" {shlex.quote(text)}")
            for path, text in _leaves(key, _as_json(value))
        )

    def removal(self, name: str) -> str:
        return f"pulumi config rm {self.prefix}{self.spell(name)}"


PYTHON: Audience = _PythonAuthor()
SCHEMA: Audience = _SchemaAuthor()
CONFIG: Audience = _StackOwner()

# The stack's program and the plugin set it: their input is not Python. Callbacks of Outputs inherit it.
audience: ContextVar[Audience] = ContextVar("audience", default=PYTHON)

# The registry that is being declared: a program may have several. Callbacks of Outputs inherit it.
registry_name: ContextVar[str | None] = ContextVar("registry_name", default=None)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong. In its texts, names of options are in backticks and in Python's spelling.

    Attributes:
        key: the option, such as "min_size", a part such as "access[0].who", or several, separated by ", ".
        found: what is wrong, with the value. Never a secret's value.
        allowed: what is allowed.
        example: a correction: values by option, None for one to leave out, or a text such as a command. Default: the
            examples of the options in `key`.
        verbatim: whether `key` is as the user wrote it, not in Python's spelling.
    """

    key: str
    found: str
    allowed: str
    example: str | Mapping[str, Any] | None = None
    verbatim: bool = False

    def __str__(self) -> str:
        return self.render(audience.get())

    def render(self, to: Audience) -> str:
        """Write the problem in the terms of an audience."""
        key = self.key if self.verbatim else to.spell(self.key)
        found, allowed = spelled(self.found, to.spell), spelled(self.allowed, to.spell)
        return f"{to.prefix}{key}: {found}\n      allowed: {allowed}\n      example: {self._correction(to)}"

    @property
    def options(self) -> list[str]:
        """The options in `key`."""
        return [option_name(name) for name in self.key.split(", ")]

    def _correction(self, to: Audience) -> str:
        if isinstance(self.example, str):
            return spelled(self.example, to.spell)
        values = self.example or {name: OPTIONS[name].example for name in self.options}
        return to.separator.join(
            to.removal(name) if value is None else to.setting(name, value) for name, value in values.items()
        )


class InvalidInput(pulumi.RunError):
    """Input that cannot be used. The Pulumi CLI shows a RunError's message without a traceback.

    Args:
        problems: everything that is wrong.
        to: the reader of the message. Default: the current `audience`.
        registry: the registry's name. Default: the current `registry_name`.
    """

    def __init__(self, problems: Iterable[Problem], to: Audience | None = None, *, registry: str | None = None) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        listed = "".join(f"\n  {problem.render(to or audience.get())}" for problem in self.problems)
        name = registry or registry_name.get()
        subject = "the private registry" if name is None else f"the private registry {name!r}"
        super().__init__(f"{subject} cannot be declared, {count}:{listed}")


def option_name(name: str) -> str:
    """Return the name of the option that a part such as "network.vpc_id" or "access[0].who" belongs to."""
    return re.split(r"[.\[]", name, maxsplit=1)[0]


def unknown_option(key: str, known: Sequence[str], example: str) -> Problem:
    """Return the problem of a key that does not exist.

    Args:
        key: the key as the user wrote it.
        known: the keys that exist, in the user's spelling.
        example: how to remove the key.
    """
    close = get_close_matches(key.rpartition(".")[2], known, n=1)
    found = f"is unknown; did you mean {close[0]}?" if close else "is unknown"
    return Problem(key=key, found=found, allowed=", ".join(known), example=example, verbatim=True)


def concealed(problems: Iterable[Problem], secrets: Collection[str]) -> list[Problem]:
    """Return problems without the values of some options, which are secrets in this program.

    Args:
        problems: the problems. They never show the value of an option that is declared as a secret.
        secrets: the names of options.
    """
    hidden = {name for name in secrets if not OPTIONS[name].secret}
    return [_without_values(problem) if hidden.intersection(problem.options) else problem for problem in problems]


def _without_values(problem: Problem) -> Problem:
    examples = {name: OPTIONS[name].example for name in problem.options}
    return replace(problem, found="(a secret) cannot be used", example=examples)


def _as_json(value: Any) -> Any:
    """Return an example value as configuration and schemas have it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            option.key: part for option in options_of(type(value)).values() if (part := getattr(value, option.name))
        }
    if isinstance(value, list):
        return [*map(_as_json, cast("list[Any]", value))]
    return value


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Return the texts within a value, each with its path in Pulumi's syntax."""
    if isinstance(value, Mapping):
        for key, part in cast("Mapping[str, Any]", value).items():
            quoted = f"[{json.dumps(key, ensure_ascii=False)}]"
            yield from _leaves(path + (f".{key}" if re.fullmatch(r"[\w-]+", key) else quoted), part)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for place, part in enumerate(cast("Sequence[Any]", value)):
            yield from _leaves(f"{path}[{place}]", part)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)
