"""The architecture and the AMI by instance type."""

import pytest

from components.pure.architecture import INSTANCE_TYPE, ami_parameter, architecture

ARM64 = (
    "t4g.small",
    "m7g.large",
    "c6gn.xlarge",
    "im4gn.large",
    "g5g.xlarge",
    "a1.medium",
    "x2gd.medium",
    "c8gd.metal-24xl",
)
X86_64 = (
    "t3.small",
    "t3a.nano",
    "g4dn.xlarge",
    "g5.xlarge",
    "gr6.4xlarge",
    "p4d.24xlarge",
    "i4i.large",
    "m7i-flex.large",
)


@pytest.mark.parametrize("instance_type", ARM64)
def test_graviton_families_are_arm64(instance_type: str) -> None:
    assert architecture(instance_type) == "arm64"
    assert "/amazon-linux-2023/arm64/recommended/" in ami_parameter(instance_type)


@pytest.mark.parametrize("instance_type", X86_64)
def test_other_families_are_x86_64(instance_type: str) -> None:
    assert architecture(instance_type) == "x86_64"
    assert "/amazon-linux-2023/recommended/" in ami_parameter(instance_type)


@pytest.mark.parametrize("instance_type", [*ARM64, *X86_64, "u-6tb1.56xlarge"])
def test_instance_type_pattern_matches(instance_type: str) -> None:
    assert INSTANCE_TYPE.fullmatch(instance_type)
