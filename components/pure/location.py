"""The AWS account and region of a provider."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Location:
    """The AWS account and region that resources are created in.

    Attributes:
        region: the region's code, such as "us-west-2".
        account_id: the account's 12-digit ID.
        partition: "aws", "aws-cn" or "aws-us-gov": the second part of every ARN.
        dns_suffix: the partition's DNS suffix, such as "amazonaws.com".
    """

    region: str
    account_id: str
    partition: str
    dns_suffix: str
