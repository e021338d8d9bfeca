"""The policies of the VPC endpoints of an isolated network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .endpoints import INTERFACE_SERVICES
from .lookups import cached_invoke
from .pure import policies
from .pure.location import Location


@dataclass(frozen=True, kw_only=True)
class EndpointPoliciesArgs:
    """Arguments of `EndpointPolicies`.

    Attributes:
        location: the region, for the names of AWS's own buckets.
        endpoints: the endpoints by service.
        role_arns: the ARNs of the registry's roles: instance, task and task execution.
        bucket_arns: the ARNs of the registry's buckets.
    """

    location: Location
    endpoints: Mapping[str, aws.ec2.VpcEndpoint]
    role_arns: Sequence[pulumi.Input[str]]
    bucket_arns: Sequence[pulumi.Input[str]]


class EndpointPolicies(pulumi.ComponentResource):
    """Policies that let only one registry use VPC endpoints.

    They are not part of `Endpoints`, because they name roles and buckets that are created after the endpoints.

    Creates: aws.ec2.VpcEndpointPolicy per endpoint that supports a policy.
    """

    def __init__(self, name: str, args: EndpointPoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:EndpointPolicies", name, {}, opts)
        roles, buckets = pulumi.Output.all(*args.role_arns), pulumi.Output.all(*args.bucket_arns)
        documents = dict.fromkeys(args.endpoints, roles.apply(policies.endpoint)) | {
            "s3": pulumi.Output.all(roles, buckets).apply(
                lambda known: policies.s3_endpoint(known[0], known[1], args.location)
            )
        }
        with_policy = {"s3", *cached_invoke(_services_with_policy, self)}
        for service, endpoint in args.endpoints.items():
            if service in with_policy:
                aws.ec2.VpcEndpointPolicy(
                    f"{name}-{service}",
                    vpc_endpoint_id=endpoint.id,
                    policy=documents[service],
                    opts=pulumi.ResourceOptions(parent=self),
                )
        self.register_outputs({})


def _services_with_policy(opts: pulumi.InvokeOptions) -> list[str]:
    """Return the services whose endpoints support a policy.

    Those for the ECS agent's channels do not (awsdocs/amazon-ecs-developer-guide#55).
    """
    return [
        service
        for service in INTERFACE_SERVICES
        if aws.ec2.get_vpc_endpoint_service(
            service=service, service_type="Interface", opts=opts
        ).vpc_endpoint_policy_supported
    ]
