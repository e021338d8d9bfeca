"""The Region of a registry is away: a second stack serves the replica bucket, as in docs/operations.md."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.aws import account
from sandbox.drill.bucket import BucketSource
from sandbox.drill.check import Drill
from sandbox.evaluation.project import evaluate_project
from sandbox.local import Sandbox
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from sandbox.stacks import DeclaredStack
from tests.sandbox import figures
from tests.sandbox.helpers import PROJECT, run_documented
from tests.sandbox.replicas import replicas
from tests.sandbox.replication import replicate

_EXAMPLE = PROJECT / "examples" / "second-region"
_PREFIX = "second-region-"
_REPOSITORIES = "docker/registry/v2/repositories"


@pytest.fixture(scope="module")
def s3(prod: Sandbox) -> Any:
    """A client of the account."""
    return prod.stack.aws("s3")


@pytest.fixture(scope="module")
def replica(prod: Sandbox, s3: Any) -> str:
    """The name of the replica bucket."""
    return replicate(s3, prod.stack.declaration)


@pytest.fixture(scope="module")
def second(prod: Sandbox, replica: str) -> Iterator[Sandbox]:
    """The registry of the second stack, which serves the replica bucket.

    It runs on the first stack's instances, which have the users' htpasswd file.
    """
    start = time.monotonic()
    declared = evaluate_project(_EXAMPLE, "dev", overrides={"second-region:imagesBucket": replica})
    stack = DeclaredStack(declared, prod.stack.api)
    new = declared.changed(lambda each: None if (each.type, each.id) == ("aws:s3/bucket:Bucket", replica) else each)
    account.create_resources(new, stack.aws)
    # Not in pytest's folder, whose path is too long for sockets.
    with (
        tempfile.TemporaryDirectory(prefix="second-") as folder,
        replicas(dataclasses.replace(prod, stack=stack), Path(folder) / "stack") as running,
    ):
        figures.record("second Region", f"a login succeeded {time.monotonic() - start:.1f} s after the start")
        yield running


def images(count: int) -> list[Image]:
    """Make images of two repositories."""
    run = f"{_PREFIX}{os.urandom(4).hex()}"
    return [Image.random(f"{run}/team-{number % 2}", str(number)) for number in range(count)]


def push(sandbox: Sandbox, *pushed: Image) -> None:
    with RegistryClient(Endpoint.of(sandbox)) as client:
        for image in pushed:
            client.push(image)


def pull(sandbox: Sandbox, *pulled: Image) -> None:
    """Pull images, and compare their digests with those that were pushed."""
    with RegistryClient(Endpoint.of(sandbox)) as client:
        for image in pulled:
            client.pull(image)


def faults(s3: Any, bucket: str) -> list[str]:
    """What a drill finds about these images. Other tests lose images in the same bucket."""
    drill = Drill(BucketSource(s3, bucket))
    drill.read_manifests()
    drill.read_blobs()
    return [line for line in drill.report() if _PREFIX in line]


def test_every_image_is_pulled_from_the_second_stack(prod: Sandbox, second: Sandbox, s3: Any, replica: str) -> None:
    *kept, overwritten, deleted = images(6)
    new = Image.random(overwritten.repository, overwritten.tag)
    push(prod, *kept, overwritten, deleted)
    replicate(s3, prod.stack.declaration)
    push(prod, new)
    bucket = prod.stack.declaration.exports["bucketName"]
    prefix = f"{_REPOSITORIES}/{deleted.repository}/_manifests/tags/{deleted.tag}/"
    for object_ in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
        s3.delete_object(Bucket=bucket, Key=object_["Key"])

    replicate(s3, prod.stack.declaration)

    start = time.monotonic()
    pull(second, *kept, new)
    figures.record("second Region", f"{len(kept) + 1} images pulled in {time.monotonic() - start:.1f} s, 0 altered")
    with pytest.raises(RequestFailed, match="404"):
        pull(second, deleted)
    assert faults(s3, replica) == []


@pytest.mark.parametrize("part", ["blob", "manifest"])
def test_object_that_is_not_copied_yet_is_found_by_the_drill_and_repaired_by_a_push(
    prod: Sandbox, second: Sandbox, s3: Any, replica: str, part: str
) -> None:
    """The registry stores blobs before the links to them, but S3 copies objects in any order."""
    [image] = images(1)
    push(prod, image)
    with RegistryClient(Endpoint.of(prod)) as client:
        manifest = client.digest(image.repository, image.tag)
    lost = {"blob": image.blobs[-1].digest, "manifest": manifest}[part].removeprefix("sha256:")
    replicate(s3, prod.stack.declaration, pending=lambda key: key.endswith(f"{lost}/data"))

    with pytest.raises(RequestFailed, match="404"):
        pull(second, image)
    [fault] = faults(s3, replica)
    assert fault.startswith(f"missing: {part}")
    assert str(image) in fault

    push(second, image)
    pull(second, image)
    assert faults(s3, replica) == []


def test_images_from_before_the_rule_are_copied(prod: Sandbox, second: Sandbox, replica: str) -> None:
    [image] = images(1)
    push(prod, image)
    run_documented(prod, "copy-existing", REPLICA=replica, FROM=prod.stack.region, TO="us-east-2")
    pull(second, image)


def test_images_of_the_second_stack_are_copied_back(prod: Sandbox, second: Sandbox, replica: str) -> None:
    old, new = images(2)
    push(prod, old)
    push(second, new)
    run_documented(prod, "copy-back", REPLICA=replica, FROM="us-east-2", TO=prod.stack.region)
    pull(prod, old, new)


def test_records_of_the_domain_lead_to_the_second_stack(prod: Sandbox) -> None:
    subnets = prod.stack.aws("ec2", "us-east-2").describe_subnets()["Subnets"]
    [balancer] = prod.stack.aws("elbv2", "us-east-2").create_load_balancer(
        Name="second", Subnets=[subnet["SubnetId"] for subnet in subnets[:2]]
    )["LoadBalancers"]
    route53 = prod.stack.aws("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="second")["HostedZone"]["Id"]

    run_documented(prod, "switch-dns", ZONE=zone, DOMAIN="registry.example.com", DNS=balancer["DNSName"])

    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    aliases = {each["Type"]: each["AliasTarget"] for each in records if "AliasTarget" in each}
    assert aliases.keys() == {"A", "AAAA"}
    for alias in aliases.values():
        assert alias["DNSName"].rstrip(".") == balancer["DNSName"]
        assert alias["HostedZoneId"] == balancer["CanonicalHostedZoneId"]
