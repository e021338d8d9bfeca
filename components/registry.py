"""The whole registry, composed of its parts in the order in which data flows."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from .args import ExistingNetwork, PrivateRegistryArgs
from .bootstrap import Bootstrap, BootstrapArgs
from .capacity import Capacity, CapacityArgs, with_metadata_tokens
from .certificate import Certificate, CertificateArgs
from .changes import checked_changes, recorded
from .checks.arguments import registry_problems
from .credentials import Credentials, CredentialsArgs
from .dns import Dns, DnsArgs
from .endpoint_policies import EndpointPolicies, EndpointPoliciesArgs
from .endpoints import Endpoints, EndpointsArgs
from .load_balancer import LoadBalancer, LoadBalancerArgs
from .location import Location
from .network import Network, NetworkArgs
from .problems import InvalidInput
from .pure import policies
from .pure.image import registry_version
from .security_groups import SecurityGroups, SecurityGroupsArgs
from .service import Service, ServiceArgs
from .storage import PrivateBucket, PrivateBucketArgs


class PrivateRegistry(pulumi.ComponentResource):
    """A private Docker registry: registry:2 or :3 on ECS, behind a load balancer with TLS, images in S3.

    Makes: PrivateBucket (images, logs), Network (unless there is one), SecurityGroups, Certificate, Credentials,
    Bootstrap, LoadBalancer, Capacity, Service, Dns (with a hosted zone), Endpoints (in an existing network that asks
    for it), EndpointPolicies (isolated).

    Args:
        name: 1 to 20 lowercase letters, digits and hyphens; prefixes every resource name. `names` lists what AWS
            reserves.
        args: see `PrivateRegistryArgs`. Default: all defaults.
        opts: the usual ones; a provider given here decides region and account.

    Attributes:
        load_balancer_dns: the load balancer's own DNS name: what the domain's CNAME or alias record points to.
        address: the domain, or that name: what comes before the "/" in an image's name.
        bucket_name: the bucket with the images.
        cluster_name: the ECS cluster.
        service_name: the ECS service.
        ca_certificate: what clients must trust, PEM, if the certificate is self-signed, else None.
        passwords: the generated passwords by user name, a secret; None if none were generated.
        accepts_pushes: whether images can be pushed. A pull-through cache refuses them.
        network: the network that it stands in, for another registry to share.

    Raises:
        InvalidInput: the name or the arguments cannot be used; it lists all that is wrong. The engine shows the same
            error, in the preview, for a change that AWS refuses (see `changes`).
    """

    load_balancer_dns: pulumi.Output[str]
    address: pulumi.Output[str]
    bucket_name: pulumi.Output[str]
    cluster_name: pulumi.Output[str]
    service_name: pulumi.Output[str]
    ca_certificate: pulumi.Output[str] | None
    passwords: pulumi.Output[dict[str, str]] | None
    accepts_pushes: bool
    network: ExistingNetwork

    def __init__(
        self, name: str, args: PrivateRegistryArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or PrivateRegistryArgs()
        super().__init__(
            "private-registry:index:PrivateRegistry",
            name,
            recorded(args),
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(hooks=checked_changes(name))),
        )
        location = Location.of(self)
        if problems := registry_problems(name, args, location.region):
            raise InvalidInput(problems)
        child = pulumi.ResourceOptions(parent=self)
        version = registry_version(args.image)
        internal = args.internal or args.isolated

        logs = PrivateBucket(
            f"{name}-logs",
            PrivateBucketArgs(
                keep=not args.force_destroy,
                expire_after_days=args.log_retention_days,
                more_statements=lambda arn: [
                    *policies.log_delivery(arn, location),
                    *(policies.flow_log_delivery(arn, location) if args.flow_logs else ()),
                ],
                tags=args.tags,
            ),
            opts=child,
        )
        images = PrivateBucket(
            f"{name}-images",
            PrivateBucketArgs(keep=not args.force_destroy, access_log_bucket=logs.bucket, tags=args.tags),
            opts=child,
        )
        network, internal_subnet_ids, endpoints = _network(name, args, location, logs, child)
        groups = SecurityGroups(
            name,
            SecurityGroupsArgs(vpc_id=network.vpc_id, allowed_cidrs=args.allowed_cidrs, tags=args.tags),
            opts=child,
        )
        certificate = Certificate(
            f"{name}-certificate",
            CertificateArgs(
                location=location,
                domain=args.domain,
                certificate=args.certificate,
                certificate_chain=args.certificate_chain,
                private_key=args.private_key,
                certificate_arn=args.certificate_arn,
                hosted_zone=args.hosted_zone,
                tags=args.tags,
            ),
            opts=child,
        )
        credentials = Credentials(f"{name}-user", CredentialsArgs(users=args.users, htpasswd=args.htpasswd), opts=child)
        bootstrap = Bootstrap(
            f"{name}-bootstrap",
            BootstrapArgs(htpasswd=credentials.htpasswd, access_log_bucket=logs.bucket, tags=args.tags),
            opts=child,
        )
        balancer = LoadBalancer(
            name,
            LoadBalancerArgs(
                vpc_id=network.vpc_id,
                subnet_ids=internal_subnet_ids if internal else network.public_subnet_ids,
                internal=internal,
                certificate_arn=certificate.arn,
                security_group_id=groups.load_balancer_id,
                access_log_bucket=logs.bucket,
                deletion_protection=args.deletion_protection,
                tags=args.tags,
            ),
            opts=child,
        )
        # The S3 permission is with whoever the image can be: see RegistryVersion.
        images_access = {"images": images.arn.apply(policies.images_access)}
        capacity = Capacity(
            name,
            CapacityArgs(
                location=location,
                instance_type=args.instance_type,
                ami_id=args.ami_id,
                min_size=args.min_size,
                max_size=args.max_size,
                desired_capacity=args.desired_capacity,
                vpc_id=network.vpc_id,
                subnet_ids=network.private_subnet_ids or network.public_subnet_ids,
                public_addresses=not network.private_subnet_ids,
                security_group_id=groups.instances_id,
                bootstrap_bucket=bootstrap.bucket,
                metadata_tokens="required" if version.uses_task_role else "optional",
                instance_policies={
                    "bootstrap": bootstrap.arn.apply(policies.bootstrap_access),
                    **({} if version.uses_task_role else images_access),
                },
                tags=args.tags,
            ),
            opts=child,
        )
        service = Service(
            name,
            ServiceArgs(
                location=location,
                image=args.image,
                desired_count=args.desired_count,
                images_bucket=images.bucket,
                redirects=args.clients_reach_s3 or not internal,
                upstream=args.upstream,
                upstream_username=args.upstream_username,
                upstream_password=args.upstream_password,
                cluster_name=capacity.cluster_name,
                cluster_arn=capacity.cluster_arn,
                capacity_provider=capacity.capacity_provider,
                # Back from registry:3, tasks of registry:2 wait for instances that answer it; the others serve on.
                placement=None if version.uses_task_role else with_metadata_tokens("optional"),
                target_group_arn=balancer.target_group_arn,
                task_policies=images_access if version.uses_task_role else {},
                execution_policies=policies.image_pull(args.image, location),
                log_retention_days=args.log_retention_days,
                tags=args.tags,
            ),
            opts=child,
        )
        if args.isolated:
            EndpointPolicies(
                f"{name}-endpoint",
                EndpointPoliciesArgs(
                    location=location,
                    endpoints=endpoints,
                    role_arns=[capacity.role_arn, *service.role_arns],
                    bucket_arns=[images.arn, bootstrap.arn],
                ),
                opts=child,
            )
        if args.hosted_zone is not None and args.domain is not None:
            Dns(
                name,
                DnsArgs(
                    hosted_zone=args.hosted_zone,
                    domain=args.domain,
                    load_balancer_dns=balancer.dns_name,
                    load_balancer_zone=balancer.zone_id,
                ),
                opts=child,
            )
        self.load_balancer_dns = balancer.dns_name
        self.address = pulumi.Output.from_input(args.domain) if args.domain else balancer.dns_name
        self.bucket_name = images.bucket
        self.cluster_name = capacity.cluster_name
        self.service_name = service.service_name
        self.ca_certificate = certificate.ca_certificate
        self.passwords = credentials.passwords
        self.accepts_pushes = args.upstream is None
        self.network = network
        self.register_outputs({"address": self.address, "bucketName": self.bucket_name})


def _network(
    name: str, args: PrivateRegistryArgs, location: Location, logs: PrivateBucket, child: pulumi.ResourceOptions
) -> tuple[ExistingNetwork, Sequence[pulumi.Input[str]], Mapping[str, aws.ec2.VpcEndpoint]]:
    """A new network, or the one that is there; where an internal load balancer stands; the endpoints made in it."""
    if args.network is None:
        made = Network(
            name,
            NetworkArgs(
                location=location,
                cidr=args.vpc_cidr,
                availability_zones=args.availability_zones,
                nat_gateways=args.nat_gateways,
                isolated=args.isolated,
                flow_log_bucket_arn=logs.arn if args.flow_logs else None,
                tags=args.tags,
            ),
            opts=child,
        )
        return made.as_existing, made.internal_subnet_ids, made.endpoints
    if not args.network.s3_route_table_ids:
        return args.network, args.network.private_subnet_ids, {}
    to_s3 = Endpoints(
        name,
        EndpointsArgs(
            location=location,
            vpc_id=args.network.vpc_id,
            route_table_ids=args.network.s3_route_table_ids,
            tags=args.tags,
        ),
        opts=child,
    )
    return args.network, args.network.private_subnet_ids, to_s3.by_service
