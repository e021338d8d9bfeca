"""Cron expressions of EventBridge Scheduler.

Source: EventBridge Scheduler User Guide, "Schedule types in EventBridge Scheduler", Cron-based schedules.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_EXPRESSION = re.compile(r"cron\((?P<fields>[^()]*)\)")
_ITEM = re.compile(r"(?P<first>\*|[^-/]+)(?:-(?P<last>[^-/]+))?(?:/(?P<step>[1-9]\d*))?")


@dataclass(frozen=True)
class _Field:
    """A field of a cron expression.

    Attributes:
        name: the name, for messages.
        lowest: the lowest number.
        highest: the highest number.
        names: what may be written in the place of the numbers, from the lowest on.
        special: what may be written alone, other than numbers, names, lists, ranges and steps.
    """

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    special: re.Pattern[str] = field(default=re.compile("(?!)"))

    def accepts(self, text: str) -> bool:
        """Whether a text is a valid value of the field."""
        return bool(self.special.fullmatch(text)) or all(map(self._accepts_item, text.split(",")))

    def _accepts_item(self, text: str) -> bool:
        item = _ITEM.fullmatch(text)
        if item is None or item["first"] == "*":
            return item is not None and item["last"] is None
        first, last = (self._number(item[end] or item["first"]) for end in ("first", "last"))
        return self.lowest <= first <= last <= self.highest

    def _number(self, text: str) -> int:
        """Return the number that a text stands for, -1 if it stands for none."""
        if text in self.names:
            return self.lowest + self.names.index(text)
        return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else -1


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_DAY = f"(?:[1-7]|{'|'.join(_DAYS)})"
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31, special=re.compile(r"\?|L|(?:[1-9]|[12]\d|3[01])W")),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 1, 7, _DAYS, special=re.compile(rf"\?|L|{_DAY}L|{_DAY}#[1-5]")),
    _Field("year", 1970, 2199),
)


def daily_cron_faults(expression: str) -> Iterator[str]:
    """Find what is wrong with a cron expression that may run at most once a day."""
    match = _EXPRESSION.fullmatch(expression)
    values = match["fields"].split() if match else []
    if len(values) != len(_FIELDS):
        yield "is not cron(...) with 6 fields"
        return
    for each, value in zip(_FIELDS, values, strict=True):
        if not each.accepts(value):
            yield f"has no valid {each.name}: {value}"
    minute, hour, day_of_month, _, day_of_week, _ = values
    if not (minute.isdecimal() and hour.isdecimal()):
        yield "may run more than once a day"
    if (day_of_month == "?") == (day_of_week == "?"):
        yield "needs ? as the day of the month or as the day of the week, and not as both"


def minute_of_day(expression: str) -> int:
    """Return the time of a cron expression without `daily_cron_faults`, in minutes since midnight."""
    minute, hour, *_ = expression.removeprefix("cron(").split()
    return 60 * int(hour) + int(minute)
