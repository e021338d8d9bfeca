"""The CloudWatch dashboard of the registry."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .pure.dashboard import DashboardSettings, dashboard_body
from .pure.location import Location


@dataclass(frozen=True, kw_only=True)
class DashboardArgs:
    """Arguments of `Dashboard`.

    Attributes:
        location: the region.
        load_balancer_arn_suffix: the end of the load balancer's ARN, as CloudWatch's metrics have it.
        target_group_arn_suffix: the end of the target group's ARN, as CloudWatch's metrics have it.
        cluster_name: the ECS cluster's name. The dashboard gets the same name.
        service_name: the ECS service's name.
        auto_scaling_group_name: the Auto Scaling group's name.
        images_bucket: the name of the images bucket.
        log_group_name: the name of the registry's log group.
        alarm_arns: the ARNs of the alarms whose status the dashboard shows.
    """

    location: Location
    load_balancer_arn_suffix: pulumi.Input[str]
    target_group_arn_suffix: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    service_name: pulumi.Input[str]
    auto_scaling_group_name: pulumi.Input[str]
    images_bucket: pulumi.Input[str]
    log_group_name: pulumi.Input[str]
    alarm_arns: pulumi.Input[Sequence[str]]


class Dashboard(pulumi.ComponentResource):
    """A dashboard with alarms, requests, latency, errors, replicas, instances, S3, pushes and pulls.

    Creates: aws.s3.BucketMetric (S3 reports the requests to the images bucket), aws.cloudwatch.Dashboard.
    """

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Dashboard", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        requests = aws.s3.BucketMetric(f"{name}-images", bucket=args.images_bucket, opts=child)
        settings = pulumi.Output.all(
            load_balancer=args.load_balancer_arn_suffix,
            target_group=args.target_group_arn_suffix,
            cluster=args.cluster_name,
            service=args.service_name,
            auto_scaling_group=args.auto_scaling_group_name,
            images_bucket=args.images_bucket,
            images_filter=requests.name,
            log_group=args.log_group_name,
            alarms=args.alarm_arns,
        ).apply(lambda known: DashboardSettings(region=args.location.region, **known))
        aws.cloudwatch.Dashboard(
            f"{name}-dashboard",
            # Pulumi adds no random suffix to a dashboard's name, which is unique in the account. The cluster's has one.
            dashboard_name=args.cluster_name,
            dashboard_body=settings.apply(lambda known: json.dumps(dashboard_body(known))),
            opts=child,
        )
        self.register_outputs({})
