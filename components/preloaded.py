"""Loads the modules of pulumi_aws that the library uses.

Pulumi loads such a module when one of its attributes is read for the first time. If several threads do so at once, some
find an empty module: the loader in `pulumi._utils` has the fault of python/cpython#114763. The Automation API runs
inline programs in threads of one process.
"""

import pulumi_aws as aws

for _module in (
    *(aws.acm, aws.autoscaling, aws.cloudwatch, aws.ec2, aws.ecs, aws.iam),
    *(aws.lb, aws.route53, aws.s3, aws.ssm, aws.vpc, aws.wafv2),
):
    hasattr(_module, "any attribute")
