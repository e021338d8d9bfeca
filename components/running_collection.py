"""Finds out, before a change, whether a garbage collection runs that the change would disturb."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from .problems import Problem
from .pure.collection_states import PRIORITY

# What the AWS provider reports if the listener has no such rule, or does not exist any more.
_NO_RULE = ("empty result", "couldn't find resource", "ListenerNotFound")

_REASONS = {
    "garbage_collection": "without its state machines, nothing accepts pushes again",
    "internal": "it would delete from what is pushed to the new load balancer",
}


def disturbed_option(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """Return the option whose change would disturb a running collection, from one result of `recorded` to another."""
    if "garbageCollection" not in old:
        return None
    if "garbageCollection" not in new:
        return "garbage_collection"
    return "internal" if old["internal"] != new["internal"] else None


async def running_collection(option: str, outputs: Mapping[str, Any], parent: pulumi.Resource) -> list[Problem]:
    """Find the problem with a change while a collection refuses pushes, by its listener rule.

    Args:
        option: the option that changes.
        outputs: the registry's outputs before the change.
        parent: the registry, whose provider is asked.

    Raises:
        Exception: the provider could not ask AWS.
    """
    try:
        rule = await aws.lb.get_listener_rule(
            listener_arn=outputs["listenerArn"], priority=PRIORITY, opts=pulumi.InvokeOptions(parent=parent)
        )
    except Exception as error:
        if any(reason in str(error) for reason in _NO_RULE):
            return []
        raise
    if [action.type for action in rule.actions or ()] != ["fixed-response"]:
        return []  # somebody else's
    problem = Problem(
        key=option,
        found=f"changes while a garbage collection runs: {_REASONS[option]}",
        allowed="the present value until the collection has ended, or three minutes after it was stopped; if none runs,"
        f" aws elbv2 delete-rule --rule-arn {rule.arn}",
        example='aws stepfunctions stop-execution --execution-arn "$(aws stepfunctions list-executions'
        f" --state-machine-arn {outputs['garbageCollectionArn']} --status-filter RUNNING"
        " --query 'executions[0].executionArn' --output text)\"",
    )
    return [problem]
