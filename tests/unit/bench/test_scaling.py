"""The knee: where more requests make answers slower."""

import pytest

from bench.scaling import Step, knee


def steps(*latencies: float, behind: int | None = None) -> list[Step]:
    """Make steps of 100 requests a second each; from the number `behind` on, a tenth is not answered in time."""
    return [
        Step(
            rate=100 * number,
            answered=100 * number * (0.9 if behind is not None and number >= behind else 1),
            latency=latency,
            cpu=0.002,
        )
        for number, latency in enumerate(latencies, start=1)
    ]


@pytest.mark.parametrize(
    ("measured", "rate"),
    [
        pytest.param(steps(4, 5, 8, 9), 300, id="latency has doubled at most"),
        pytest.param(steps(4, 4, 4, 4, behind=3), 200, id="all requests are answered"),
        pytest.param(steps(4, 9), 100, id="no rate but the lowest"),
    ],
)
def test_knee_is_the_highest_rate_that_is_served_well(measured: list[Step], rate: int) -> None:
    assert knee(measured).rate == rate
