"""Alarms about events, for what no metric shows: rules of EventBridge that write a readable message to a topic."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .pure.event_patterns import Pattern
from .pure.runbook import with_runbook


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event that is an alarm.

    Attributes:
        name: the anchor of the event's section in docs/operations.md, and a part of its rule's name in AWS.
        means: what has happened, in one sentence.
        pattern: the pattern that the event matches.
        details: JSON paths of values in the event that the message shows, by a word for each.
    """

    name: str
    means: str
    pattern: pulumi.Input[Pattern]
    details: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class EventsArgs:
    """Arguments of `Events`.

    Attributes:
        events: the events.
        topic_arn: the ARN of the SNS topic that gets their messages.
        runbook_url: the address of docs/operations.md.
        tags: the tags of the rules. Default: none.
    """

    events: Sequence[Event]
    topic_arn: pulumi.Input[str]
    runbook_url: str
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class Events(pulumi.ComponentResource):
    """Rules that tell a topic about events.

    Creates: aws.cloudwatch.EventRule and aws.cloudwatch.EventTarget for each event.
    """

    def __init__(self, name: str, args: EventsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Events", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        for event in args.events:
            rule = aws.cloudwatch.EventRule(
                f"{name}-{event.name}",
                description=event.means,
                event_pattern=pulumi.Output.from_input(event.pattern).apply(json.dumps),
                tags=args.tags,
                opts=child,
            )
            # Without a role: with one, events may not reach an encrypted topic (Amazon EventBridge User Guide, "Using
            # resource-based policies for Amazon EventBridge").
            aws.cloudwatch.EventTarget(
                f"{name}-{event.name}",
                rule=rule.name,
                arn=args.topic_arn,
                input_transformer={
                    "input_paths": event.details,
                    "input_template": _message(event, args.runbook_url),
                },
                opts=child,
            )
        self.register_outputs({})


def _message(event: Event, runbook_url: str) -> str:
    """Return the template of the message: one JSON string per line, with <words> for the event's details."""
    lines = [with_runbook(event.means, runbook_url, event.name), *(f"{word}: <{word}>" for word in event.details)]
    return "\n".join(map(json.dumps, lines))
