"""The evaluators of CloudWatch Logs' two languages: they follow AWS's examples, and refuse what they do not know."""

from __future__ import annotations

import json

import pytest

from sandbox.aws.filter_pattern import matches
from sandbox.aws.logs_insights import run

# Of the page "Using filter patterns to match terms in JSON log events".
_EVENT = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "cluster.name": "c",
        "errorCode": 400,
        "latency": 50.5,
    }
)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ('{ $.eventType = "*Trail" }', True),
        ('{ $.eventType = "Update*" }', True),
        ('{ $.eventType = "*date*" }', True),
        ('{ $.eventType = "Up*Trail" }', False),
        ('{ $.sourceIPAddress != "123.123.*" }', True),
        ("{ $.['cluster.name'] = \"c\" }", True),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.eventType NOT EXISTS }", False),
        ("{ $.errorCode = 400 }", True),
        ("{ $.errorCode != 400 }", False),
        ("{ $.latency > 50 && $.latency <= 50.5 }", True),
        ('{ $.arrayKey = "value" }', False),
        ('{ $.arrayKey != "value" }', False),
        ('{ $.eventType = "UpdateTrail" || $.errorCode = 1 && $.errorCode = 2 }', True),
        ('{ ($.eventType = "UpdateTrail" || $.errorCode = 1) && $.errorCode = 2 }', False),
    ],
)
def test_filter_pattern(pattern: str, expected: bool) -> None:
    assert matches(pattern, _EVENT) is expected
    assert not matches(pattern, "no JSON")


_LINES = [
    json.dumps({"time": f"2026-01-31T12:{minute:02}:00.123456789Z", "status": status, "a.b": text})
    for minute, status, text in ((0, 200, "x=1"), (10, 500, "x=20"), (59, 500, "y"))
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filter status = 500 and a.b like /^x/\n| fields a.b as found", ["x=20"]),
        ('filter status in ["500"] or a.b like "y"\n| fields a.b as found', ["y"]),
        ("parse a.b /x=(?<number>\\d+)/\n| fields coalesce(number, 0) * 2 + 1 as found", [3.0, 41.0, 1.0]),
        ("filter ispresent(missing) or missing != 1\n| fields status as found", []),
        ("stats count(*) as found by status\n| sort found desc\n| limit 1", [2]),
        ("parse a.b /x=(?<x>\\d+)/\n| stats count(x) as found by status\n| sort found desc", [1, 1]),
        ("fields toMillis(@timestamp) as at\n| stats (max(at) - min(at)) / 60000 as found by bin(1h)", [59]),
        ("stats count(*) as found by bin(30m) as half\n| sort half asc", [2, 1]),
    ],
)
def test_query(query: str, expected: list[object]) -> None:
    assert [row["found"] for row in run(query, _LINES)] == expected


@pytest.mark.parametrize(
    "query",
    [
        "display status",
        "fields strlen(a.b) as n",
        "stats pct(a, 9) as p by b",
        "filter a !! b",
        "sort a",
        "limit 1 2",
        "stats sum(a) as s by b",
    ],
)
def test_unknown_syntax_of_a_query_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        run(query, _LINES)
