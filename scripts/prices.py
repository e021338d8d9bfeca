"""AWS's list prices in us-west-2, for docs/costs.md, which says where they come from."""

from dataclasses import dataclass
from decimal import Decimal

HOURS = 730  # of a month, as the AWS Pricing Calculator counts


@dataclass(frozen=True)
class Price:
    """A price.

    Attributes:
        what: what AWS bills.
        usd: US dollars per unit.
        unit: "hour" and "month" for what is billed as long as it exists; else what is counted.
        usage_type: its name in AWS's price list. Empty: the price list does not have it.
        page: the path of AWS's page with it, below https://aws.amazon.com.
        as_of: the day or the month of the price.
        note: what else is to be known. Default: nothing.
    """

    what: str
    usd: str
    unit: str
    usage_type: str
    page: str
    as_of: str
    note: str = ""

    @property
    def monthly(self) -> Decimal:
        """US dollars a month for one that exists all the time."""
        return Decimal(self.usd) * (HOURS if self.unit == "hour" else 1)


_CLOUDWATCH, _EC2, _S3, _VPC = "cloudwatch/pricing", "ec2/pricing/on-demand", "s3/pricing", "vpc/pricing"
_ELB, _WAF, _PRIVATELINK = "elasticloadbalancing/pricing", "waf/pricing", "privatelink/pricing"

FIXED = {
    "t3.small": Price("Instance, `t3.small`", "0.0208", "hour", "USW2-BoxUsage:t3.small", _EC2, "2026-09"),
    "t4g.small": Price("Instance, `t4g.small`", "0.0168", "hour", "USW2-BoxUsage:t4g.small", _EC2, "2026-07-31"),
    "gp3": Price("GB of root volume, gp3", "0.08", "month", "USW2-EBS:VolumeUsage.gp3", "ebs/pricing", "2026-09-19"),
    "address": Price("Public IPv4 address", "0.005", "hour", "USW2-PublicIPv4:InUseAddress", _VPC, "2026-09-19"),
    "load balancer": Price("Load balancer", "0.0225", "hour", "USW2-LoadBalancerUsage", _ELB, "2026-10-01"),
    "nat gateway": Price("NAT gateway", "0.045", "hour", "USW2-NatGateway-Hours", _VPC, "2026-10-01"),
    "endpoint": Price(
        "Interface endpoint in a zone", "0.01", "hour", "USW2-VpcEndpoint-Hours", _PRIVATELINK, "2026-10-06"
    ),
    "web acl": Price("Web ACL", "5.00", "month", "", _WAF, "2026"),
    "web acl rule": Price("Rule of a web ACL", "1.00", "month", "", _WAF, "2026"),
    "key": Price("KMS key", "1.00", "month", "us-west-2-KMS-Keys", "kms/pricing", "2026-09-19"),
    "alarm": Price(
        "Metric of an alarm", "0.10", "month", "USW2-CW:AlarmMonitorUsage", _CLOUDWATCH, "2026-09-19", "10 free"
    ),
    "metric": Price(
        "Custom metric", "0.30", "month", "USW2-CW:MetricMonitorUsage", _CLOUDWATCH, "2026-09-19", "10 free"
    ),
    "dashboard": Price("Dashboard", "3.00", "month", "", _CLOUDWATCH, "2026", "3 free, of up to 50 metrics"),
}

BY_USE = {
    "stored": Price("Images and logs in S3", "0.023", "GB-month", "USW2-TimedStorage-ByteHrs", _S3, "2026-09-19"),
    "writes": Price(
        "Requests to S3: PUT, POST, COPY, LIST", "0.005", "1,000 requests", "USW2-Requests-Tier1", _S3, "2026-09-19"
    ),
    "reads": Price("Requests to S3: GET, HEAD", "0.0004", "1,000 requests", "USW2-Requests-Tier2", _S3, "2026-09-19"),
    "replica stored": Price(
        "Images in the replica",
        "0.023",
        "GB-month",
        "USE2-TimedStorage-ByteHrs",
        _S3,
        "2026-09-20",
        "in US East (Ohio)",
    ),
    "replica writes": Price(
        "Copies to the replica",
        "0.005",
        "1,000 requests",
        "USE2-Requests-Tier1",
        _S3,
        "2026-09-19",
        "the price of us-west-2; none was found for US East (Ohio)",
    ),
    "internet": Price(
        "Data from S3 to the internet",
        "0.09",
        "GB",
        "USW2-DataTransfer-Out-Bytes",
        _S3,
        "2026-09-19",
        "100 GB free; less from 10 TB on",
    ),
    "region": Price(
        "Data from S3 to another Region",
        "0.02",
        "GB",
        "USW2-USE2-AWS-Out-Bytes",
        _S3,
        "2026-09-26",
        "to US East (Ohio); other Regions differ",
    ),
    "zones": Price(
        "Data between zones, each way", "0.01", "GB", "USW2-DataTransfer-Regional-Bytes", _EC2, "2026-09-19"
    ),
    "nat": Price("Data through a NAT gateway", "0.045", "GB", "USW2-NatGateway-Bytes", _VPC, "2026"),
    "endpoint data": Price(
        "Data through an interface endpoint", "0.01", "GB", "USW2-VpcEndpoint-Bytes", _PRIVATELINK, "2026-10-06"
    ),
    "lcu": Price("Load balancer capacity unit", "0.008", "unit-hour", "USW2-LCUUsage", _ELB, "2026"),
    "web requests": Price("Requests to a web ACL", "0.60", "million requests", "", _WAF, "2026"),
    "credits": Price(
        "T3 processor time above the baseline", "0.05", "vCPU-hour", "USW2-CPUCredits:t3", _EC2, "2026-09-19"
    ),
    "log": Price(
        "Log written to CloudWatch", "0.50", "GB", "USW2-DataProcessing-Bytes", _CLOUDWATCH, "2026-09-19", "5 GB free"
    ),
    "log stored": Price(
        "Log kept in CloudWatch", "0.03", "GB-month", "USW2-TimedStorage-ByteHrs", _CLOUDWATCH, "2026-09-19"
    ),
    "log queried": Price("Log read by a query", "0.005", "GB", "USW2-DataScanned-Bytes", _CLOUDWATCH, "2026"),
    "flow log": Price(
        "VPC flow log written to S3",
        "0.25",
        "GB",
        "USW2-S3-Egress-Bytes",
        _CLOUDWATCH,
        "undated",
        "found for us-east-1 only",
    ),
    "mails": Price("Mails of SNS", "2.00", "100,000 mails", "", "sns/pricing", "2026", "1,000 free"),
}
