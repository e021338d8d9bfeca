"""The wait until instances have left subnets."""

import asyncio
from collections.abc import Iterator, Sequence

import pulumi
import pytest

from components.instance_refresh import wait_until_empty


def wait(answers: Iterator[Sequence[str]], *, requests: int) -> None:
    async def list_instances(subnet_ids: Sequence[str]) -> Sequence[str]:
        assert subnet_ids == ["subnet-1"]
        return next(answers)

    asyncio.run(wait_until_empty(["subnet-1"], list_instances, group="group-1", timeout=requests * 0.01, interval=0.01))


def test_wait_ends_when_the_subnets_are_empty() -> None:
    answers = iter([["i-1", "i-2"], ["i-2"], [], ["never requested"]])
    wait(answers, requests=5)
    assert next(answers) == ["never requested"]


def test_timeout_error_says_what_to_do() -> None:
    with pytest.raises(pulumi.RunError) as error:
        wait(iter([["i-1"]] * 10), requests=2)
    for text in ("i-1 are still in subnet-1", "--auto-scaling-group-name group-1", "pulumi up"):
        assert text in str(error.value)
