"""Checks of a registry's name and arguments before any resource is declared."""

import re
from collections.abc import Iterator

from ..args import PrivateRegistryArgs
from ..problems import Problem
from ..pure.architecture import INSTANCE_TYPE
from ..pure.container import MEMORY_RESERVATION
from ..pure.instance_size import vcpus
from ..pure.location import REGION
from .access import access_problems
from .certificate import certificate_problems
from .collection import collection_problems
from .image import has_upstream_login, image_problems
from .monitoring import monitoring_problems
from .names import name_problems
from .network import network_problems
from .patching import patching_problems
from .replica import replica_problems
from .retention import retention_problems
from .users import users_problems

_UPSTREAM = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?")
# S3 User Guide, "General purpose bucket naming rules".
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_AMI_ID = re.compile(r"ami-[0-9a-f]{8,17}")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
# CloudWatch Logs API reference, PutRetentionPolicy.
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
# "RateBasedStatement" in the AWS WAFV2 API Reference.
RATE_LIMITS = range(10, 2_000_000_001)
_MAX_TAGS = 40  # AWS allows 50. Some are added here, and some by ECS.


def registry_problems(name: str, args: PrivateRegistryArgs, region: str) -> list[Problem]:
    """Find all problems with a registry without declaring it.

    This is for code that declares a registry on a caller's behalf, such as the plugin.

    Args:
        name: the component's name.
        args: the component's arguments.
        region: the AWS region, such as "us-west-2". Empty if it is not known: then problems with it are not found.
    """
    return [*name_problems(name), *problems(args, region)]


def problems(args: PrivateRegistryArgs, region: str) -> list[Problem]:
    """Find all problems with the arguments of a registry in a region such as "us-west-2"."""
    checks = (
        *(certificate_problems, image_problems, users_problems, _upstream, _instances, _sizes, _scaling, _memory),
        *(network_problems, _rate, _images_bucket, replica_problems, _retention, _tags),
        *(access_problems, patching_problems, collection_problems, retention_problems, monitoring_problems, _provider),
    )
    return [problem for check in checks for problem in check(args, region)]


def _upstream(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    has_login = has_upstream_login(args)
    if isinstance(args.upstream, str) and not _UPSTREAM.fullmatch(args.upstream):
        yield Problem(
            key="upstream",
            found=f"{_without_login(args.upstream)!r} is not the address of a registry",
            allowed="https://HOST or https://HOST:PORT, without a path or a login",
        )
    if args.upstream is None and has_login:
        yield Problem(
            key="upstream",
            found="is missing, but a login for it is set",
            allowed="the registry to cache",
        )
    if has_login and (args.upstream_username is None or args.upstream_password is None):
        yield Problem(
            key="upstream_username" if args.upstream_username is None else "upstream_password",
            found="is missing, but the other half of the login is set",
            allowed="`upstream_username` and `upstream_password` together",
        )
    if has_login and isinstance(args.upstream, str) and args.upstream.startswith("http://"):
        yield Problem(
            key="upstream",
            found=f"{args.upstream!r} would receive the password in clear text",
            allowed="https:// if there is a login",
        )


def _without_login(url: str) -> str:
    """Remove the login from a URL: it may contain a password."""
    return re.sub(r"//.*@", "//(a login)@", url)


def _instances(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if not INSTANCE_TYPE.fullmatch(args.instance_type) or args.instance_type.startswith("mac"):
        yield Problem(
            key="instance_type",
            found=f"{args.instance_type!r} is not an instance type that runs Linux",
            allowed="an EC2 instance type, x86_64 or arm64",
        )
    if isinstance(args.ami_id, str) and not _AMI_ID.fullmatch(args.ami_id):
        yield Problem(
            key="ami_id",
            found=f"{args.ami_id!r} is not the ID of an AMI",
            allowed="an ECS-optimized Amazon Linux 2023 AMI of the instance type's architecture",
        )


def _sizes(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    sizes = ("min_size", "desired_capacity", "max_size")
    if not 1 <= args.min_size <= args.desired_capacity <= args.max_size:
        yield Problem(
            key=", ".join(sizes),
            found=f"out of order: {', '.join(f'`{size}` is {getattr(args, size)}' for size in sizes)}",
            allowed="1 <= `min_size` <= `desired_capacity` <= `max_size`",
        )
    if args.desired_count < 1:
        yield Problem(key="desired_count", found=f"{args.desired_count} is too few", allowed="1 or more")


def _scaling(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if args.max_count == 0:
        return
    if args.max_count < args.desired_count:
        yield Problem(
            key="max_count",
            found=f"{args.max_count} is less than the `desired_count` of {args.desired_count}",
            allowed="`desired_count` or more, or 0 for a fixed number of replicas",
            example={"max_count": args.desired_count},
        )
    elif args.max_size < 2 * args.max_count:
        yield Problem(
            key="max_size",
            found=f"{args.max_size} is too few for a `max_count` of {args.max_count}, with a replica per instance",
            allowed=f"{2 * args.max_count} or more: in a deployment, new replicas start before the old ones stop",
            example={"max_size": 2 * args.max_count},
        )
    if vcpus(args.instance_type) is None:
        yield Problem(
            key="instance_type",
            found=f"the name {args.instance_type!r} does not tell the number of vCPUs, which `max_count` needs",
            allowed="a size from nano to large or a multiple of xlarge, of no hpc or m2 family",
        )


def _memory(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if args.memory_limit <= MEMORY_RESERVATION:
        yield Problem(
            key="memory_limit",
            found=f"{args.memory_limit} MiB is not more than the {MEMORY_RESERVATION} MiB that a replica reserves",
            allowed="more, and less than the memory of `instance_type`",
        )


def _rate(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if args.rate_limit and args.rate_limit not in RATE_LIMITS:
        yield Problem(
            key="rate_limit",
            found=f"{args.rate_limit} is not a limit of AWS WAF",
            allowed=f"{RATE_LIMITS[0]} to {RATE_LIMITS[-1]} requests in 5 minutes, or 0 for no limits",
        )


def _provider(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if args.region is not None and not REGION.fullmatch(args.region):
        yield Problem(key="region", found=f"{args.region!r} is not a Region", allowed="the code of an AWS Region")
    if isinstance(args.account_id, str) and not _ACCOUNT_ID.fullmatch(args.account_id):
        yield Problem(key="account_id", found=f"{args.account_id!r} is not an account ID", allowed="12 digits")


def _images_bucket(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if isinstance(args.images_bucket, str) and not _BUCKET_NAME.fullmatch(args.images_bucket):
        yield Problem(
            key="images_bucket",
            found=f"{args.images_bucket!r} is not the name of a bucket",
            allowed="the name alone, no URL and no ARN: 3 to 63 lowercase letters, digits, dots and hyphens",
        )


def _retention(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if args.log_retention_days not in RETENTION_DAYS:
        yield Problem(
            key="log_retention_days",
            found=f"{args.log_retention_days} is not a retention period of CloudWatch Logs",
            allowed=", ".join(map(str, RETENTION_DAYS)),
        )


def _tags(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    allowed = f"at most {_MAX_TAGS}; keys of 1 to 128 characters that do not begin with aws:, values of at most 256"
    long = {key for key, value in args.tags.items() if isinstance(value, str) and len(value) > 256}
    bad = [k for k in args.tags if not 1 <= len(k) <= 128 or k.lower().startswith("aws:") or k in long]
    if bad or len(args.tags) > _MAX_TAGS:
        found = f"cannot be used: {', '.join(map(repr, bad))}" if bad else f"{len(args.tags)} tags are too many"
        yield Problem(key="tags", found=found, allowed=allowed)
