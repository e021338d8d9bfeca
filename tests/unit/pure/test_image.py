"""The major version of an image, and what each version can do."""

import pytest

from components.pure.image import SUPPORTED_MAJORS, VERSIONS, registry_version, with_major_version
from sandbox.errors import SandboxError
from sandbox.machine import programs

NEXT = max(SUPPORTED_MAJORS) + 1
DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("image", "major"),
    [
        ("registry:2", 2),
        ("registry:2.8.3", 2),
        ("registry:3", 3),
        ("registry:3.1.1", 3),
        ("registry:v3.0.0", 3),
        ("registry:2-alpine", 2),
        ("registry:3.0.0-rc.1", 3),
        (f"registry:3@{DIGEST}", 3),
        ("docker.io/library/registry:2", 2),
        ("public.ecr.aws/docker/library/registry:3", 3),
        ("123456789012.dkr.ecr.us-west-2.amazonaws.com/mirror/registry:3", 3),
        ("localhost:5000/registry:2", 2),
        (f"mirror.example.com:8443/team-a/registry:2.8.3@{DIGEST}", 2),
    ],
)
def test_major_version_is_read_from_the_tag(image: str, major: int) -> None:
    assert registry_version(image) is VERSIONS[major]


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("registry", "not an image's name with a tag"),
        ("localhost:5000/registry", "not an image's name with a tag"),
        ("public.ecr.aws/docker/library/registry", "not an image's name with a tag"),
        (f"registry@{DIGEST}", "not an image's name with a tag"),
        ("registry:3@sha256:short", "not an image's name with a tag"),
        ("registry:", "not an image's name with a tag"),
        ("Registry:3", "not an image's name with a tag"),
        ("registry: 3", "not an image's name with a tag"),
        ("registry:3\n", "not an image's name with a tag"),
        ("", "not an image's name with a tag"),
        ("registry:latest", "tag latest"),
        ("registry:1", "tag 1"),
        (f"registry:{NEXT}.0", rf"tag {NEXT}\.0"),
        ("registry:23", "tag 23"),
        ("registry:2nd", "tag 2nd"),
    ],
)
def test_other_images_are_refused_with_a_reason(image: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        registry_version(image)


def test_image_of_another_major_version_is_from_the_same_repository() -> None:
    assert (
        with_major_version(f"mirror.example.com:8443/registry:2.8.3@{DIGEST}", 3)
        == "mirror.example.com:8443/registry:3"
    )


def test_capabilities_of_the_versions() -> None:
    old, new = VERSIONS[2], VERSIONS[3]
    assert new.regions is None
    assert old.regions is not None
    assert {"us-west-2", "cn-north-1", "us-gov-west-1"} <= old.regions
    assert not {"eu-north-1", "eu-south-1", "ap-east-1", "us-gov-east-1"} & old.regions


def test_sandbox_has_a_program_for_every_version() -> None:
    assert tuple(programs.REGISTRIES) == SUPPORTED_MAJORS


def test_unknown_version_in_the_sandbox_is_an_error_that_says_where_to_add_it() -> None:
    with pytest.raises(SandboxError, match=rf"registry:{NEXT}.*REGISTRIES in sandbox/machine/programs\.py"):
        programs.registry(NEXT, print)
