"""Problems with arguments: the option, what is wrong, what is allowed and an example."""

from dataclasses import replace
from typing import Any

import pytest

from components import ExistingNetwork, PrivateRegistryArgs
from components.checks.arguments import RETENTION_DAYS, problems
from components.problems import CONFIG, PYTHON, SCHEMA
from tests.unit.pems import issue

REGION = "us-west-2"
DEFAULTS = PrivateRegistryArgs()
DOMAIN = "registry.example.com"
SIZES = "min_size=2, desired_capacity=2, max_size=4"
ISSUED, OTHER = issue(DOMAIN), issue(DOMAIN)
IAM_ARN = "arn:aws:iam::123456789012:server-certificate/team/my-registry"
ACM_ARN = "arn:aws:acm:us-west-2:123456789012:certificate/1a2b3c4d-0000-1111-2222-333344445555"
ECR_IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:3"
SUBNETS = ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1")
NETWORK = ExistingNetwork(vpc_id="vpc-0123456789abcdef0", public_subnet_ids=SUBNETS, private_subnet_ids=SUBNETS)
HUB = "https://registry-1.docker.io"
ISOLATED = replace(DEFAULTS, isolated=True, image=ECR_IMAGE)
WITH_PEMS = replace(DEFAULTS, domain=DOMAIN, certificate=ISSUED.pem, private_key=ISSUED.key_pem)


def test_defaults_are_valid() -> None:
    assert problems(DEFAULTS, REGION) == []


@pytest.mark.parametrize(
    "args",
    [
        replace(DEFAULTS, min_size=1, desired_capacity=1, max_size=1, desired_count=1),
        *(replace(DEFAULTS, vpc_cidr=cidr) for cidr in ("10.0.0.0/16", "172.16.0.0/23", "192.168.254.0/23")),
        replace(DEFAULTS, availability_zones=6),
        *(replace(DEFAULTS, rate_limit=limit) for limit in (0, 10, 2_000_000_000)),
        replace(DEFAULTS, max_count=2, desired_count=2, max_size=4),
        replace(DEFAULTS, memory_limit=257),
        replace(DEFAULTS, patch_schedule="cron(0 3 ? * SUN *)"),
        *(replace(DEFAULTS, garbage_collection_minutes=minutes) for minutes in (15, 720)),
        replace(DEFAULTS, garbage_collection="cron(0 5 ? * SUN *)"),
        replace(DEFAULTS, availability_zone_names=["us-west-2c", "us-west-2a"]),
        replace(DEFAULTS, region="us-gov-west-1", account_id="123456789012"),
        replace(DEFAULTS, nat_gateways="single"),
        replace(DEFAULTS, nat_gateways="none"),
        replace(DEFAULTS, allowed_cidrs=["203.0.113.0/25", "203.0.113.128/25", "198.51.100.7/32"]),
        replace(DEFAULTS, log_retention_days=RETENTION_DAYS[-1]),
        replace(DEFAULTS, domain="a-b.example.co.uk", instance_type="m7g.large", ami_id="ami-0123456789abcdef0"),
        replace(DEFAULTS, tags={f"key-{number}": "x" * 256 for number in range(40)}),
        replace(DEFAULTS, users={"alice": "lantern orbit velvet canyon drum"}),
        replace(DEFAULTS, htpasswd=f"alice:$2y$10${'a' * 53}"),
        WITH_PEMS,
        replace(DEFAULTS, domain=DOMAIN, certificate_arn=IAM_ARN),
        replace(DEFAULTS, domain=DOMAIN, certificate_arn=ACM_ARN),
        replace(DEFAULTS, domain=DOMAIN, hosted_zone="Z0123456789ABCDEFGHIJ"),
        replace(DEFAULTS, upstream=HUB, upstream_username="alice", upstream_password="x", image="registry:3"),
        replace(DEFAULTS, upstream="http://mirror.example.com:5000"),
        replace(DEFAULTS, network=NETWORK),
        replace(DEFAULTS, network=replace(NETWORK, private_subnet_ids=())),
        replace(DEFAULTS, network=replace(NETWORK, public_subnet_ids=()), internal=True),
        replace(DEFAULTS, internal=True, clients_reach_s3=True),
        *(replace(DEFAULTS, images_bucket=name) for name in ("old", "my.images-1", "x" * 63)),
        replace(DEFAULTS, replica_region="us-east-2", image="registry:2.8.3"),
        replace(DEFAULTS, replica_region="eu-south-2", image="registry:3"),
        ISOLATED,
        replace(ISOLATED, internal=True, flow_logs=True, vpc_cidr="10.9.0.0/16"),
    ],
)
def test_values_at_the_limits_are_valid(args: PrivateRegistryArgs) -> None:
    assert problems(args, REGION) == []


@pytest.mark.parametrize(
    "args",
    [
        DEFAULTS,
        ISOLATED,
        replace(DEFAULTS, domain=DOMAIN, certificate_arn=ACM_ARN),
        replace(DEFAULTS, availability_zone_names=["eu-west-1a", "eu-west-1b"]),
    ],
)
def test_region_that_is_not_known_is_no_problem_of_other_options(args: PrivateRegistryArgs) -> None:
    assert problems(args, region="") == []


@pytest.mark.parametrize(
    ("args", "key", "found", "allowed", "example"),
    [
        (replace(DEFAULTS, domain="https://registry.example.com"), "domain", "https://", "full name", DOMAIN),
        (replace(DEFAULTS, domain="registry"), "domain", "'registry'", "full name", DOMAIN),
        (replace(DEFAULTS, domain="*.example.com"), "domain", "'*.", "without https://, port or wildcard", DOMAIN),
        (replace(DEFAULTS, domain="registry.example.com:443"), "domain", ":443", "port", DOMAIN),
        (replace(DEFAULTS, domain="-a.example.com"), "domain", "'-a.", "full name", DOMAIN),
        (replace(WITH_PEMS, domain=None), "domain", "is missing", "name that the certificate covers", DOMAIN),
        (replace(DEFAULTS, certificate_arn=IAM_ARN), "domain", "is missing", "certificate covers", DOMAIN),
        (replace(DEFAULTS, image="registry"), "image", "'registry'", "with a tag", "registry:3"),
        (replace(DEFAULTS, image="registry:latest"), "image", "tag latest", "major version", "registry:3"),
        (replace(DEFAULTS, image="registry:1.0"), "image", "tag 1.0", "major version", "registry:3"),
        *(
            (replace(DEFAULTS, availability_zone_names=names), "availability_zone_names", found, "2 to 6", "us-west-2a")
            for names, found in (
                (["us-west-2a"], "1 cannot be used"),
                (["us-west-2a", "us-west-2a"], "us-west-2a is named twice"),
                (["us-west-2a", "us-west-2-lax-1a"], "us-west-2-lax-1a: not an Availability Zone of us-west-2"),
                (["us-west-2a", "eu-west-1b"], "eu-west-1b: not an Availability Zone of us-west-2"),
                ([f"us-west-2{letter}" for letter in "abcdefg"], "7 cannot be used"),
            )
        ),
        (
            replace(DEFAULTS, availability_zone_names=["us-west-2a", "us-west-2b"], availability_zones=3),
            *("availability_zones", "is set", "only one", "leave out availability_zones"),
        ),
        (
            replace(DEFAULTS, network=NETWORK, availability_zone_names=["us-west-2a", "us-west-2b"]),
            *("availability_zone_names", "describes a new network", "only one", "leave out"),
        ),
        (replace(DEFAULTS, region="Oregon"), "region", "'Oregon'", "code of an AWS Region", "us-west-2"),
        (replace(DEFAULTS, account_id="1234"), "account_id", "'1234'", "12 digits", "123456789012"),
        (replace(DEFAULTS, users={}), "users", "no user", "at least one", "alice"),
        (
            replace(DEFAULTS, users={"a:b": "lantern orbit velvet canyon drum"}),
            "users",
            "'a:b'",
            'without ":"',
            "alice",
        ),
        (
            replace(DEFAULTS, users={"a": "x"}),
            "users",
            "shorter than 15",
            "20 random characters",
            "secrets.token_urlsafe",
        ),
        (replace(DEFAULTS, users={"a": "x" * 72}), "users", "easy to guess", "5 random words", "secrets.token_urlsafe"),
        (replace(DEFAULTS, users={"a": "x" * 73}), "users", "73 bytes", "72 bytes", "secrets.token_urlsafe"),
        (replace(DEFAULTS, htpasswd="a:$apr1$b$c"), "htpasswd", "line 1", "bcrypt", "htpasswd -nBC 5"),
        *(
            (replace(DEFAULTS, images_bucket=name), "images_bucket", name, "the name alone", "my-registry-images")
            for name in ("s3://images", "arn:aws:s3:::images", "Images", "x" * 64)
        ),
        (replace(DEFAULTS, replica_region="Ohio"), "replica_region", "'Ohio' is not a Region", "code of", "us-east-2"),
        (replace(DEFAULTS, replica_region=REGION), "replica_region", "own Region", "another Region", "us-east-2"),
        (
            replace(DEFAULTS, replica_region="cn-north-1"),
            *("replica_region", "another partition than us-west-2", "of the partition aws", "us-east-2"),
        ),
        (
            replace(DEFAULTS, replica_region="eu-south-2"),
            *("replica_region", "'registry:2' does not know eu-south-2", "version 3", "us-east-2"),
        ),
        (replace(DEFAULTS, certificate_arn="arn:aws:s3:::x", domain=DOMAIN), "certificate_arn", "s3", "IAM", "arn:"),
        (
            replace(DEFAULTS, certificate_arn=ACM_ARN.replace(REGION, "us-east-1"), domain=DOMAIN),
            *("certificate_arn", "us-east-1", f"ACM certificate in {REGION}", "arn:aws:iam:"),
        ),
        (
            replace(WITH_PEMS, certificate_arn=IAM_ARN),
            "certificate_arn",
            "together",
            "one of the two",
            "leave out certificate_arn",
        ),
        (
            replace(WITH_PEMS, private_key=None),
            "private_key",
            "another part",
            "together",
            "private_key=Path('key.pem')",
        ),
        (replace(WITH_PEMS, certificate=None), "certificate", "another part", "together", "certificate=Path("),
        (
            replace(DEFAULTS, certificate_chain=ISSUED.pem),
            *("certificate, private_key", "another part", "together", "private_key=Path('key.pem')"),
        ),
        (replace(WITH_PEMS, private_key=OTHER.key_pem), "private_key", "not the key", "was requested", "openssl"),
        (replace(WITH_PEMS, certificate_chain=OTHER.pem), "certificate_chain", "did not issue", "issuer", "cat "),
        (replace(WITH_PEMS, domain="other.example.com"), "certificate", "not cover", "alternative", "subjectAltName"),
        (replace(DEFAULTS, instance_type="small"), "instance_type", "'small'", "EC2 instance type", "t4g.small"),
        (replace(DEFAULTS, instance_type="mac2.metal"), "instance_type", "'mac2.metal'", "EC2", "t4g.small"),
        (replace(DEFAULTS, ami_id="ami-xyz"), "ami_id", "'ami-xyz'", "ECS-optimized", "ami-0123456789abcdef0"),
        (replace(DEFAULTS, min_size=0), "min_size", "`min_size` is 0", "1 <= `min_size`", SIZES),
        (replace(DEFAULTS, min_size=3), "min_size", "`min_size` is 3", "`min_size` <= `desired_capacity`", SIZES),
        (replace(DEFAULTS, max_size=1), "max_size", "`max_size` is 1", "`desired_capacity` <= `max_size`", SIZES),
        (replace(DEFAULTS, desired_capacity=5), "desired_capacity", "`desired_capacity` is 5", "<= `max_size`", SIZES),
        (replace(DEFAULTS, desired_count=0), "desired_count", "0 is too few", "1 or more", "2"),
        (replace(DEFAULTS, max_count=1), "max_count", "`desired_count` of 2", "or 0 for a fixed", "max_count=2"),
        (replace(DEFAULTS, max_count=-1), "max_count", "-1 is less than", "`desired_count` or more", "max_count=2"),
        (replace(DEFAULTS, max_count=3), "max_size", "`max_count` of 3", "6 or more", "max_size=6"),
        (
            replace(DEFAULTS, max_count=2, instance_type="m7g.metal"),
            *("instance_type", "'m7g.metal' does not tell", "nano to large", "t4g.small"),
        ),
        (replace(DEFAULTS, memory_limit=256), "memory_limit", "256 MiB is not more than", "`instance_type`", "1536"),
        (replace(DEFAULTS, rate_limit=9), "rate_limit", "9 is not a limit", "10 to 2000000000", "10000"),
        (replace(DEFAULTS, rate_limit=-1), "rate_limit", "-1 is not a limit", "0 for no limits", "10000"),
        (replace(DEFAULTS, rate_limit=2_000_000_001), "rate_limit", "is not a limit", "10 to", "10000"),
        (
            replace(DEFAULTS, patch_schedule="cron(60 3 ? * SUN *)"),
            "patch_schedule",
            "has no valid minute: 60",
            "at most once a day",
            "cron(0 3 ? * SUN *)",
        ),
        (
            replace(DEFAULTS, patch_schedule="cron(0 3 ? * SUN *)", ami_id="ami-0123456789abcdef0"),
            "patch_schedule",
            "`ami_id` pins the AMI",
            "set",
            "leave out patch_schedule",
        ),
        (
            replace(DEFAULTS, garbage_collection="cron(* 5 ? * SUN *)"),
            "garbage_collection",
            "may run more than once a day",
            "at most once a day",
            "cron(0 5 ? * SUN *)",
        ),
        (
            replace(DEFAULTS, garbage_collection="cron(0 5 ? * SUN *)", upstream="https://quay.io", image="registry:3"),
            "garbage_collection",
            "a pull-through cache writes when clients pull",
            "without `upstream`",
            "leave out garbage_collection",
        ),
        *(
            (
                replace(DEFAULTS, garbage_collection_minutes=minutes),
                "garbage_collection_minutes",
                f"{minutes} cannot be used",
                "15 to 720 minutes",
                "60",
            )
            for minutes in (14, 721)
        ),
        (replace(DEFAULTS, vpc_cidr="ten"), "vpc_cidr", "'ten' is not a network", "/16 to /23", "10.0.0.0/16"),
        (replace(DEFAULTS, vpc_cidr="10.0.0.1/16"), "vpc_cidr", "has host bits", "/16 to /23", "10.0.0.0/16"),
        (replace(DEFAULTS, vpc_cidr="10.0.0.0/24"), "vpc_cidr", "too small", "/16 to /23", "10.0.0.0/16"),
        (replace(DEFAULTS, vpc_cidr="10.0.0.0/15"), "vpc_cidr", "too large", "/16 to /23", "10.0.0.0/16"),
        (replace(DEFAULTS, vpc_cidr="8.8.0.0/16"), "vpc_cidr", "is not private", "a private IPv4", "10.0.0.0/16"),
        (replace(DEFAULTS, vpc_cidr="172.17.0.0/16"), "vpc_cidr", "overlaps", "172.17.0.0/16", "10.0.0.0/16"),
        (replace(DEFAULTS, availability_zones=1), "availability_zones", "1 cannot", "2 to 6", "2"),
        (replace(DEFAULTS, availability_zones=7), "availability_zones", "7 cannot", "2 to 6", "2"),
        (replace(DEFAULTS, allowed_cidrs=[]), "allowed_cidrs", "is empty", "IPv4 ranges", "203.0.113.0/24"),
        *(
            (replace(DEFAULTS, allowed_cidrs=[cidr]), "allowed_cidrs", f"{cidr!r} is not in the form", "IPv4", "/24")
            for cidr in ("198.51.100.7", "203.0.113.0/255.255.255.0")
        ),
        (
            replace(DEFAULTS, allowed_cidrs=[f"10.0.{number}.0/24" for number in range(101)]),
            *("allowed_cidrs", "has 101 ranges", "1 to 100", "203.0.113.0/24"),
        ),
        (replace(DEFAULTS, allowed_cidrs=["::/0"]), "allowed_cidrs", "'::/0'", "IPv4 ranges", "203.0.113.0/24"),
        (
            replace(DEFAULTS, allowed_cidrs=["10.0.0.0/8", "10.1.0.0/16"]),
            *("allowed_cidrs", "'10.1.0.0/16' overlaps 10.0.0.0/8", "do not overlap", "203.0.113.0/24"),
        ),
        (replace(DEFAULTS, hosted_zone="Z123"), "domain", "a hosted zone is set", "name in that zone", DOMAIN),
        (
            replace(DEFAULTS, domain=DOMAIN, hosted_zone="example.com"),
            *("hosted_zone", "'example.com'", "without /hostedzone/", "Z0123456789"),
        ),
        (replace(DEFAULTS, upstream="registry-1.docker.io"), "upstream", "'registry-1", "https://HOST", HUB),
        (
            replace(DEFAULTS, upstream="https://alice:pass@word@hub.example.com"),  # pragma: allowlist secret
            *("upstream", "'https://(a login)@hub.example.com' is not", "without a path or a login", HUB),
        ),
        (replace(DEFAULTS, upstream=f"{HUB}/library"), "upstream", "/library'", "without a path", HUB),
        (
            replace(DEFAULTS, upstream_username="alice", upstream_password="x", image="registry:3"),
            *("upstream", "is missing, but a login", "to cache", HUB),
        ),
        (
            replace(DEFAULTS, upstream=HUB, upstream_username="alice", image="registry:3"),
            *("upstream_password", "other half of the login", "together", "PASSWORD"),
        ),
        (
            replace(DEFAULTS, upstream=HUB, upstream_password="x", image="registry:3"),
            *("upstream_username", "other half of the login", "together", "alice"),
        ),
        (
            replace(
                DEFAULTS, upstream="http://mirror", upstream_username="alice", upstream_password="x", image="registry:3"
            ),
            *("upstream", "'http://mirror' would receive the password in clear text", "https://", HUB),
        ),
        *(
            (
                replace(DEFAULTS, network=NETWORK, **changed),
                key,
                "describes a new network",
                "one of the two",
                f"leave out {key}",
            )
            for key, changed in {
                "vpc_cidr": {"vpc_cidr": "10.9.0.0/16"},
                "availability_zones": {"availability_zones": 3},
                "nat_gateways": {"nat_gateways": "none"},
                "flow_logs": {"flow_logs": True},
            }.items()
        ),
        (
            replace(ISOLATED, network=NETWORK),
            *("isolated", "describes a new network", "one of the two", "leave out isolated"),
        ),
        (
            replace(DEFAULTS, network=replace(NETWORK, public_subnet_ids=SUBNETS[:1])),
            *("network.public_subnet_ids", "1 are too few", "two Availability Zones", "subnet-"),
        ),
        (
            replace(DEFAULTS, network=replace(NETWORK, private_subnet_ids=SUBNETS[:1])),
            *("network.private_subnet_ids", "1 are too few", "two Availability Zones", "subnet-"),
        ),
        (
            replace(DEFAULTS, network=replace(NETWORK, private_subnet_ids=()), internal=True),
            *("network.private_subnet_ids", "0 are too few", "two Availability Zones", "subnet-"),
        ),
        (replace(ISOLATED, image="registry:3"), "image", "cannot be pulled", f"ECR in {REGION}", ".dkr.ecr."),
        (
            replace(ISOLATED, image=ECR_IMAGE.replace(REGION, "us-east-1")),
            *("image", "cannot be pulled", f"ECR in {REGION}", f".dkr.ecr.{REGION}."),
        ),
        (replace(ISOLATED, upstream=HUB), "upstream", "cannot be reached", "NAT gateways", "leave out isolated"),
        (
            replace(ISOLATED, nat_gateways="single"),
            "nat_gateways",
            "isolated",
            "one of the two",
            "leave out nat_gateways",
        ),
        (
            replace(DEFAULTS, internal=True, nat_gateways="none"),
            *("nat_gateways", "public addresses", "perZone or single", "perZone"),
        ),
        (replace(DEFAULTS, log_retention_days=31), "log_retention_days", "31", "1, 3, 5, 7, 14, 30", "30"),
        (replace(DEFAULTS, tags={"aws:x": "y"}), "tags", "'aws:x'", "do not begin with aws:", "team"),
        (replace(DEFAULTS, tags={"": "y"}), "tags", "''", "1 to 128 characters", "team"),
        (replace(DEFAULTS, tags={"x": "y" * 257}), "tags", "'x'", "at most 256", "team"),
        (replace(DEFAULTS, tags={str(n): "" for n in range(41)}), "tags", "41 tags", "at most 40", "team"),
    ],
)
def test_invalid_value_is_one_problem(
    args: PrivateRegistryArgs, key: str, found: str, allowed: str, example: str
) -> None:
    (problem,) = problems(args, REGION)
    heading, second, third = problem.render(PYTHON).splitlines()
    assert key in problem.key
    assert found in heading
    assert allowed in second
    assert example in third
    assert "pulumi config" not in problem.render(PYTHON) + problem.render(SCHEMA)
    assert problem.render(CONFIG).startswith("registry:")


def test_unknown_nat_gateways_are_refused() -> None:
    untyped: dict[str, Any] = {"nat_gateways": "two"}
    args = PrivateRegistryArgs(**untyped)
    (problem,) = problems(args, REGION)
    assert (problem.key, problem.found) == ("nat_gateways", "'two' is unknown")
    assert problem.allowed == "perZone, single, none"


def test_users_and_htpasswd_together_are_refused() -> None:
    args = replace(DEFAULTS, users={"alice": "lantern orbit velvet canyon drum"}, htpasswd=f"alice:$2y$10${'a' * 53}")
    (problem,) = problems(args, REGION)
    assert (problem.key, problem.found) == ("users", "is set together with `htpasswd`")


@pytest.mark.parametrize("region", ["eu-south-2", "eu-north-1", "ap-east-1"])
def test_registry_2_is_refused_in_a_region_that_it_does_not_know(region: str) -> None:
    (problem,) = problems(replace(DEFAULTS, image="registry:2.8.3"), region)
    assert region in problem.found
    assert problem.key == "image"
    assert "image='registry:3'" in problem.render(PYTHON)
    assert problems(replace(DEFAULTS, image="registry:3"), region) == []


@pytest.mark.parametrize(
    ("region", "example"), [("us-east-2", "us-west-2"), ("cn-north-1", "cn-northwest-1"), ("", "us-east-2")]
)
def test_example_of_a_replica_is_another_region_of_the_partition(region: str, example: str) -> None:
    (problem,) = problems(replace(DEFAULTS, replica_region="nowhere"), region)
    assert problem.render(PYTHON).endswith(f"example: replica_region={example!r}")


def test_all_problems_are_found_at_once() -> None:
    args = replace(
        DEFAULTS, domain="x", image="registry", min_size=0, vpc_cidr="x", availability_zones=1, tags={"": ""}
    )
    keys = [problem.key for problem in problems(args, REGION)]
    assert keys == ["domain", "image", "min_size, desired_capacity, max_size", "vpc_cidr", "availability_zones", "tags"]


def test_isolated_network_is_refused_in_china() -> None:
    image = ECR_IMAGE.replace("us-west-2.amazonaws.com", "cn-north-1.amazonaws.com.cn")
    (problem,) = problems(replace(ISOLATED, image=image), "cn-north-1")
    assert problem.key == "isolated"
    assert "leave out isolated, network=" in problem.render(PYTHON)


def test_load_balancer_needs_public_subnets_unless_it_is_internal() -> None:
    bare = replace(DEFAULTS, network=ExistingNetwork(vpc_id="vpc-0123456789abcdef0"))
    assert [problem.key for problem in problems(bare, REGION)] == ["network.public_subnet_ids"]
    internal = replace(bare, internal=True)
    assert [problem.key for problem in problems(internal, REGION)] == ["network.private_subnet_ids"]
