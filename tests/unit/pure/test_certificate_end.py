"""When a certificate ends, and which certificates are in IAM."""

import pytest

from components.pure.certificate_end import days_left, server_certificate_name


@pytest.mark.parametrize("end", ["2029-01-31T12:00:00Z", "2029-01-31T12:00:00+00:00", "2029-01-31T13:00:00+01:00"])
def test_days_are_counted_from_the_metrics_time(end: str) -> None:
    expression = days_left(end, "clock")
    a_week_before = 1863950400  # date -u -d "2029-01-24 12:00" +%s
    assert eval(expression.replace("EPOCH(clock)", str(a_week_before))) == 7  # noqa: S307, its own expression


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::123456789012:server-certificate/registry", "registry"),
        ("arn:aws-cn:iam::123456789012:server-certificate/team/images/registry", "registry"),
        ("arn:aws:acm:us-west-2:123456789012:certificate/1a2b3c4d-0000-1111-2222-333344445555", None),
    ],
)
def test_name_of_a_server_certificate(arn: str, name: str | None) -> None:
    assert server_certificate_name(arn) == name
