"""Nothing is deleted under an instance: the group's update waits until the last one has left its old subnets."""

import asyncio
from collections.abc import Iterator, Sequence

import pulumi
import pytest

from components.moving import until_empty


def wait(answers: Iterator[Sequence[str]], *, looks: int) -> None:
    async def instances_in(subnet_ids: Sequence[str]) -> Sequence[str]:
        assert subnet_ids == ["subnet-1"]
        return next(answers)

    asyncio.run(until_empty(["subnet-1"], instances_in, group="group-1", limit=looks * 0.01, interval=0.01))


def test_wait_ends_with_the_last_instance() -> None:
    answers = iter([["i-1", "i-2"], ["i-2"], [], ["never asked"]])
    wait(answers, looks=5)
    assert next(answers) == ["never asked"]


def test_wait_that_takes_too_long_says_what_to_do() -> None:
    with pytest.raises(pulumi.RunError) as failure:
        wait(iter([["i-1"]] * 10), looks=2)
    for said in ("i-1 are still in subnet-1", "--auto-scaling-group-name group-1", "pulumi up"):
        assert said in str(failure.value)
