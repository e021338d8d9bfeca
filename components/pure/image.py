"""The registry image and the capabilities of its major versions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .token_keys import Encode, certificate_bundle, jwks


@dataclass(frozen=True, kw_only=True)
class TokenVerification:
    """How a major version of the registry verifies tokens.

    Attributes:
        setting: the setting with the path of the file of public keys, in REGISTRY_AUTH_TOKEN_....
        encode: writes the file's content from public keys.
        environment: environment variables that only this version needs for it.
    """

    setting: str
    encode: Encode
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class RegistryVersion:
    """The capabilities of a major version of the registry.

    Attributes:
        major: the first number of the image's tag.
        regions: the AWS regions that the S3 driver knows. None: any region.
        unmaintained: why the version gets no security fixes, with the source. None: it gets them.
        environment: environment variables that only this version needs.
        config_path: where the image has its configuration file.
        tokens: how it verifies tokens.
    """

    major: int
    config_path: str
    tokens: TokenVerification
    regions: frozenset[str] | None = None
    unmaintained: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


# The regions of aws-sdk-go 1.15.11, which registry:2 (2.8.3) is built with. The S3 driver panics in any other region.
_AWS_SDK_1_15_REGIONS = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1"),
        *("eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "us-gov-west-1"),
        *("cn-north-1", "cn-northwest-1"),
    }
)

# One row per major version. The sandbox's program of each is in sandbox/machine/programs.py.
VERSIONS = {
    version.major: version
    for version in (
        RegistryVersion(
            major=2,
            config_path="/etc/docker/registry/config.yml",
            tokens=TokenVerification(setting="ROOTCERTBUNDLE", encode=certificate_bundle),
            regions=_AWS_SDK_1_15_REGIONS,
            unmaintained="its last release, 2.8.3, is of October 2023 and built with Go 1.20.8, and a maintainer asks"
            " to use version 3 (distribution/distribution-library-image#170)",
        ),
        RegistryVersion(
            major=3,
            config_path="/etc/distribution/config.yml",  # since 3.0.0 (distribution-library-image, a1a8847)
            tokens=TokenVerification(
                setting="JWKS",
                encode=jwks,
                # By default, it takes tokens with a symmetric signature too, and finds by the type of the key that it
                # cannot verify them (distribution v3.1.2, registry/auth/token/token.go).
                environment={"REGISTRY_AUTH_TOKEN_SIGNINGALGORITHMS": "[RS256]"},
            ),
            # By default it sends traces to localhost:4318 and logs each failure (distribution#4270).
            environment={"OTEL_TRACES_EXPORTER": "none"},
        ),
    )
}
SUPPORTED_MAJORS = tuple(VERSIONS)

# [host[:port]/]path[/path...]:tag[@digest]. The tag follows the last colon of the last path segment.
_IMAGE = re.compile(
    r"(?:[\w.-]+(?::\d+)?/)?(?:[a-z0-9._-]+/)*[a-z0-9._-]+:(?P<tag>\w[\w.-]{0,127})(?:@sha256:[0-9a-f]{64})?"
)
_TAG = re.compile(r"v?(?P<release>(?P<major>\d+)(?:\.\d+)*)(?:[.-].*)?")
# The first release that sends the login for an upstream registry only to the upstream's own domain. Before it, the
# upstream names the host that gets the login (CVE-2026-33540, GHSA-3p65-76g6-3w7r in distribution/distribution).
_CONTAINED_UPSTREAM_LOGIN = (3, 1)
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<repository>[^:@]+)[:@].+"
)


@dataclass(frozen=True)
class EcrRepository:
    """A repository in Amazon ECR."""

    account_id: str
    region: str
    name: str


def ecr_repository(image: str) -> EcrRepository | None:
    """Return the repository of an image in Amazon ECR, or None for an image in another registry.

    An example of such an image is "123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:3".
    """
    match = _ECR.fullmatch(image)
    return EcrRepository(match["account"], match["region"], match["repository"]) if match else None


def registry_version(image: str) -> RegistryVersion:
    """Return the version of an image such as "registry:2" or "public.ecr.aws/docker/library/registry:3.1.1".

    Raises:
        ValueError: `image` is not an image's name with a tag, or the tag does not begin with a known major version.
    """
    return VERSIONS[int(_tag(image)["major"])]


def contains_upstream_login(image: str) -> bool:
    """Whether an image sends the login for an upstream registry to no other domain.

    A tag is the newest release that begins with its numbers: "registry:3" is at least 3.1.
    """
    release = tuple(map(int, _tag(image)["release"].split(".")))
    return release >= _CONTAINED_UPSTREAM_LOGIN[: len(release)]


def with_major_version(image: str, major: int) -> str:
    """Return the same image with the newest release of a major version: "registry:3" for "registry:2.8.3"."""
    return f"{image.partition('@')[0].rpartition(':')[0]}:{major}"


def _tag(image: str) -> re.Match[str]:
    """Split the tag of an image into its groups. For the exception, see `registry_version`."""
    match = _IMAGE.fullmatch(image)
    if not match:
        raise ValueError("not an image's name with a tag")
    tag = _TAG.fullmatch(match["tag"])
    if not tag or int(tag["major"]) not in VERSIONS:
        raise ValueError(f"tag {match['tag']} does not begin with a known major version")
    return tag
