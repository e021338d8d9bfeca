"""Checks of the garbage collection."""

from collections.abc import Iterator

from ..args import PrivateRegistryArgs
from ..problems import Problem
from ..pure.cron import daily_cron_faults, minute_of_day
from .schedules import schedule_problems

# The shortest leaves some minutes for the collection itself. With the longest, the execution of the state machine has
# 15,000 of the 25,000 events that it may have ("Service quotas in Step Functions").
MINUTES = range(15, 721)
# A schedule tries to start for an hour. A run of the retention function begins within another hour, takes 15 minutes at
# most, and is repeated twice if it fails.
_START_MINUTES = 60
_RETENTION_MINUTES = _START_MINUTES + 120
_DAY = 24 * 60


def collection_problems(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    """Find the problems with the schedule and the limit of the garbage collection."""
    if args.garbage_collection_minutes not in MINUTES:
        yield Problem(
            key="garbage_collection_minutes",
            found=f"{args.garbage_collection_minutes} cannot be used",
            allowed=f"{MINUTES[0]} to {MINUTES[-1]} minutes",
        )
    if args.garbage_collection is None:
        return
    unusable = [*schedule_problems("garbage_collection", args.garbage_collection)]
    yield from unusable
    if args.upstream is not None:
        yield Problem(
            key="garbage_collection",
            found="is set, but a pull-through cache writes when clients pull, which is not refused",
            allowed="`garbage_collection` without `upstream`; a cache deletes expired images by itself",
            example={"garbage_collection": None},
        )
    if not unusable and args.retention and args.retention_apply and not any(daily_cron_faults(args.retention_schedule)):
        yield from _overlap(args.garbage_collection, args.garbage_collection_minutes, args.retention_schedule)


def _overlap(collection: str, minutes: int, retention: str) -> Iterator[Problem]:
    """Find out whether images may be deleted while a collection reads them: see docs/decisions/0025-retention.md."""
    collection_minutes = _START_MINUTES + minutes
    after_retention = (minute_of_day(collection) - minute_of_day(retention)) % _DAY
    if not _RETENTION_MINUTES <= after_retention <= _DAY - collection_minutes:
        yield Problem(
            key="retention_schedule",
            found=f"{retention!r} may delete images during the garbage collection of {collection!r}",
            allowed=f"a time that is {_RETENTION_MINUTES} minutes before `garbage_collection`, or"
            f" {collection_minutes} minutes after it, an hour more than `garbage_collection_minutes`",
        )
