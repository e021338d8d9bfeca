"""The domain's records in Route 53."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class DnsArgs:
    """Which name leads where.

    Attributes:
        hosted_zone: the id of the hosted zone.
        domain: the name, in that zone.
        load_balancer_dns: the load balancer's own name.
        load_balancer_zone: the id of the hosted zone that AWS keeps that name in.
    """

    hosted_zone: pulumi.Input[str]
    domain: str
    load_balancer_dns: pulumi.Input[str]
    load_balancer_zone: pulumi.Input[str]


class Dns(pulumi.ComponentResource):
    """Alias records, which follow the load balancer's addresses.

    Makes: two aws.route53.Record, A and AAAA. The load balancer has no IPv6 address today, to which the second then
    has no answer; it is there for whoever asks for it first.
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
                        # One load balancer has no other to fail over to.
                        "evaluate_target_health": False,
                    }
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
