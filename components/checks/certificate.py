"""Checks of the domain and its certificate."""

import re
from collections.abc import Iterator

from ..args import PrivateRegistryArgs
from ..problems import Problem
from .pem import pem_problems

_DOMAIN = re.compile(r"(?=.{1,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?!-)[a-z0-9-]{1,63}(?<!-)")
_CERTIFICATE_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:iam::\d{12}:server-certificate/[\w+=,.@/-]+|acm:(?P<region>[a-z0-9-]+):\d{12}:certificate/[\w-]+)"
)
_HOSTED_ZONE = re.compile(r"Z[0-9A-Z]{1,31}")


def certificate_problems(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    """Find the problems with the domain and its certificate, for a load balancer in a region."""
    yield from _domain(args)
    yield from _pems(args)
    yield from _arn(args, region)


def _domain(args: PrivateRegistryArgs) -> Iterator[Problem]:
    if isinstance(args.domain, str) and not _DOMAIN.fullmatch(args.domain):
        yield Problem(
            key="domain",
            found=f"{args.domain!r} is not a DNS name",
            allowed="a full name in lowercase, without https://, port or wildcard",
        )
    if args.domain is None and (args.certificate is not None or args.certificate_arn is not None):
        yield Problem(
            key="domain",
            found="is missing, but a certificate is set",
            allowed="the name that the certificate covers: it cannot cover the load balancer's own name",
        )
    if args.domain is None and args.hosted_zone is not None:
        yield Problem(
            key="domain",
            found="is missing, but a hosted zone is set",
            allowed="the registry's name in that zone",
        )
    if isinstance(args.hosted_zone, str) and not _HOSTED_ZONE.fullmatch(args.hosted_zone):
        yield Problem(
            key="hosted_zone",
            found=f"{args.hosted_zone!r} is not the ID of a hosted zone",
            allowed="the ID of the domain's public hosted zone in Route 53, without /hostedzone/",
        )


def _pems(args: PrivateRegistryArgs) -> Iterator[Problem]:
    if not _has_pems(args):
        return
    if args.certificate is None or args.private_key is None:
        missing = [key for key in ("certificate", "private_key") if getattr(args, key) is None]
        yield Problem(
            key=", ".join(missing),
            found="missing, but another part of the certificate is set",
            allowed="`certificate` and `private_key` together, with `certificate_chain` if there is one",
        )
    elif isinstance(args.certificate, str) and isinstance(args.private_key, str):
        chain = args.certificate_chain if isinstance(args.certificate_chain, str) else None
        domain = args.domain if isinstance(args.domain, str) else None
        yield from pem_problems(args.certificate, args.private_key, chain, domain=domain)


def _arn(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    if args.certificate_arn is None:
        return
    if _has_pems(args):
        yield Problem(
            key="certificate_arn",
            found="is set together with a certificate",
            allowed="only one of the two",
            example={"certificate_arn": None},
        )
    if not isinstance(args.certificate_arn, str):
        return
    arn = _CERTIFICATE_ARN.fullmatch(args.certificate_arn)
    # Without a region, it is not known in which one an ACM certificate must be.
    if not arn or (region and arn["region"] not in (None, region)):
        yield Problem(
            key="certificate_arn",
            found=f"{args.certificate_arn!r} is not the ARN of a certificate that a load balancer in {region} can use",
            allowed=f"an IAM server certificate, or an ACM certificate in {region}",
        )


def _has_pems(args: PrivateRegistryArgs) -> bool:
    return any(pem is not None for pem in (args.certificate, args.certificate_chain, args.private_key))
