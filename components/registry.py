"""The registry, composed of its parts in the order in which data flows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from .access import Access, AccessArgs
from .alarm_table import collection_alarms, patching_alarm, replication_alarm, retention_alarms, token_alarms
from .alarms import Alarm
from .args import AccessRule, ExistingNetwork, PrivateRegistryArgs, RetentionRule
from .bootstrap import Bootstrap, BootstrapArgs
from .capacity import Capacity, CapacityArgs
from .certificate import Certificate, CertificateArgs
from .changes import checked_changes, recorded
from .checks.arguments import registry_problems
from .checks.image import image_warning
from .checks.monitoring import subscription_warning
from .checks.names import name_type_problems
from .checks.types import type_problems
from .credentials import Credentials, CredentialsArgs
from .dns import Dns, DnsArgs
from .endpoint_policies import EndpointPolicies, EndpointPoliciesArgs
from .endpoints import Endpoints, EndpointsArgs
from .garbage_collection import GarbageCollection, GarbageCollectionArgs
from .late_checks import checked_later, without_coroutines
from .load_balancer import LoadBalancer, LoadBalancerArgs
from .lookups import location_problems, look_up, lookup_problems
from .monitoring import Monitoring, MonitoringArgs
from .network import Network, NetworkArgs
from .patching import Patching, PatchingArgs
from .problems import InvalidInput, registry_name
from .pure import policies
from .pure.instance_size import vcpus
from .pure.location import Location
from .registry_outputs import RegistryOutputs
from .replica_bucket import ReplicaBucket, ReplicaBucketArgs
from .retention import Retention, RetentionArgs
from .scaling import Scaling, ScalingArgs
from .security_groups import SecurityGroups, SecurityGroupsArgs
from .service import Service, ServiceArgs
from .storage import PrivateBucket, PrivateBucketArgs
from .web_acl import WebAcl, WebAclArgs


@dataclass(frozen=True, kw_only=True)
class _Network:
    """The network of the registry, created for it or not.

    Attributes:
        vpc: the VPC and its subnets.
        internal_subnet_ids: the IDs of the subnets for an internal load balancer.
        endpoints: the VPC endpoints that were created for the registry, by service.
        zones: the Availability Zones of a new VPC.
        created_first: what the instances need to boot, besides what the IDs of their subnets depend on.
    """

    vpc: ExistingNetwork
    internal_subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    endpoints: Mapping[str, aws.ec2.VpcEndpoint] = field(default_factory=dict[str, aws.ec2.VpcEndpoint])
    zones: pulumi.Output[Sequence[str]] | None = None
    created_first: Sequence[pulumi.Resource] = ()


class PrivateRegistry(RegistryOutputs, pulumi.ComponentResource):
    """A private Docker registry: the official registry image on ECS, behind a load balancer with TLS, images in S3.

    Creates: PrivateBucket (logs, images), ReplicaBucket (with `args.replica_region`), Network (unless `args.network`
    is given), Endpoints (in an existing network with `s3_route_table_ids`), SecurityGroups, Certificate, Credentials,
    Bootstrap, LoadBalancer, WebAcl (with `args.rate_limit`), Access (with `args.access`), Capacity, Service, Scaling
    (with `args.max_count`), Patching (with `args.patch_schedule`), GarbageCollection (with `args.garbage_collection`),
    Retention (with `args.retention`), EndpointPolicies (isolated), Dns (with a hosted zone), Monitoring (with
    `args.monitoring`).

    Args:
        name: the prefix of all resource names: 1 to 20 lowercase letters, digits and hyphens. `checks.names` lists the
            names that AWS reserves.
        args: see `PrivateRegistryArgs`. Default: all defaults.
        opts: the component's resource options. Its AWS provider sets the region and the account.

    Attributes: see `RegistryOutputs`.

    Raises:
        InvalidInput: the name or the arguments cannot be used. The error lists all problems: first those of types, then
            those of values. An Output raises the same error when its value is known. For a change that AWS refuses (see
            `changes`), the engine shows it in the preview.
    """

    def __init__(
        self, name: str, args: PrivateRegistryArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        registry_name.set(name)
        args = without_coroutines(args or PrivateRegistryArgs())
        if misfits := [*name_type_problems(name), *type_problems(args)]:
            raise InvalidInput(misfits)
        super().__init__(
            "private-registry:index:PrivateRegistry",
            name,
            recorded(args),
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(hooks=checked_changes(self, name))),
        )
        self._prefix = name
        self._child = pulumi.ResourceOptions(parent=self)
        found = look_up(self, args)
        if problems := [*lookup_problems(args, found), *registry_problems(name, args, found.region)]:
            raise InvalidInput(problems)
        self._args = args = checked_later(args, found.region)
        self._location, self._zones = Location(region=found.region), found.zones
        self._account_id = pulumi.Output.from_input(found.account_id)
        for warning in (image_warning(args), subscription_warning(args)):
            if warning is not None:
                pulumi.log.warn(warning, self)
        self._internal = args.internal or args.isolated
        self._vcpus = vcpus(args.instance_type) or 0  # with `max_count`, it is known

        logs = self._logs()
        images = self._images(logs)
        replica = None if args.replica_region is None else self._replica(images, args.replica_region)
        network = self._network(logs)
        groups = self._security_groups(network)
        certificate = self._certificate()
        credentials = self._credentials()
        bootstrap = self._bootstrap(credentials, logs)
        load_balancer = self._load_balancer(network, groups, certificate, logs)
        if args.rate_limit:
            self._web_acl(load_balancer)
        access = None if args.access is None else self._access(args.access, credentials, bootstrap, load_balancer, logs)
        capacity = self._capacity(network, groups, bootstrap)
        service = self._service(images, replica, capacity, load_balancer, access)
        if args.max_count:
            self._scaling(capacity, service, load_balancer)
        more_alarms = token_alarms(access.function_name) if access else []
        if replica:
            more_alarms.append(replication_alarm(images.bucket, replica.bucket))
        if args.patch_schedule is not None:
            more_alarms.append(patching_alarm(self._patching(args.patch_schedule, capacity).schedule_group))
        self.garbage_collection_arn = collection_log = None
        if args.garbage_collection is not None:
            collection = self._garbage_collection(args.garbage_collection, images, capacity, service, load_balancer)
            self.garbage_collection_arn = collection.state_machine_arn
            collection_log = collection.log_group_name
            more_alarms += collection_alarms(
                collection.schedule_group, collection.state_machine_arn, collection.watcher_arn
            )
        self.retention_function_name = None
        if args.retention is not None:
            retention = self._retention(args.retention, images, logs, bootstrap, service)
            self.retention_function_name = retention.function_name
            more_alarms += retention_alarms(retention.schedule_group, retention.function_name)
        if args.isolated:
            self._endpoint_policies(network, [images.arn, bootstrap.arn], capacity, service)
        if args.hosted_zone is not None and args.domain is not None:
            self._dns(args.hosted_zone, args.domain, load_balancer)
        self.alarm_topic_arn = None
        if args.monitoring:
            self.alarm_topic_arn = self._monitoring(
                images, certificate, load_balancer, capacity, service, access, collection_log, more_alarms
            ).alarm_topic_arn

        self.address = load_balancer.dns_name if args.domain is None else pulumi.Output.from_input(args.domain)
        self.accepts_pushes = args.upstream is None
        self.passwords = credentials.passwords
        self.ca_certificate, self.certificate_arn = certificate.ca_certificate, certificate.arn

        self.load_balancer_dns, self.load_balancer_zone_id = load_balancer.dns_name, load_balancer.zone_id
        self.load_balancer_arn, self.load_balancer_arn_suffix = load_balancer.arn, load_balancer.arn_suffix
        self.load_balancer_security_group_id = groups.load_balancer_id
        self.listener_arn = load_balancer.listener_arn
        self.target_group_arn = load_balancer.target_group_arn
        self.target_group_arn_suffix = load_balancer.target_group_arn_suffix

        self.cluster_name = capacity.cluster_name
        self.cluster_arn = pulumi.Output.all(capacity.cluster_arn, self._account_id).apply(self._located)
        self.service_name = service.service_name
        self.task_definition_family = service.task_definition_family
        self.task_definition_arn = service.task_definition_arn
        self.capacity_provider_name, self.auto_scaling_group_name = capacity.capacity_provider, capacity.group_name
        self.instance_security_group_id = groups.instances_id
        self.log_group_name, self.log_group_arn = service.log_group_name, service.log_group_arn

        self.instance_role_name, self.instance_role_arn = capacity.role_name, capacity.role_arn
        self.task_role_name, self.task_role_arn = service.task_role.name, service.task_role.arn
        self.execution_role_name, self.execution_role_arn = service.execution_role.name, service.execution_role.arn

        self.bucket_name, self.bucket_arn = images.bucket, images.arn
        self.replica_bucket_name, self.replica_bucket_arn = (replica.bucket, replica.arn) if replica else (None, None)
        self.logs_bucket_name, self.logs_bucket_arn = logs.bucket, logs.arn
        self.bootstrap_bucket_name, self.bootstrap_bucket_arn = bootstrap.bucket, bootstrap.arn

        self.network, self.availability_zone_names = network.vpc, network.zones
        self.register_outputs(self.by_key())

    def _located(self, known: list[str]) -> str:
        cluster_arn, account_id = known
        if problems := [*location_problems(cluster_arn, self._location.region, account_id)]:
            raise InvalidInput(problems)
        return cluster_arn

    def _logs(self) -> PrivateBucket:
        args = self._args

        def log_delivery(bucket_arn: str, account_id: str) -> list[policies.Statement]:
            flow_logs = policies.flow_log_delivery(bucket_arn, self._location, account_id) if args.flow_logs else []
            return [*policies.log_delivery(bucket_arn, account_id), *flow_logs]

        return PrivateBucket(
            f"{self._prefix}-logs",
            PrivateBucketArgs(
                keep=not args.force_destroy,
                expire_after_days=args.log_retention_days,
                more_statements=lambda arn: self._account_id.apply(lambda account_id: log_delivery(arn, account_id)),
                tags=args.tags,
            ),
            opts=self._child,
        )

    def _images(self, logs: PrivateBucket) -> PrivateBucket:
        args = self._args
        return PrivateBucket(
            f"{self._prefix}-images",
            PrivateBucketArgs(
                existing=args.images_bucket,
                keep=not args.force_destroy,
                access_log_bucket=logs.bucket,
                more_statements=self._presigned_reads,
                tags=args.tags,
            ),
            opts=self._child,
        )

    def _replica(self, images: PrivateBucket, region: str) -> ReplicaBucket:
        args = self._args
        return ReplicaBucket(
            self._prefix,
            ReplicaBucketArgs(
                region=region,
                images_bucket=images.bucket,
                images_arn=images.arn,
                keep=not args.force_destroy,
                # A registry that serves the replica bucket declares the same policy.
                more_statements=self._presigned_reads,
                tags=args.tags,
            ),
            opts=self._child,
        )

    def _presigned_reads(self, bucket_arn: str) -> pulumi.Output[list[policies.Statement]]:
        # An internal registry's clients have private addresses, and may reach S3 from any other.
        clients: pulumi.Output[Any] = pulumi.Output.from_input(None if self._internal else self._args.allowed_cidrs)
        return clients.apply(lambda cidrs: policies.presigned_reads(bucket_arn, cidrs))

    def _network(self, logs: PrivateBucket) -> _Network:
        args = self._args
        if args.network is None:
            created = Network(
                self._prefix,
                NetworkArgs(
                    location=self._location,
                    cidr=args.vpc_cidr,
                    zones=self._zones,
                    zone_count=args.availability_zones if args.availability_zone_names is None else None,
                    nat_gateways=args.nat_gateways,
                    isolated=args.isolated,
                    flow_log_bucket_arn=logs.arn if args.flow_logs else None,
                    tags=args.tags,
                ),
                opts=self._child,
            )
            return _Network(
                vpc=created.as_existing,
                internal_subnet_ids=created.internal_subnet_ids,
                endpoints=created.endpoints,
                zones=created.zones,
            )
        created_first: list[pulumi.Resource] = []
        if args.network.s3_route_table_ids:  # an Output is true, whatever its value
            endpoints = Endpoints(
                self._prefix,
                EndpointsArgs(
                    location=self._location,
                    vpc_id=args.network.vpc_id,
                    route_table_ids=args.network.s3_route_table_ids,
                    tags=args.tags,
                ),
                opts=self._child,
            )
            created_first.append(endpoints)
        return _Network(
            vpc=args.network, internal_subnet_ids=args.network.private_subnet_ids, created_first=created_first
        )

    def _security_groups(self, network: _Network) -> SecurityGroups:
        args = self._args
        return SecurityGroups(
            self._prefix,
            SecurityGroupsArgs(vpc_id=network.vpc.vpc_id, allowed_cidrs=args.allowed_cidrs, tags=args.tags),
            opts=self._child,
        )

    def _certificate(self) -> Certificate:
        args = self._args
        return Certificate(
            f"{self._prefix}-certificate",
            CertificateArgs(
                location=self._location,
                domain=args.domain,
                certificate=args.certificate,
                certificate_chain=args.certificate_chain,
                private_key=args.private_key,
                certificate_arn=args.certificate_arn,
                hosted_zone=args.hosted_zone,
                tags=args.tags,
            ),
            opts=self._child,
        )

    def _credentials(self) -> Credentials:
        return Credentials(
            f"{self._prefix}-user",
            CredentialsArgs(
                users=self._args.users, htpasswd=self._args.htpasswd, token_service=self._args.access is not None
            ),
            opts=self._child,
        )

    def _bootstrap(self, credentials: Credentials, logs: PrivateBucket) -> Bootstrap:
        return Bootstrap(
            f"{self._prefix}-bootstrap",
            BootstrapArgs(htpasswd=credentials.htpasswd, access_log_bucket=logs.bucket, tags=self._args.tags),
            opts=self._child,
        )

    def _load_balancer(
        self, network: _Network, groups: SecurityGroups, certificate: Certificate, logs: PrivateBucket
    ) -> LoadBalancer:
        return LoadBalancer(
            self._prefix,
            LoadBalancerArgs(
                vpc_id=network.vpc.vpc_id,
                subnet_ids=network.internal_subnet_ids if self._internal else network.vpc.public_subnet_ids,
                internal=self._internal,
                certificate_arn=certificate.arn,
                security_group_id=groups.load_balancer_id,
                access_log_bucket=logs.bucket,
                deletion_protection=self._args.deletion_protection,
                scaled=self._args.max_count > 0,
                tags=self._args.tags,
            ),
            opts=self._child,
        )

    def _web_acl(self, load_balancer: LoadBalancer) -> None:
        args = self._args
        WebAcl(
            self._prefix,
            WebAclArgs(load_balancer_arn=load_balancer.arn, rate_limit=args.rate_limit, tags=args.tags),
            opts=self._child,
        )

    def _access(
        self,
        rules: Sequence[AccessRule],
        credentials: Credentials,
        bootstrap: Bootstrap,
        load_balancer: LoadBalancer,
        logs: PrivateBucket,
    ) -> Access:
        args = self._args
        return Access(
            self._prefix,
            AccessArgs(
                location=self._location,
                account_id=self._account_id,
                registry=load_balancer.dns_name if args.domain is None else args.domain,
                rules=rules,
                users=credentials.token_users or {},
                token_signer=args.token_signer,
                concurrency=args.token_concurrency,
                listener_arn=load_balancer.listener_arn,
                internal=self._internal,
                code_bucket=bootstrap.bucket,
                access_log_bucket=logs.bucket,
                log_retention_days=args.log_retention_days,
                tags=args.tags,
            ),
            opts=self._child,
        )

    def _capacity(self, network: _Network, groups: SecurityGroups, bootstrap: Bootstrap) -> Capacity:
        args, vpc = self._args, network.vpc
        return Capacity(
            self._prefix,
            CapacityArgs(
                location=self._location,
                instance_type=args.instance_type,
                ami_id=args.ami_id,
                min_size=args.min_size,
                max_size=args.max_size,
                desired_capacity=args.desired_capacity,
                container_insights=args.container_insights,
                group_metrics=args.monitoring,
                # A deployment needs an instance for each replica. In steps of two, it would take longer than the
                # provider waits for the service.
                scaling_step=max(2, args.max_count),
                vpc_id=vpc.vpc_id,
                subnet_ids=vpc.private_subnet_ids or vpc.public_subnet_ids,
                public_addresses=not vpc.private_subnet_ids,
                security_group_id=groups.instances_id,
                bootstrap_bucket=bootstrap.bucket,
                instance_policies={"bootstrap": bootstrap.arn.apply(policies.bootstrap_access)},
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=network.created_first),
        )

    def _service(
        self,
        images: PrivateBucket,
        replica: ReplicaBucket | None,
        capacity: Capacity,
        load_balancer: LoadBalancer,
        access: Access | None,
    ) -> Service:
        args = self._args
        return Service(
            self._prefix,
            ServiceArgs(
                location=self._location,
                image=args.image,
                desired_count=args.desired_count,
                scaled=args.max_count > 0,
                memory_limit=args.memory_limit,
                # A whole instance, so that more replicas get more instances and CPU utilization is that of the
                # instance. Without a reservation, seven replicas would share a t3.small, and ECS would divide the CPU
                # time by a number that is 0.
                cpu_reservation=1024 * self._vcpus if args.max_count else 0,
                images_bucket=replica.replicated_bucket if replica else images.bucket,
                redirects=args.clients_reach_s3 or not self._internal,
                deletes=args.deletes,
                tokens=access and access.tokens,
                upstream=args.upstream,
                upstream_username=args.upstream_username,
                upstream_password=args.upstream_password,
                cluster_name=capacity.cluster_name,
                cluster_arn=capacity.cluster_arn,
                capacity_provider=capacity.capacity_provider,
                target_group_arn=load_balancer.target_group_arn,
                task_policies={"images": images.arn.apply(policies.images_access)},
                execution_policies=policies.image_pull(args.image, self._location),
                log_retention_days=args.log_retention_days,
                tags=args.tags,
            ),
            opts=self._child,
        )

    def _scaling(self, capacity: Capacity, service: Service, load_balancer: LoadBalancer) -> None:
        args = self._args
        Scaling(
            self._prefix,
            ScalingArgs(
                cluster_name=capacity.cluster_name,
                service_name=service.service_name,
                min_count=args.desired_count,
                max_count=args.max_count,
                vcpus=self._vcpus,
                load_balancer_arn_suffix=load_balancer.arn_suffix,
                target_group_arn_suffix=load_balancer.target_group_arn_suffix,
                tags=args.tags,
            ),
            opts=self._child,
        )

    def _patching(self, schedule: str, capacity: Capacity) -> Patching:
        return Patching(
            f"{self._prefix}-patching",
            PatchingArgs(
                location=self._location,
                schedule=schedule,
                group_name=capacity.group_name,
                group_arn=capacity.group_arn,
                tags=self._args.tags,
            ),
            opts=self._child,
        )

    def _garbage_collection(
        self,
        schedule: str,
        images: PrivateBucket,
        capacity: Capacity,
        service: Service,
        load_balancer: LoadBalancer,
    ) -> GarbageCollection:
        args = self._args
        return GarbageCollection(
            f"{self._prefix}-collection",
            GarbageCollectionArgs(
                location=self._location,
                schedule=schedule,
                minutes=args.garbage_collection_minutes,
                dry_run=args.garbage_collection_dry_run,
                container=service.container,
                cluster_arn=capacity.cluster_arn,
                cluster_name=capacity.cluster_name,
                listener_arn=load_balancer.listener_arn,
                log_retention_days=args.log_retention_days,
                bucket_arn=images.arn,
                task_role_arn=service.task_role.arn,
                execution_role_arn=service.execution_role.arn,
                tags=args.tags,
            ),
            opts=self._child,
        )

    def _retention(
        self,
        rules: Sequence[RetentionRule],
        images: PrivateBucket,
        logs: PrivateBucket,
        bootstrap: Bootstrap,
        service: Service,
    ) -> Retention:
        args = self._args
        return Retention(
            f"{self._prefix}-retention",
            RetentionArgs(
                rules=rules,
                apply=args.retention_apply,
                schedule=args.retention_schedule,
                code_bucket=bootstrap.bucket,
                images_bucket=images.bucket,
                images_arn=images.arn,
                reports_bucket=logs.bucket,
                reports_arn=logs.arn,
                registry_log_name=service.log_group_name,
                registry_log_arn=service.log_group_arn,
                log_retention_days=args.log_retention_days,
                tags=args.tags,
            ),
            opts=self._child,
        )

    def _endpoint_policies(
        self, network: _Network, bucket_arns: Sequence[pulumi.Output[str]], capacity: Capacity, service: Service
    ) -> None:
        EndpointPolicies(
            f"{self._prefix}-endpoint",
            EndpointPoliciesArgs(
                location=self._location,
                endpoints=network.endpoints,
                role_arns=[capacity.role_arn, service.execution_role.arn, service.task_role.arn],
                bucket_arns=bucket_arns,
            ),
            opts=self._child,
        )

    def _dns(self, hosted_zone: pulumi.Input[str], domain: pulumi.Input[str], load_balancer: LoadBalancer) -> None:
        Dns(
            self._prefix,
            DnsArgs(
                hosted_zone=hosted_zone,
                domain=domain,
                load_balancer_dns=load_balancer.dns_name,
                load_balancer_zone=load_balancer.zone_id,
            ),
            opts=self._child,
        )

    def _monitoring(
        self,
        images: PrivateBucket,
        certificate: Certificate,
        load_balancer: LoadBalancer,
        capacity: Capacity,
        service: Service,
        access: Access | None,
        collection_log: pulumi.Output[str] | None,
        more_alarms: Sequence[Alarm],
    ) -> Monitoring:
        args = self._args
        return Monitoring(
            self._prefix,
            MonitoringArgs(
                location=self._location,
                account_id=self._account_id,
                alarm_email=args.alarm_email,
                alarm_topic_arn=args.alarm_topic_arn,
                runbook_url=args.runbook_url,
                load_balancer=load_balancer.arn_suffix,
                target_group=load_balancer.target_group_arn_suffix,
                cluster_name=capacity.cluster_name,
                cluster_arn=capacity.cluster_arn,
                service_name=service.service_name,
                auto_scaling_group_name=capacity.group_name,
                log_group_name=service.log_group_name,
                token_log_group_name=access and access.log_group_name,
                collection_log_group_name=collection_log,
                images_bucket=images.bucket,
                certificate_arn=certificate.arn,
                certificate_end=certificate.end,
                desired_count=args.desired_count,
                max_count=args.max_count,
                memory_limit=args.memory_limit,
                images_growth_limit=args.images_growth_limit,
                monthly_budget=args.monthly_budget,
                more_alarms=more_alarms,
                tags=args.tags,
            ),
            opts=self._child,
        )
