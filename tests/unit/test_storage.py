"""A private bucket."""

import json
from typing import Any

import pulumi
import pytest

from components import PrivateBucket, PrivateBucketArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, all_dependencies, differences


def declared(declare: Declare, args: PrivateBucketArgs, **opts: Any) -> Declaration:
    def program() -> None:
        created = PrivateBucket("files", args, pulumi.ResourceOptions(**opts))
        pulumi.CustomResource("test:index:Probe", "probe", {"bucket": created.bucket, "arn": created.arn})

    return declare(program)


def aws(kind: str) -> str:
    return f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "BucketPublicAccessBlock",
            {
                "blockPublicAcls": True,
                "blockPublicPolicy": True,
                "ignorePublicAcls": True,
                "restrictPublicBuckets": True,
            },
        ),
        ("BucketOwnershipControls", {"rule": {"objectOwnership": "BucketOwnerEnforced"}}),
        (
            "BucketServerSideEncryptionConfiguration",
            {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        ),
        ("BucketVersioning", {"versioningConfiguration": {"status": "Enabled"}}),
    ],
)
def test_bucket_settings(declare: Declare, kind: str, expected: dict[str, Any]) -> None:
    bucket = declared(declare, PrivateBucketArgs())
    resource = bucket.one(aws(kind))
    assert differences(resource.inputs, expected) == {}
    assert resource.inputs["bucket"] == bucket.one(aws("Bucket")).outputs["bucket"]


def test_policy_denies_requests_without_tls_and_has_more_statements(declare: Declare) -> None:
    args = PrivateBucketArgs(more_statements=lambda arn: [{"Sid": "More", "Resource": arn}])
    bucket = declared(declare, args)
    arn = bucket.one(aws("Bucket")).outputs["arn"]
    tls_only, more = json.loads(bucket.one(aws("BucketPolicy")).inputs["policy"])["Statement"]
    assert (tls_only["Effect"], tls_only["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert tls_only["Resource"] == [arn, f"{arn}/*"]
    assert more == {"Sid": "More", "Resource": arn}


@pytest.mark.parametrize(("days", "deleted_after"), [(90, 90), (3, 3), (2, 2), (1, 2)])
def test_expired_objects_are_deleted_with_their_old_versions(declare: Declare, days: int, deleted_after: int) -> None:
    """S3 makes an expired object an old version first, and deletes that at least a day later."""
    rules = declared(declare, PrivateBucketArgs(expire_after_days=days)).one(aws("BucketLifecycleConfiguration"))
    (current,) = [r["expiration"]["days"] for r in rules.inputs["rules"] if "days" in r.get("expiration", {})]
    (old,) = [r["noncurrentVersionExpiration"] for r in rules.inputs["rules"] if "noncurrentVersionExpiration" in r]
    assert current + old["noncurrentDays"] == deleted_after


def test_objects_do_not_expire_by_default(declare: Declare) -> None:
    rules = declared(declare, PrivateBucketArgs()).one(aws("BucketLifecycleConfiguration"))
    assert [rule for rule in rules.inputs["rules"] if "days" in rule.get("expiration", {})] == []


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("noncurrentVersionExpiration", {"noncurrentDays": 30}),
        ("abortIncompleteMultipartUpload", {"daysAfterInitiation": 7}),
    ],
)
def test_old_versions_and_unfinished_uploads_are_deleted(declare: Declare, key: str, expected: dict[str, int]) -> None:
    rules = declared(declare, PrivateBucketArgs()).one(aws("BucketLifecycleConfiguration")).inputs["rules"]
    assert [rule[key] for rule in rules if key in rule] == [expected]
    assert {(rule["status"], rule["filter"]["prefix"]) for rule in rules} == {("Enabled", "")}


@pytest.mark.parametrize("region", [None, "us-east-2"])
def test_bucket_and_all_its_settings_are_in_the_region(declare: Declare, region: str | None) -> None:
    """The engine tests cannot show this: their stand-in for the AWS provider ignores a resource's Region."""
    bucket = declared(declare, PrivateBucketArgs(region=region, access_log_bucket="logs"))
    resources = [each for each in bucket.resources if each.type.startswith("aws:")]
    assert len(resources) == 8
    assert {each.inputs.get("region") for each in resources} == {region}


@pytest.mark.parametrize("keep", [True, False])
def test_kept_bucket_is_protected_and_not_emptied(declare: Declare, keep: bool) -> None:
    bucket = declared(declare, PrivateBucketArgs(keep=keep)).one(aws("Bucket"))
    assert bucket.protect is keep
    assert bucket.inputs["forceDestroy"] is not keep


def test_protect_on_the_component_applies_to_the_bucket(declare: Declare) -> None:
    assert declared(declare, PrivateBucketArgs(keep=False), protect=True).one(aws("Bucket")).protect


def test_access_log_is_configurable(declare: Declare) -> None:
    assert declared(declare, PrivateBucketArgs()).all(aws("BucketLogging")) == []
    logging = declared(declare, PrivateBucketArgs(access_log_bucket="logs")).one(aws("BucketLogging"))
    assert differences(logging.inputs, {"targetBucket": "logs", "targetPrefix": "s3/"}) == {}


@pytest.mark.parametrize(
    ("later", "earlier"),
    [("BucketLifecycleConfiguration", "BucketVersioning"), ("BucketPolicy", "BucketPublicAccessBlock")],
)
def test_bucket_configuration_is_created_in_the_order_that_s3_needs(declare: Declare, later: str, earlier: str) -> None:
    bucket = declared(declare, PrivateBucketArgs())
    assert bucket.one(aws(earlier)).urn in all_dependencies(bucket, bucket.one(aws(later)))


@pytest.mark.parametrize("kind", ["BucketPolicy", "BucketVersioning"])
def test_outputs_depend_on_policy_and_versioning(declare: Declare, kind: str) -> None:
    bucket = declared(declare, PrivateBucketArgs())
    probe = bucket.one("test:index:Probe")
    outputs = bucket.one(aws("Bucket")).outputs
    assert (probe.inputs["bucket"], probe.inputs["arn"]) == (outputs["bucket"], outputs["arn"])
    assert bucket.one(aws(kind)).urn in probe.dependencies


def test_existing_bucket_is_read_and_gets_the_same_settings(declare: Declare) -> None:
    new, adopted = (declared(declare, PrivateBucketArgs(existing=name)) for name in (None, "old-images"))
    bucket = adopted.one(aws("Bucket"))
    assert (bucket.id, bucket.inputs) == ("old-images", {})
    [own_name] = [bucket.outputs["bucket"] for bucket in new.all(aws("Bucket"))]
    for setting in (each for each in new.resources if each.type.startswith("aws:s3/") and each.type != aws("Bucket")):
        expected = json.dumps(setting.inputs).replace(own_name, "old-images")
        assert json.dumps(adopted.one(setting.type).inputs) == expected


def test_existing_bucket_keeps_its_settings_after_a_destroy(declare: Declare) -> None:
    bucket = declared(declare, PrivateBucketArgs(existing="old-images", access_log_bucket="logs"))
    settings = [each for each in bucket.resources if each.type.startswith("aws:s3/") and each.type != aws("Bucket")]
    assert [each.type for each in settings if not each.retain_on_delete] == []
    assert len(settings) == 7
