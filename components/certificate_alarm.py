"""The alarm about a certificate that is about to end."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from .alarms import Alarm, Metric
from .pure.certificate_end import days_left, server_certificate_name

_DAYS = 30
_DAY_SECONDS = 24 * 60 * 60


def look_up_end(arn: pulumi.Output[str], parent: pulumi.Resource) -> pulumi.Output[str | None]:
    """Ask IAM for the end of a server certificate. None for a certificate in ACM."""

    def look_up(arn: str) -> pulumi.Output[str | None]:
        name = server_certificate_name(arn)
        if name is None:
            return pulumi.Output.from_input(None)
        opts = pulumi.InvokeOutputOptions(parent=parent)
        return aws.iam.get_server_certificate_output(name=name, opts=opts).apply(lambda found: found.expiration_date)

    return arn.apply(look_up)


def certificate_alarm(
    arn: pulumi.Output[str], end: pulumi.Output[str | None], targets: Mapping[str, pulumi.Input[str]]
) -> Alarm:
    """Return the alarm, which goes off 30 days before the end, and is over when another certificate is in its place.

    Args:
        arn: the certificate's ARN.
        end: the end of a certificate in IAM (RFC 3339), which AWS does not watch. None for one in ACM, which counts the
            days itself and renews what it has issued.
        targets: the dimensions of a metric that always has values.
    """
    # An alarm on a math expression needs a metric. For a certificate in IAM, it is only the clock.
    clock = {"namespace": "AWS/ApplicationELB", "name": "HealthyHostCount", "dimensions": targets}

    def watched(known: list[Any]) -> dict[str, Any]:
        arn, end, clock = known
        if server_certificate_name(arn) is not None:
            return {**clock, "expression": days_left(end, "metric")}
        acm = {"namespace": "AWS/CertificateManager", "name": "DaysToExpiry", "dimensions": {"CertificateArn": arn}}
        return {**acm, "expression": "metric"}

    found = pulumi.Output.all(arn, end, clock).apply(watched)
    return Alarm(
        name="certificate-ends",
        means=f"The certificate for clients ends within {_DAYS} days: then they refuse to connect.",
        metrics={
            "metric": Metric(
                namespace=found["namespace"], name=found["name"], dimensions=found["dimensions"], statistic="Minimum"
            )
        },
        expression=found["expression"],
        comparison="LessThanThreshold",
        threshold=_DAYS,
        period=_DAY_SECONDS,
        periods=1,
        # ACM reports twice a day, and no longer when the certificate has ended: the alarm must stay.
        missing="ignore",
    )
