"""The entry of the function: reads the registry and who uses it, decides, deletes if it may, and reports."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from .clients import Clients
from .decision import Use, kept
from .deletion import Outcome, delete, restore_needed
from .pulls import PullLog
from .report import PREFIX, expired_lines, report
from .rules import Rule, from_json
from .running import ImageName, running_images
from .storage import Storage

# A push writes a manifest's links within one request, which takes far less.
_PUSH_SECONDS = 60
# For what is left to do after the check that follows the last deletion.
_REPORT_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the function's environment says.

    Attributes:
        rules: the retention rules.
        apply: whether expired images are deleted. Otherwise, they are only reported.
        images_bucket: the name of the bucket with the images.
        reports_bucket: the name of the bucket that gets the reports.
        log_group: the name of the registry's log group.
    """

    rules: Sequence[Rule]
    apply: bool
    images_bucket: str
    reports_bucket: str
    log_group: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        return cls(
            rules=from_json(environment["RULES"]),
            apply=environment["APPLY"] == "true",
            images_bucket=environment["IMAGES_BUCKET"],
            reports_bucket=environment["REPORTS_BUCKET"],
            log_group=environment["LOG_GROUP"],
        )


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Run once. With `{"apply": false}` as the event, nothing is deleted, whatever the environment says."""
    settings = Settings.of(os.environ)
    return run(
        settings,
        Clients.of_account(),
        now=datetime.now(timezone.utc),
        apply=settings.apply and event.get("apply", True) is True,
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
    )


def run(
    settings: Settings,
    clients: Clients,
    *,
    now: datetime,
    apply: bool,
    seconds_left: Callable[[], float] = lambda: math.inf,
    push_seconds: int = _PUSH_SECONDS,
) -> dict[str, Any]:
    """Decide about all images, delete what has expired, and return the totals of the report.

    Args:
        settings: see `Settings`.
        clients: see `Clients`.
        now: the time to which the rules apply.
        apply: whether to delete.
        seconds_left: how long the run may still take. What there is no time to delete is deleted by the next run.
        push_seconds: how long to wait for pushes that began before a deletion. Default: 60.
    """
    storage = Storage(clients.s3, settings.images_bucket)
    begin = time.monotonic()
    repositories = storage.repositories()
    # The check after the deletions reads no more than this again.
    needed_seconds = push_seconds + (time.monotonic() - begin) + _REPORT_SECONDS
    pulls = PullLog(clients.logs, settings.log_group).pulls([rule.keep_pulled_days for rule in settings.rules], now)
    images, closed_regions = _running(clients)
    use = Use(
        running=frozenset(image.digest for image in images if image.digest),
        running_tags=frozenset((image.repository, image.tag) for image in images if image.tag),
        pulls=pulls,
    )
    decided = {each.name: kept(each, settings.rules, use, now) for each in repositories}
    deleted: dict[str, set[str]] = {each.name: set() for each in repositories}
    outcomes: dict[str, Outcome] = {}
    try:
        for each in repositories if apply else ():
            expired = each.manifests.keys() - decided[each.name].keys()
            delete(storage, each, expired, lambda: seconds_left() > needed_seconds, deleted[each.name])
    finally:  # what an error has left half done, too
        if any(deleted.values()):
            time.sleep(push_seconds)
        for each in repositories:
            if deleted[each.name]:
                outcomes[each.name] = restore_needed(storage, each, deleted[each.name])
    document = report(
        now=now,
        rules=settings.rules,
        apply=apply,
        repositories=repositories,
        kept=decided,
        outcomes=outcomes,
        closed_regions=closed_regions,
    )
    return _publish(clients.s3, settings.reports_bucket, document)


def _running(clients: Clients) -> tuple[set[ImageName], list[str]]:
    """Return the images that ECS uses in all Regions, and the Regions that an organization closes to this account.

    AWS names the kind of policy that denies a request ("Troubleshoot access denied error messages" in the IAM User
    Guide). In the registry's own Region, and for any other reason, a refusal ends the run: it does not know what runs.
    """
    images: set[ImageName] = set()
    closed: list[str] = []
    own, *_ = clients.ecs
    for region, ecs in clients.ecs.items():
        try:
            images.update(running_images(ecs))
        except ecs.exceptions.ClientError as error:
            if region == own or "explicit deny in a service control policy" not in str(error):
                raise
            closed.append(region)
    return images, closed


def _publish(s3: Any, bucket: str, document: dict[str, Any]) -> dict[str, Any]:
    key = f"{PREFIX}/{document['run']}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(document).encode(), ContentType="application/json")
    for line in expired_lines(document):
        print(json.dumps(line))
    summary = {"event": "run", "run": document["run"], "applied": document["applied"], **document["totals"]}
    print(json.dumps({**summary, "report": f"s3://{bucket}/{key}"}))
    return {**summary, "report": f"s3://{bucket}/{key}"}
