"""Checks of the Region of the replica bucket."""

from collections.abc import Iterator

from ..args import PrivateRegistryArgs
from ..problems import Problem
from ..pure.image import registry_version
from ..pure.location import REGION, Location

# Two Regions of each partition, for examples.
_EXAMPLES = ("us-east-2", "us-west-2", "cn-northwest-1", "cn-north-1", "us-gov-west-1", "us-gov-east-1")


def replica_problems(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    """Find the problem with the Region to which S3 copies the images."""
    if args.replica_region is None:
        return
    if problem := _problem(args.replica_region, region, args.image):
        found, allowed = problem
        others = (name for name in _EXAMPLES if _problem(name, region, args.image) is None)
        yield Problem(
            key="replica_region", found=found, allowed=allowed, example={"replica_region": next(others, None)}
        )


def _problem(replica: str, region: str, image: str) -> tuple[str, str] | None:
    """Return what is wrong with the Region of the replica bucket, and what is allowed."""
    if not REGION.fullmatch(replica):
        return f"{replica!r} is not a Region", "the code of an AWS Region"
    if replica == region:
        return f"{replica} is the registry's own Region", "another Region"
    partition = Location(region=region).partition
    if region and partition != Location(region=replica).partition:
        # No role and no account is valid in two partitions.
        return (
            f"{replica} is in another partition than {region}, and S3 copies nothing between partitions",
            f"another Region of the partition {partition}",
        )
    if not _knows(image, replica):
        return (
            f"{image!r} does not know {replica}, so no registry with it could serve the replica bucket",
            "a Region that `image` knows, or version 3, which knows all",
        )
    return None


def _knows(image: str, region: str) -> bool:
    """Whether an image knows a Region. True for an image that cannot be used, which is a problem of its own."""
    try:
        regions = registry_version(image).regions
    except ValueError:
        return True
    return regions is None or region in regions
