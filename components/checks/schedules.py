"""Checks of schedules."""

from collections.abc import Iterator

from ..problems import Problem
from ..pure.cron import daily_cron_faults


def schedule_problems(key: str, expression: str) -> Iterator[Problem]:
    """Find what is wrong with the cron expression of an option."""
    if faults := ", ".join(daily_cron_faults(expression)):
        yield Problem(
            key=key,
            found=f"{expression!r} {faults}",
            allowed="cron(MINUTE HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR) in UTC, at most once a day",
        )
