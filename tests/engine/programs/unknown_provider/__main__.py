"""A registry whose AWS provider depends on a resource of the same program, as for an account that is being created.

With `given`, the registry gets what its provider cannot tell in the first preview.
"""

import pulumi
import pulumi_aws as aws

from components import PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()
parameter = aws.ssm.Parameter("owner", name="/owner", type="String", value="platform")
company = aws.Provider("company", region="us-west-2", default_tags={"tags": {"owner": parameter.arn}})
given = PrivateRegistryArgs(
    region="us-west-2",
    account_id=parameter.arn.apply(lambda arn: arn.split(":")[4]),
    availability_zone_names=["us-west-2a", "us-west-2b"],
    nat_gateways="none",
    force_destroy=True,
)
registry = PrivateRegistry(
    "images",
    given if config.require_bool("given") else PrivateRegistryArgs(nat_gateways="none", force_destroy=True),
    pulumi.ResourceOptions(provider=company),
)

pulumi.export("owner", parameter.arn)
pulumi.export("registry", {key: value for key, value in registry.by_key().items() if key != "passwords"})
