"""The topic that gets the alarms."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .outputs import with_dependencies
from .pure.location import Location
from .pure.topic_policies import key_policy, topic_policy

# The shortest that KMS allows. Nothing is lost with the key: SNS keeps no message that it has delivered.
_KEY_DELETION_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class AlarmTopicArgs:
    """Arguments of `AlarmTopic`.

    Attributes:
        location: the region.
        account_id: the account's ID.
        email: the address that gets the messages. Default: none.
        budget: whether AWS Budgets publishes too. Default False.
        tags: the tags of all resources that have tags. Default: none.
    """

    location: Location
    account_id: pulumi.Input[str]
    email: pulumi.Input[str] | None = None
    budget: bool = False
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class AlarmTopic(pulumi.ComponentResource):
    """An encrypted SNS topic to which CloudWatch and EventBridge publish.

    Creates: aws.kms.Key, aws.sns.Topic, aws.sns.TopicPolicy; with `email`, aws.sns.TopicSubscription.

    Attributes:
        arn: the topic's ARN. It depends on the topic's policy.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: AlarmTopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:AlarmTopic", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        account_id = pulumi.Output.from_input(args.account_id)
        key = aws.kms.Key(
            name,
            description="Encrypts the alarms of a private registry",
            policy=account_id.apply(lambda account_id: key_policy(args.location, account_id, budget=args.budget)),
            enable_key_rotation=True,
            deletion_window_in_days=_KEY_DELETION_DAYS,
            tags=args.tags,
            opts=child,
        )
        topic = aws.sns.Topic(name, kms_master_key_id=key.arn, tags=args.tags, opts=child)
        policy = aws.sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=pulumi.Output.all(topic.arn, account_id).apply(
                lambda known: topic_policy(known[0], args.location, known[1], budget=args.budget)
            ),
            opts=child,
        )
        if args.email is not None:
            # SNS refuses to delete a subscription that nobody has confirmed; it ends after some days, or with the topic
            # (terraform-provider-aws, sns/topic_subscription.go).
            aws.sns.TopicSubscription(name, topic=topic.arn, protocol="email", endpoint=args.email, opts=child)
        self.arn = with_dependencies(topic.arn, policy)
        self.register_outputs({"arn": self.arn})
