"""CloudWatch Logs Insights: the part of its query language that the registry uses. Everything else is refused.

Source: CloudWatch Logs User Guide, "CloudWatch Logs Insights language query syntax", and the pages that it lists.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, cast

Row = dict[str, Any]
_Expression = Callable[[Row], Any]
_Aggregate = Callable[[Sequence[Row]], Any]
_Function = Callable[[Any], Any]

_TOKEN = re.compile(
    r"""\s*(?:
        "(?P<string>[^"\\]*)"
        |(?P<regex>/(?:[^/\\]|\\.)+/)
        |(?P<span>\d+[hms](?![\w.]))
        |(?P<number>\d+(?:\.\d+)?)
        |(?P<name>@?[A-Za-z_][\w.]*)
        |(?P<sign>!=|<=|>=|[=<>()\[\],*+/-])
    )""",
    re.VERBOSE,
)
_COMPARISONS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SUMS = {"+": operator.add, "-": operator.sub}
_PRODUCTS = {"*": operator.mul, "/": operator.truediv}
_KEYWORDS = {"and", "or", "in", "like", "as", "by", "asc", "desc"}
_UNITS = {"h": "hours", "m": "minutes", "s": "seconds"}


def run(query: str, lines: Sequence[str], *, stream: str = "") -> list[Row]:
    """Run a query over the lines of a log, and return the rows of its result.

    A line's time is that in its field `time`, or `event_timestamp` in the log of a state machine. Fields of a line that
    is no JSON object are not discovered.

    Args:
        query: the query.
        lines: the lines.
        stream: the name of their stream.

    Raises:
        ValueError: the query is wrong, or of a kind that is not supported.
    """
    rows: list[Row] = [{"@logStream": stream, **_discovered(line)} for line in lines]
    for command in _commands(query):
        rows = list(command(rows))
    return rows


def _discovered(line: str) -> Row:
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        event = {}
    return {"@message": line, "@timestamp": _time(event), **dict(_flat("", event))}


def _time(event: Row) -> datetime | None:
    if milliseconds := event.get("event_timestamp"):
        return datetime.fromtimestamp(int(milliseconds) / 1000, tz=timezone.utc)
    time = event.get("time")
    # Python reads at most six digits of a second.
    return time and datetime.fromisoformat(re.sub(r"\.(\d{1,6})\d*Z$", r".\1+00:00", time).replace("Z", "+00:00"))


def _flat(prefix: str, event: Row) -> Iterator[tuple[str, Any]]:
    """The fields, those of objects with the names of both ("Supported logs and discovered fields")."""
    for name, value in event.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", cast("Row", value))
        else:
            yield f"{prefix}{name}", value


def _commands(query: str) -> Iterator[Callable[[list[Row]], Iterator[Row]]]:
    for text in _split(query):
        name, _, rest = text.partition(" ")
        if name not in _COMMANDS:
            raise ValueError(f"the command {name!r} of Logs Insights is not supported")
        parser = _Parser(rest)
        yield _COMMANDS[name](parser)
        parser.expect("end")


def _split(query: str) -> list[str]:
    """Split a query at the pipes outside of strings and regular expressions. A command begins on its own line."""
    return [part.strip() for part in re.split(r"\n\|", query)]


def _filter(parser: _Parser) -> Callable[[list[Row]], Iterator[Row]]:
    condition = parser.any_of()
    return lambda rows: (row for row in rows if condition(row) is True)


def _fields(parser: _Parser) -> Callable[[list[Row]], Iterator[Row]]:
    fields = parser.named()
    return lambda rows: ({**row, **{name: value(row) for name, value in fields.items()}} for row in rows)


def _parse(parser: _Parser) -> Callable[[list[Row]], Iterator[Row]]:
    field, pattern = parser.any_of(), _regex(parser.value("regex"))

    def parsed(rows: list[Row]) -> Iterator[Row]:
        for row in rows:
            match = pattern.search(str(field(row) or ""))
            yield {**row, **(match.groupdict() if match else dict.fromkeys(pattern.groupindex))}

    return parsed


def _stats(parser: _Parser) -> Callable[[list[Row]], Iterator[Row]]:
    aggregates = parser.aggregates()
    parser.expect("by")
    keys = parser.named()

    def grouped(rows: list[Row]) -> Iterator[Row]:
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            groups.setdefault(tuple(value(row) for value in keys.values()), []).append(row)
        for group, members in groups.items():
            yield {
                **dict(zip(keys, group, strict=True)),
                **{name: value(members) for name, value in aggregates.items()},
            }

    return grouped


def _sort(parser: _Parser) -> Callable[[list[Row]], Iterator[Row]]:
    field, order = parser.any_of(), parser.value("name")
    if order not in ("asc", "desc"):
        raise ValueError(f"sort {order!r}")
    return lambda rows: iter(sorted(rows, key=field, reverse=order == "desc"))


def _limit(parser: _Parser) -> Callable[[list[Row]], Iterator[Row]]:
    most = int(parser.value("number"))
    return lambda rows: iter(rows[:most])


_COMMANDS = {"fields": _fields, "filter": _filter, "limit": _limit, "parse": _parse, "sort": _sort, "stats": _stats}


class _Parser:
    """A recursive descent parser of one command's arguments."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._text = text

    def expect(self, text: str) -> None:
        if not self._take(text):
            raise ValueError(f"{self._tokens[0][1]!r} where {text!r} is expected, in {self._text!r}")

    def value(self, kind: str) -> str:
        found, text = self._tokens.pop(0)
        if found != kind:
            raise ValueError(f"{text!r} where a {kind} is expected, in {self._text!r}")
        return text

    def named(self) -> dict[str, _Expression]:
        """Parse a list of expressions. All but fields need a name."""
        return dict(self._list(self._named_expression))

    def aggregates(self) -> dict[str, _Aggregate]:
        return dict(self._list(self._named_aggregate))

    def any_of(self) -> _Expression:
        return self._chain(self._all_of, {"or": lambda left, right: left is True or right is True})

    def _all_of(self) -> _Expression:
        return self._chain(self._comparison, {"and": lambda left, right: left is True and right is True})

    def _comparison(self) -> _Expression:
        left = self._chain(self._product, _SUMS)
        if self._take("like"):
            kind, text = self._tokens.pop(0)
            pattern = _regex(text) if kind == "regex" else re.compile(re.escape(text))
            return lambda row: isinstance(value := left(row), str) and bool(pattern.search(value))
        if self._take("in"):
            self.expect("[")
            members = [member for _, member in self._list(lambda: ("", self.value("string")))]
            self.expect("]")
            return lambda row: left(row) in members
        for sign, compare in _COMPARISONS.items():
            if self._take(sign):
                right = self._product()
                return _on_values(compare, left, right)
        return left

    def _product(self) -> _Expression:
        return self._chain(self._operand, _PRODUCTS)

    def _chain(self, operand: Callable[[], _Function], signs: dict[str, Callable[[Any, Any], Any]]) -> _Function:
        left = operand()
        while (sign := self._tokens[0][1]) in signs and self._take(sign):
            combine = signs[sign]
            left = _combined(combine, left, operand()) if sign in _KEYWORDS else _on_numbers(combine, left, operand())
        return left

    def _operand(self) -> _Expression:
        if self._take("("):
            inner = self.any_of()
            self.expect(")")
            return inner
        kind, text = self._tokens.pop(0)
        if kind == "string":
            return lambda _row: text
        if kind == "number":
            return lambda _row: float(text)
        if kind != "name" or text in _KEYWORDS:
            raise ValueError(f"{text!r} is not supported in {self._text!r}")
        return self._call(text) if self._take("(") else lambda row: row.get(text)

    def _call(self, function: str) -> _Expression:
        if function == "bin":
            span = self.value("span")
            self.expect(")")
            return lambda row: _floor(row["@timestamp"], timedelta(**{_UNITS[span[-1]]: int(span[:-1])}))
        arguments = [argument for _, argument in self._list(lambda: ("", self.any_of()))]
        self.expect(")")
        if function == "coalesce":
            return lambda row: next((value for each in arguments if (value := each(row)) is not None), None)
        if function == "ispresent" and len(arguments) == 1:
            return lambda row: arguments[0](row) is not None
        if function == "toMillis" and len(arguments) == 1:
            return lambda row: round(arguments[0](row).timestamp() * 1000)
        raise ValueError(f"the function {function!r} of Logs Insights is not supported")

    def _named_expression(self) -> tuple[str, _Expression]:
        name = self._tokens[0][1]
        expression = self.any_of()
        return (self.value("name") if self._take("as") else name), expression

    def _named_aggregate(self) -> tuple[str, _Aggregate]:
        aggregate = self._sum_of_aggregates()
        self.expect("as")
        return self.value("name"), aggregate

    def _sum_of_aggregates(self) -> _Aggregate:
        return self._chain(lambda: self._chain(self._aggregate, _PRODUCTS), _SUMS)

    def _aggregate(self) -> _Aggregate:
        if self._take("("):
            inner = self._sum_of_aggregates()
            self.expect(")")
            return inner
        kind, function = self._tokens.pop(0)
        if kind == "number":
            return lambda _rows: float(function)
        self.expect("(")
        if function == "count" and self._take("*"):
            aggregate: _Aggregate = len
        elif function == "count":
            aggregate = partial(_count, self.any_of())
        elif function in ("max", "min"):
            aggregate = partial(_chosen, {"max": max, "min": min}[function], self.any_of())
        else:
            raise ValueError(f"the aggregation {function!r} of Logs Insights is not supported")
        self.expect(")")
        return aggregate

    def _list(self, item: Callable[[], tuple[str, Any]]) -> list[tuple[str, Any]]:
        items = [item()]
        while self._take(","):
            items.append(item())
        return items

    def _take(self, text: str) -> bool:
        kind, found = self._tokens[0]
        taken = found == text and kind in ("sign", "name", "end")
        if taken and kind != "end":
            del self._tokens[0]
        return taken


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match or not match.lastgroup:
            raise ValueError(f"{text[position:]!r} is not supported in a query of Logs Insights")
        yield match.lastgroup, match[match.lastgroup]
        position = match.end()
    yield "end", "end"


def _regex(text: str) -> re.Pattern[str]:
    return re.compile(text[1:-1].replace(r"\/", "/").replace("(?<", "(?P<"))


def _combined(combine: Callable[[Any, Any], Any], left: _Function, right: _Function) -> _Function:
    return lambda row: combine(left(row), right(row))


def _on_values(compare: Callable[[Any, Any], bool], left: _Expression, right: _Expression) -> _Expression:
    """A comparison with a missing value is not true."""

    def compared(row: Row) -> bool:
        values = left(row), right(row)
        return None not in values and compare(*values)

    return compared


def _on_numbers(combine: Callable[[float, float], float], left: _Function, right: _Function) -> _Function:
    """Arithmetic with a missing value has none. Texts that `parse` found count as numbers."""

    def combined(data: Any) -> float | None:
        values = left(data), right(data)
        return None if None in values else combine(*map(float, values))

    return combined


def _chosen(choose: Callable[..., Any], field: _Expression, rows: Sequence[Row]) -> Any:
    return choose((value for row in rows if (value := field(row)) is not None), default=None)


def _count(field: _Expression, rows: Sequence[Row]) -> int:
    """The number of rows that have the field."""
    return sum(field(row) is not None for row in rows)


def _floor(time: datetime, span: timedelta) -> datetime:
    midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (time - midnight) // span * span
