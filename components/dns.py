"""The domain's records in Route 53."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class DnsArgs:
    """Arguments of `Dns`.

    Attributes:
        hosted_zone: the hosted zone's ID.
        domain: the DNS name of the records, in that zone.
        load_balancer_dns: the load balancer's DNS name.
        load_balancer_zone: the ID of AWS's hosted zone with the load balancer's DNS name.
    """

    hosted_zone: pulumi.Input[str]
    domain: pulumi.Input[str]
    load_balancer_dns: pulumi.Input[str]
    load_balancer_zone: pulumi.Input[str]


class Dns(pulumi.ComponentResource):
    """Alias records from the domain to the load balancer.

    The load balancer has no IPv6 address today. The AAAA record answers clients that ask for it first, with no address.

    Creates: two aws.route53.Record, of types A and AAAA.
    """

    def __init__(self, name: str, args: DnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Dns", name, {}, opts)
        for type_ in ("A", "AAAA"):
            aws.route53.Record(
                f"{name}-{type_.lower()}",
                zone_id=args.hosted_zone,
                name=args.domain,
                type=type_,
                aliases=[
                    {
                        "name": args.load_balancer_dns,
                        "zone_id": args.load_balancer_zone,
                        # There is no other load balancer to fail over to.
                        "evaluate_target_health": False,
                    }
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
