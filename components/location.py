"""Where in AWS the resources of a component are made."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .lookups import asked_once


@dataclass(frozen=True, kw_only=True)
class Location:
    """The region and account of a provider.

    Attributes:
        region: such as "us-west-2".
        account_id: twelve digits.
        partition: "aws", "aws-cn" or "aws-us-gov": the second part of every ARN.
        dns_suffix: "amazonaws.com", or "amazonaws.com.cn" in China.
    """

    region: str
    account_id: str
    partition: str
    dns_suffix: str

    @classmethod
    def of(cls, parent: pulumi.Resource) -> "Location":
        """Asks the provider that `parent` uses, so that nothing depends on the default provider's config."""
        return asked_once(_location, parent)


def _location(opts: pulumi.InvokeOptions) -> Location:
    partition = aws.get_partition(opts=opts)
    return Location(
        region=aws.get_region(opts=opts).region,
        account_id=aws.get_caller_identity(opts=opts).account_id,
        partition=partition.partition,
        dns_suffix=partition.dns_suffix,
    )
