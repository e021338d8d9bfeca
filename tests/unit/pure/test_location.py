"""What follows from the name of a Region."""

import json
from importlib.resources import files

import pytest

from components.pure.location import Location

PARTITIONS = json.loads((files("botocore") / "data" / "partitions.json").read_text())["partitions"]
REGIONS = [
    (region, partition["id"], partition["outputs"]["dnsSuffix"])
    for partition in PARTITIONS
    for region in partition["regions"]
    if not region.endswith("-global")
]


@pytest.mark.parametrize(("region", "partition", "dns_suffix"), REGIONS)
def test_partition_and_dns_suffix_are_those_of_the_region(region: str, partition: str, dns_suffix: str) -> None:
    location = Location(region=region)
    assert (location.partition, location.dns_suffix) == (partition, dns_suffix)
