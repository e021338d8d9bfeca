"""The registry image, and what its major version can do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RegistryVersion:
    """What a major version of the registry can do, for everything that depends on it.

    Attributes:
        major: the image tag's first number.
        uses_task_role: whether its S3 driver takes the ECS task role's credentials. If not, the S3 permissions
            must be on the instance role, and the instance metadata service must answer without a session token.
        regions: the AWS regions that it knows; None is any.
        environment: settings that this version alone needs.
    """

    major: int
    uses_task_role: bool
    regions: frozenset[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


# Of aws-sdk-go 1.15.11, which registry:2 (2.8.3) is built with: its S3 driver panics at any other region. Its chain
# of credentials has no task role (distribution#2960) and no IMDSv2 (distribution#3437).
_REGIONS_OF_2 = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1"),
        *("eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "us-gov-west-1"),
        *("cn-north-1", "cn-northwest-1"),
    }
)

VERSIONS = {
    2: RegistryVersion(major=2, uses_task_role=False, regions=_REGIONS_OF_2),
    # Without this, registry:3 sends traces to localhost:4318 and logs each failure (distribution#4270).
    3: RegistryVersion(major=3, uses_task_role=True, environment={"OTEL_TRACES_EXPORTER": "none"}),
}

# [host[:port]/]path[/path...]:tag[@digest]; the tag is what follows the last colon of the last path segment
_IMAGE = re.compile(
    r"(?:[\w.-]+(?::\d+)?/)?(?:[a-z0-9._-]+/)*[a-z0-9._-]+:(?P<tag>\w[\w.-]{0,127})(?:@sha256:[0-9a-f]{64})?"
)
_TAG = re.compile(r"v?(?P<major>\d+)(?:[.-].*)?")
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<repository>[^:@]+)[:@].+"
)


@dataclass(frozen=True)
class EcrRepository:
    """Where in Amazon ECR an image is."""

    account_id: str
    region: str
    name: str


def ecr_repository(image: str) -> EcrRepository | None:
    """The repository of an image such as "123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:3"; None elsewhere."""
    found = _ECR.fullmatch(image)
    return EcrRepository(found["account"], found["region"], found["repository"]) if found else None


def registry_version(image: str) -> RegistryVersion:
    """The version of an image such as "registry:2", "registry:3.1.1" or "public.ecr.aws/docker/library/registry:3".

    Raises:
        ValueError: no image's name, no tag, or a tag that does not begin with a known major version.
    """
    named = _IMAGE.fullmatch(image)
    if not named:
        raise ValueError("not an image's name with a tag")
    numbered = _TAG.fullmatch(named["tag"])
    if not numbered or int(numbered["major"]) not in VERSIONS:
        raise ValueError(f"tag {named['tag']} does not begin with a known major version")
    return VERSIONS[int(numbered["major"])]
