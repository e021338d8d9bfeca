"""Cron expressions of EventBridge Scheduler that run at most once a day."""

import pytest

from components.pure.cron import daily_cron_faults


@pytest.mark.parametrize(
    "fields",
    [
        *("0 3 ? * SUN *", "59 23 * * ? *", "0 0 1 1 ? 2199", "30 4 ? * 2-6 *", "0 3 1,15 * ? *", "0 3 */2 * ? *"),
        *("0 3 1/7 * ? *", "0 3 L * ? *", "0 3 3W * ? *", "0 3 ? JAN,JUL 1 *", "0 3 ? JAN-MAR MON-FRI 2027-2030"),
        *("0 3 ? * 3#2 *", "0 3 ? * TUE#1 *", "0 3 ? * 6L *", "0  3 ? * SUN  *"),
    ],
)
def test_valid_expression(fields: str) -> None:
    assert [*daily_cron_faults(f"cron({fields})")] == []


@pytest.mark.parametrize(
    ("expression", "faults"),
    [
        *((text, ["is not cron(...) with 6 fields"]) for text in ("", "weekly", "0 3 ? * SUN *", "rate(7 days)")),
        ("cron(0 3 * * SUN)", ["is not cron(...) with 6 fields"]),  # Unix has no year
        ("cron(60 3 ? * SUN *)", ["has no valid minute: 60"]),
        ("cron(0 24 ? * SUN *)", ["has no valid hour: 24"]),
        ("cron(0 3 32 * ? *)", ["has no valid day of the month: 32"]),
        ("cron(0 3 1 13 ? *)", ["has no valid month: 13"]),
        ("cron(0 3 1 MAI ? *)", ["has no valid month: MAI"]),
        ("cron(0 3 ? * 0 *)", ["has no valid day of the week: 0"]),  # 0 is Sunday for Unix, 1 for AWS
        ("cron(0 3 ? * SAT-SUN *)", ["has no valid day of the week: SAT-SUN"]),
        ("cron(0 3 ? * 3#6 *)", ["has no valid day of the week: 3#6"]),
        ("cron(0 3 ? * SUN 1969)", ["has no valid year: 1969"]),
        ("cron(0 3 1/0 * ? *)", ["has no valid day of the month: 1/0"]),
        ("cron(0 3 ? * , *)", ["has no valid day of the week: ,"]),
        *((f"cron({time} ? * SUN *)", ["may run more than once a day"]) for time in ("* 3", "0 3,15", "0/5 3", "0 *")),
        *(
            (f"cron(0 3 {days} *)", ["needs ? as the day of the month or as the day of the week, and not as both"])
            for days in ("* * *", "1 * SUN", "? * ?")
        ),
        ("cron(60 24 ? * SUN *)", ["has no valid minute: 60", "has no valid hour: 24"]),
    ],
)
def test_fault_is_named(expression: str, faults: list[str]) -> None:
    assert [*daily_cron_faults(expression)] == faults
