"""What moto forgets or lacks of the AWS API, one module per service.

The AWS provider reads back whatever it wrote. What comes back otherwise is drift to it, and a change in the next
`pulumi up` that nobody made. Each gap here is one that a private registry's stack meets. What AWS refuses and moto
accepts is in `sandbox.aws.refusals`.
"""

from __future__ import annotations

from sandbox.aws.moto_gaps import autoscaling, ec2, ecs, iam, route53, s3


def close() -> None:
    """Close all gaps, by changing moto's classes for the rest of this process."""
    for service in (autoscaling, ec2, ecs, iam, route53, s3):
        service.close()
