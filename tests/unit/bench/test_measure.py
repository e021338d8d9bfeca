"""Medians, spread and ratios of measurements taken in turn."""

import pytest

from bench.measure import Spread, in_turn, number


def test_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    # The second round was twice as slow for both: it must not count.
    ratio = Spread.of([4.0, 8.0, 5.0]).over(Spread.of([1.0, 2.0, 1.0]))
    assert (ratio.median, ratio.low, ratio.high) == (4.0, 4.0, 5.0)


def test_different_numbers_of_rounds_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="zip"):
        Spread.of([1.0]).over(Spread.of([1.0, 2.0]))


def test_empty_spread_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Spread.of([])


def test_spread_of_several_values_is_shown() -> None:
    assert str(Spread.of([2.0, 1.0, 4.0])) == "2.0 (1.00 to 4.0)"
    assert str(Spread.of([2.0])) == "2.0"
    assert Spread.of([2.0, 3.0]).times() == "2.5 x (2.0 to 3.0)"


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1234"), (20.4, "20"), (2.04, "2.0"), (0.5, "0.50"), (0.01, "0.010")]
)
def test_number_has_two_significant_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_configurations_are_measured_in_turn() -> None:
    turns: list[str] = []
    measurements = {name: lambda name=name: turns.append(name) or len(turns) for name in "AB"}
    assert in_turn(measurements, 3) == {"A": [1, 4, 5], "B": [2, 3, 6]}
    assert turns == ["A", "B", "B", "A", "A", "B"]
