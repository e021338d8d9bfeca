"""Checks of the schedule on which instances are replaced."""

from collections.abc import Iterator

from ..args import PrivateRegistryArgs
from ..problems import Problem
from .schedules import schedule_problems


def patching_problems(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    """Find the problems with the schedule."""
    if args.patch_schedule is None:
        return
    yield from schedule_problems("patch_schedule", args.patch_schedule)
    if args.ami_id is not None:
        yield Problem(
            key="patch_schedule",
            found="is set, but `ami_id` pins the AMI: new instances would have the same one",
            allowed="`patch_schedule` without `ami_id`; with `ami_id`, patch by setting it to a newer AMI",
            example={"patch_schedule": None},
        )
