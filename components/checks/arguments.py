"""What makes arguments unusable, found before anything is declared."""

import re
from collections.abc import Iterator

from ..args import PrivateRegistryArgs
from ..problems import Problem
from ..pure.architecture import INSTANCE_TYPE
from ..pure.htpasswd import htpasswd_problems, user_problems
from ..pure.image import registry_version
from .names import name_problems
from .network import network_problems
from .pem import pem_problems

_DOMAIN = re.compile(r"(?=.{1,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?!-)[a-z0-9-]{1,63}(?<!-)")
_CERTIFICATE_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:iam::\d{12}:server-certificate/[\w+=,.@/-]+|acm:(?P<region>[a-z0-9-]+):\d{12}:certificate/[\w-]+)"
)
_HOSTED_ZONE = re.compile(r"Z[0-9A-Z]{1,31}")
_UPSTREAM = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?")
# CloudWatch Logs knows these periods alone (API reference, PutRetentionPolicy).
RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
_MAX_TAGS = 40  # AWS takes 50; some are added here, and some by ECS


def registry_problems(name: str, args: PrivateRegistryArgs, region: str) -> list[Problem]:
    """All that keeps a registry from being declared; nothing is. For who declares it on behalf of somebody else.

    Args:
        name: the component's.
        region: such as "us-west-2".
    """
    return [*name_problems(name), *problems(args, region)]


def problems(args: PrivateRegistryArgs, region: str) -> list[Problem]:
    """All that is wrong with arguments, for a registry in a region such as "us-west-2". Keys are the fields' names."""
    checks = (
        *(_domain, _image, _users, _certificate, _upstream, _instances, _sizes),
        *(network_problems, _retention, _tags),
    )
    return [problem for check in checks for problem in check(args, region)]


def _domain(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if args.domain is not None and not _DOMAIN.fullmatch(args.domain):
        yield Problem(
            key="domain",
            found=f"{args.domain!r} is not a DNS name",
            allowed="a full name in small letters, without https://, port or wildcard",
            example="registry.example.com",
        )
    if args.domain is None and (args.certificate is not None or args.certificate_arn is not None):
        yield Problem(
            key="domain",
            found="is missing, and a certificate is given",
            allowed="the name that the certificate covers: it cannot cover the load balancer's own",
            example="registry.example.com",
        )
    if args.hosted_zone is not None and args.domain is None:
        yield Problem(
            key="domain",
            found="is missing, and a hosted zone is given",
            allowed="the name in that zone that leads to the registry",
            example="registry.example.com",
        )
    if isinstance(args.hosted_zone, str) and not _HOSTED_ZONE.fullmatch(args.hosted_zone):
        yield Problem(
            key="hosted_zone",
            found=f"{args.hosted_zone!r} is not a hosted zone's id",
            allowed="the id of the domain's public hosted zone in Route 53, without /hostedzone/",
            example="Z0123456789ABCDEFGHIJ",
        )


def _image(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    try:
        version = registry_version(args.image)
    except ValueError as error:
        yield Problem(
            key="image",
            found=f"{args.image!r}: {error}",
            allowed="an official registry image, from any registry, with a tag of major version 2 or 3",
            example="registry:3",
        )
        return
    if version.regions is not None and region not in version.regions:
        yield Problem(
            key="image",
            found=f"{args.image!r} does not know the region {region} and would crash there",
            allowed=f"registry:3, or one of the regions {', '.join(sorted(version.regions))}",
            example="registry:3",
        )


def _users(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if args.users is not None and args.htpasswd is not None:
        yield Problem(
            key="users", found="is given together with htpasswd", allowed="one of the two", example="leave htpasswd out"
        )
    if args.users is not None:
        yield from user_problems(args.users)
    if isinstance(args.htpasswd, str):
        yield from htpasswd_problems(args.htpasswd)


def _certificate(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    given = args.certificate is not None or args.private_key is not None or args.certificate_chain is not None
    if given and (args.certificate is None or args.private_key is None):
        lacking = [key for key in ("certificate", "private_key") if getattr(args, key) is None]
        yield Problem(
            key=" and ".join(lacking),
            found="missing: half a certificate is given",
            allowed="certificate and private_key together, with certificate_chain if there is one",
            example="pulumi config set --secret registry:privateKey < key.pem",
        )
    elif isinstance(args.certificate, str) and isinstance(args.private_key, str):
        chain = args.certificate_chain if isinstance(args.certificate_chain, str) else None
        yield from pem_problems(args.certificate, args.private_key, chain, domain=args.domain)
    if args.certificate_arn is None:
        return
    if given:
        yield Problem(
            key="certificate_arn",
            found="is given together with a certificate",
            allowed="one of the two",
            example="leave certificate_arn out",
        )
    named = _CERTIFICATE_ARN.fullmatch(args.certificate_arn)
    if not named or named["region"] not in (None, region):
        yield Problem(
            key="certificate_arn",
            found=f"{args.certificate_arn!r} is not the ARN of a certificate that a load balancer in {region} can use",
            allowed=f"an IAM server certificate, or an ACM certificate in {region}",
            example="arn:aws:iam::123456789012:server-certificate/my-registry",
        )


def _upstream(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    logs_in = args.upstream_username is not None or args.upstream_password is not None
    if args.upstream is not None and not _UPSTREAM.fullmatch(args.upstream):
        yield Problem(
            key="upstream",
            found=f"{_without_login(args.upstream)!r} is not a registry's address",
            allowed="https://HOST or https://HOST:PORT, without a path or a login",
            example="https://registry-1.docker.io",
        )
    if args.upstream is None and logs_in:
        yield Problem(
            key="upstream",
            found="is missing, and a login for it is given",
            allowed="the registry that this one is a cache of",
            example="https://registry-1.docker.io",
        )
    if logs_in and (args.upstream_username is None or args.upstream_password is None):
        lacking = "upstream_username" if args.upstream_username is None else "upstream_password"
        yield Problem(
            key=lacking,
            found="is missing: half a login is given",
            allowed="upstream_username and upstream_password together",
            example="pulumi config set --secret registry:upstreamPassword",
        )
    if logs_in and args.upstream is not None and args.upstream.startswith("http://"):
        yield Problem(
            key="upstream",
            found=f"{args.upstream!r} would be told a password in clear",
            allowed="https:// with a login",
            example="https://registry-1.docker.io",
        )


def _without_login(url: str) -> str:
    """Passwords get into addresses as well."""
    return re.sub(r"//.*@", "//(a login)@", url)


def _instances(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if not INSTANCE_TYPE.fullmatch(args.instance_type) or args.instance_type.startswith("mac"):
        yield Problem(
            key="instance_type",
            found=f"{args.instance_type!r} is not an instance type that runs Linux",
            allowed="an EC2 instance type, x86_64 or arm64",
            example="t4g.small",
        )
    if args.ami_id is not None and not re.fullmatch(r"ami-[0-9a-f]{8,17}", args.ami_id):
        yield Problem(
            key="ami_id",
            found=f"{args.ami_id!r} is not an AMI's id",
            allowed="an ECS-optimized Amazon Linux 2023 AMI of the instance type's architecture",
            example="ami-0123456789abcdef0",
        )


def _sizes(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    sizes = f"min_size {args.min_size}, desired_capacity {args.desired_capacity}, max_size {args.max_size}"
    if not 1 <= args.min_size <= args.desired_capacity <= args.max_size:
        yield Problem(
            key="min_size, desired_capacity, max_size",
            found=f"out of order: {sizes}",
            allowed="1 <= min_size <= desired_capacity <= max_size",
            example="2, 2, 4",
        )
    if args.desired_count < 1:
        yield Problem(key="desired_count", found=f"{args.desired_count} is too few", allowed="1 or more", example="2")


def _retention(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if args.log_retention_days not in RETENTION_DAYS:
        yield Problem(
            key="log_retention_days",
            found=f"{args.log_retention_days} is no period that CloudWatch Logs knows",
            allowed=", ".join(map(str, RETENTION_DAYS)),
            example="30",
        )


def _tags(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    allowed = f"at most {_MAX_TAGS}; keys of 1 to 128 characters that do not begin with aws:, values of at most 256"
    bad = [k for k, v in args.tags.items() if not 1 <= len(k) <= 128 or k.lower().startswith("aws:") or len(v) > 256]
    if bad or len(args.tags) > _MAX_TAGS:
        found = f"cannot be used: {', '.join(map(repr, bad))}" if bad else f"{len(args.tags)} tags are too many"
        yield Problem(key="tags", found=found, allowed=allowed, example='{"team": "platform"}')
