"""How wrong input is told."""

import pulumi
import pytest

from components import InvalidInput, Problem

SIZE = Problem(key="min_size", found="0 is too few", allowed="1 or more", example="2")
MODE = Problem(key="nat_gateways", found="'two' is unknown", allowed="perZone, single", example="single")


def test_a_problem_tells_key_value_allowed_and_example() -> None:
    assert str(SIZE) == "min_size: 0 is too few\n      allowed: 1 or more\n      example: 2"


@pytest.mark.parametrize(("problems", "count"), [([SIZE], "1 problem:"), ([SIZE, MODE], "2 problems:")])
def test_one_error_lists_all_problems(problems: list[Problem], count: str) -> None:
    error = InvalidInput(iter(problems))
    assert error.problems == tuple(problems)
    assert count in str(error)
    assert all(str(problem) in str(error) for problem in problems)


def test_the_pulumi_cli_shows_the_error_without_a_traceback() -> None:
    assert isinstance(InvalidInput([SIZE]), pulumi.RunError)
