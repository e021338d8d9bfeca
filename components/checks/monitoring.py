"""Checks of the options for alarms."""

import re
from collections.abc import Iterator

from ..args import PrivateRegistryArgs
from ..problems import Problem, audience

_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]+):\d{12}:[\w-]{1,256}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
# They do nothing without alarms.
_ALARM_OPTIONS = ("alarm_email", "alarm_topic_arn", "images_growth_limit", "monthly_budget")


def monitoring_problems(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    """Find the problems with the options for alarms, for a registry in a region."""
    unused = [name for name in _ALARM_OPTIONS if getattr(args, name)]  # an Output is true, whatever its value
    if unused and not args.monitoring:
        yield Problem(
            key="monitoring",
            found=f"is off, so there are no alarms for {', '.join(f'`{name}`' for name in unused)}",
            allowed="true, or none of these options",
            example={"monitoring": True},
        )
    yield from _destination(args, region)
    for name in ("images_growth_limit", "monthly_budget"):
        if getattr(args, name) < 0:
            yield Problem(key=name, found=f"{getattr(args, name)} is negative", allowed="1 or more, or 0 for none")


def _destination(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    email, topic_arn = args.alarm_email, args.alarm_topic_arn
    if email is not None and topic_arn is not None:
        yield Problem(
            key="alarm_email",
            found="is set together with `alarm_topic_arn`",
            allowed="only one of the two: an existing topic has subscriptions of its own",
            example={"alarm_email": None},
        )
    if isinstance(email, str) and not _EMAIL.fullmatch(email):
        yield Problem(key="alarm_email", found=f"{email!r} is not an email address", allowed="one address")
    if not isinstance(topic_arn, str):
        return
    arn = _TOPIC_ARN.fullmatch(topic_arn)
    if not arn or (region and arn["region"] != region):
        yield Problem(
            key="alarm_topic_arn",
            found=f"{topic_arn!r} is not the ARN of a topic to which alarms in {region or 'the Region'} can publish",
            allowed="a standard topic in the registry's Region",
        )


def subscription_warning(args: PrivateRegistryArgs) -> str | None:
    """Return that nobody gets the alarms and what to do, for the current audience. None if somebody is to get them."""
    to = audience.get()
    if not args.monitoring or args.alarm_email is not None or args.alarm_topic_arn is not None:
        return None
    return (
        f"{to.prefix}{to.spell('monitoring')}: nobody gets the alarms until somebody subscribes to their topic, the"
        f" output alarmTopicArn. To subscribe an email address: {to.setting('alarm_email', 'ops@example.com')}"
    )
