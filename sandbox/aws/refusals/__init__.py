"""What AWS refuses and moto accepts, one module per service.

Without these rules a stack that AWS would refuse comes up here. Each rule names where AWS documents it, raises the
error code that AWS answers with, and has a test in tests/sandbox/aws_api.
"""

from __future__ import annotations

from sandbox.aws.refusals import acm, autoscaling, ec2, ecs, elbv2, iam, route53, s3


def enforce() -> None:
    """Enforce all rules, by changing moto's classes for the rest of this process."""
    for service in (acm, autoscaling, ec2, ecs, elbv2, iam, route53, s3):
        service.enforce()
