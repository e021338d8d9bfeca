"""The vCPUs of instance types."""

import pytest

from components.pure.instance_size import vcpus


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        *(("t3.small", 2), ("t4g.micro", 2), ("t2.medium", 2), ("t2.small", 1), ("c7g.medium", 1)),
        *(("m7g.large", 2), ("m7i-flex.large", 2), ("c7i.xlarge", 4), ("m7g.2xlarge", 8), ("r7iz.32xlarge", 128)),
    ],
)
def test_size_tells_the_vcpus(instance_type: str, expected: int) -> None:
    """Source: Amazon EC2 User Guide, "Amazon EC2 instance types"."""
    assert vcpus(instance_type) == expected


@pytest.mark.parametrize("instance_type", ["m7g.metal", "c7i.metal-24xl", "hpc7a.12xlarge", "m2.xlarge", "t3"])
def test_vcpus_that_the_name_does_not_tell_are_unknown(instance_type: str) -> None:
    """hpc7a.12xlarge has 24, m2.xlarge 2: a reservation of four for each xlarge would find no instance."""
    assert vcpus(instance_type) is None
