"""Where a component's resources are made, as its own provider tells it."""

import pulumi
import pulumi_aws as aws
import pytest

from components.location import Location
from tests.unit.helpers import BEIJING, OREGON, Declare


def located(declare: Declare, region: str, provider_region: str | None = None) -> Location:
    found: list[Location] = []

    def program() -> None:
        provider = aws.Provider("own", region=provider_region) if provider_region else None
        parent = pulumi.ComponentResource(
            "test:index:Parent", "parent", None, pulumi.ResourceOptions(provider=provider)
        )
        found.append(Location.of(parent))

    declare(program, region=region)
    return found[0]


@pytest.mark.parametrize("expected", [OREGON, BEIJING], ids=lambda location: location.region)
def test_it_is_the_default_provider_s(declare: Declare, expected: Location) -> None:
    assert located(declare, expected.region) == expected


def test_a_provider_of_the_parent_s_own_goes_first(declare: Declare) -> None:
    assert located(declare, "us-east-1", provider_region="cn-north-1") == BEIJING
