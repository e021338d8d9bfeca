"""CloudWatch Logs' filter patterns for JSON: the part of the syntax that the registry uses. All else is refused.

Source: CloudWatch Logs User Guide, "Using filter patterns to match terms in JSON log events".
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

_Test = Callable[[Mapping[str, Any]], bool]
_TOKEN = re.compile(
    r"""\s*(?:
        \$\.(?:(?P<key>[\w-]+)|\['(?P<quoted>[^']+)'\])
        |"(?P<string>[^"\\]*)"
        |(?P<number>[+-]?\d+(?:\.\d+)?)
        |(?P<sign>NOT\ EXISTS|&&|\|\||[(){}]|!=|>=|<=|[=<>])
    )""",
    re.VERBOSE,
)
_COMPARISONS = {"=": operator.eq, ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


def matches(pattern: str, line: str) -> bool:
    """Whether a filter pattern matches a line of a log. A line that is not a JSON object matches none.

    Raises:
        ValueError: the pattern is wrong, or of a kind that is not supported.
    """
    test = parse(pattern)
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return False
    return isinstance(event, dict) and test(event)


def parse(pattern: str) -> _Test:
    """Parse a filter pattern. For the exception, see `matches`."""
    parser = _Parser(pattern)
    parser.expect("{")
    test = parser.any_of()
    parser.expect("}")
    parser.expect("end")
    return test


class _Parser:
    """A recursive descent parser. Precedence: parentheses, &&, ||."""

    def __init__(self, pattern: str) -> None:
        self._pattern, self._position = pattern.rstrip(), 0
        self._kind, self._text = "", ""
        self._advance()

    def expect(self, sign: str) -> None:
        if not self._take(sign):
            raise ValueError(f"{self._text!r} where {sign!r} is expected, in the filter pattern {self._pattern}")

    def any_of(self) -> _Test:
        tests = [self._all_of()]
        while self._take("||"):
            tests.append(self._all_of())
        return lambda event: any(test(event) for test in tests)

    def _all_of(self) -> _Test:
        tests = [self._condition()]
        while self._take("&&"):
            tests.append(self._condition())
        return lambda event: all(test(event) for test in tests)

    def _condition(self) -> _Test:
        if self._take("("):
            test = self.any_of()
            self.expect(")")
            return test
        key = self._value("key", "quoted")
        if self._take("NOT EXISTS"):
            return lambda event: key not in event
        sign = self._value("sign")
        expected = float(self._value("number")) if self._kind == "number" else _text(self._value("string"), sign)
        return lambda event: key in event and _compare(event[key], sign, expected)

    def _take(self, sign: str) -> bool:
        found = self._text == sign and self._kind in ("sign", "end")
        if found:
            self._advance()
        return found

    def _value(self, *kinds: str) -> str:
        if self._kind not in kinds:
            raise ValueError(f"{self._text!r} where a {kinds[0]} is expected, in the filter pattern {self._pattern}")
        text = self._text
        self._advance()
        return text

    def _advance(self) -> None:
        if self._position == len(self._pattern):
            self._kind = self._text = "end"
            return
        match = _TOKEN.match(self._pattern, self._position)
        if not match:
            raise ValueError(f"{self._pattern[self._position :]!r} is not supported in a filter pattern")
        self._kind, self._position = match.lastgroup or "", match.end()
        self._text = match[self._kind]


def _text(text: str, sign: str) -> re.Pattern[str]:
    """`*` is a wildcard only at the beginning and the end."""
    if sign not in ("=", "!="):
        raise ValueError(f"a string cannot be compared by {sign}")
    start, end = text.startswith("*"), text.endswith("*") and text != "*"
    middle = text[start : len(text) - end]
    return re.compile((".*" if start else "") + re.escape(middle) + (".*" if end else ""), re.DOTALL)


def _compare(value: Any, sign: str, expected: float | re.Pattern[str]) -> bool:
    """A pattern does not match a value of another type, nor an array or an object."""
    if isinstance(expected, re.Pattern):
        return isinstance(value, str) and bool(expected.fullmatch(value)) == (sign == "=")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value != expected if sign == "!=" else _COMPARISONS[sign](value, expected)
