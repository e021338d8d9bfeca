"""The command about a garbage collection: python -m sandbox collection."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from sandbox.collection.deleted import Bucket
from sandbox.errors import SandboxError

# How long the bucket keeps what was deleted, at least (components/storage.py).
KEPT_DAYS = 30
# What the watcher may take to stop the task: a look and a stop (components/pure/collection_states.py).
_WATCHER = timedelta(seconds=90)
_EXECUTION = re.compile(r"arn:[\w-]+:states:(?P<region>[\w-]+):\d{12}:execution:[^:]+:(?P<name>[^:]+)")
_ELIGIBLE = re.compile(r"blob eligible for deletion: (sha256:[0-9a-f]{64})")
# The states with which the phases of a collection begin.
_PHASES = {
    "Watch": "refuse pushes",
    "Let requests end": "let requests end",
    "Collect: begin": "collect",
    "Allow pushes": "allow pushes",
    "Report": "report",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "execution", metavar="ARN", help="the collection: an execution of the output garbageCollectionArn"
    )
    parser.add_argument("--bucket", required=True, help="the images bucket, or the replica bucket")
    parser.add_argument("--region", help="the bucket's Region; default: the collection's")
    parser.add_argument("--log-group", help="the registry's log group, which has the report of a dry run")
    parser.add_argument("--undo", action="store_true", help="restore what the collection deleted")


def run(options: argparse.Namespace, console: Console) -> int:
    """Print what a collection did, a JSON object per line, and undo it on request.

    Returns:
        The exit status: 0.

    Raises:
        SandboxError: the collection or the bucket cannot be read, or there is nothing to undo.
    """
    match = _EXECUTION.fullmatch(options.execution)
    if match is None:
        raise SandboxError(f"{options.execution!r} is not the ARN of an execution; run\n    {_LIST}")
    aws = boto3.Session(region_name=match["region"]).client
    bucket = Bucket(aws("s3", region_name=options.region or match["region"]), options.bucket)
    try:
        states = aws("stepfunctions")
        described = states.describe_execution(executionArn=options.execution)
        history = states.get_paginator("get_execution_history").paginate(executionArn=options.execution)
        entered = list(_entered(history))
        for line in _lines(entered, described):
            _print(console, line)
        if json.loads(described["input"]).get("dryRun"):
            report = _dry_run(bucket, _digests(aws("logs"), options.log_group, described), undo=options.undo)
        else:
            report = _deletions(bucket, entered, described, undo=options.undo)
        _print(console, {"collection": match["name"], "status": described["status"], **report})
    except (ClientError, BotoCoreError) as error:
        raise SandboxError(f"the collection cannot be read: {error}") from error
    return 0


_LIST = 'aws stepfunctions list-executions --state-machine-arn "$(pulumi stack output garbageCollectionArn)"'


def _entered(history: Any) -> Iterator[tuple[str, datetime]]:
    """The states that an execution entered, with the times."""
    for page in history:
        for event in page["events"]:
            if "stateEnteredEventDetails" in event:
                yield event["stateEnteredEventDetails"]["name"], event["timestamp"]


def _lines(entered: Sequence[tuple[str, datetime]], described: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A line for each phase, with its duration."""
    begun = [(_PHASES[state], time) for state, time in entered if state in _PHASES]
    ends = [*(time for _, time in begun[1:]), described.get("stopDate")]
    for (phase, time), end in zip(begun, ends, strict=True):
        seconds = None if end is None else round((end - time).total_seconds(), 3)
        yield {"phase": phase, "begin": time.isoformat(), "seconds": seconds}


def _deletions(
    bucket: Bucket, entered: Sequence[tuple[str, datetime]], described: Mapping[str, Any], *, undo: bool
) -> Mapping[str, Any]:
    """What a collection deleted, from the first moment in which its task can have run."""
    begin = next((time for state, time in entered if state == "Collect: begin"), None)
    # After another end, the watcher stops the task within some minutes, and pushes are refused until then.
    stopped = described.get("stopDate")
    end = next((time for state, time in entered if state == "Collect: end"), stopped and stopped + _WATCHER)
    if begin is None or end is None:
        raise SandboxError("the collection has deleted nothing yet")
    objects = bucket.deleted(begin, end)
    until = begin + timedelta(days=KEPT_DAYS)
    report: dict[str, Any] = {
        "blobs": sum(each.is_blob for each in objects),
        "links": sum(not each.is_blob for each in objects),
        "bytes": sum(each.size for each in objects),
        "restorable": sum(each.restorable for each in objects),
        "until": until.isoformat(),
    }
    return {**report, "restored": bucket.restore(objects)} if undo else report


def _dry_run(bucket: Bucket, digests: set[str], *, undo: bool) -> Mapping[str, Any]:
    if undo:
        raise SandboxError("the collection was a dry run: there is nothing to undo")
    return {"dryRun": True, "blobs": len(digests), "bytes": bucket.blob_bytes(digests)}


def _digests(logs: Any, log_group: str | None, described: Mapping[str, Any]) -> set[str]:
    """The digests in the log of a dry run's task."""
    if log_group is None:
        raise SandboxError("the collection was a dry run: name the registry's log group with --log-group")
    task = json.loads(described["output"])["task"].rpartition("/")[2]
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=log_group,
        logStreamNames=[f"registry/registry/{task}"],
        filterPattern='"blob eligible for deletion"',
    )
    return {digest for page in pages for event in page["events"] for digest in _ELIGIBLE.findall(event["message"])}


def _print(console: Console, line: Mapping[str, Any]) -> None:
    console.print(Text(json.dumps(line)), soft_wrap=True)
