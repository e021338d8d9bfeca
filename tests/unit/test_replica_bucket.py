"""The replica bucket of the images bucket, in a registry that has one."""

import json

import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, all_dependencies, differences

REGISTRY = "private-registry:index:PrivateRegistry"
BUCKET, POLICY = "aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
RULE, ROLE = "aws:s3/bucketReplicationConfig:BucketReplicationConfig", "aws:iam/role:Role"


@pytest.fixture(scope="module")
def replicated(declare: Declare) -> Declaration:
    args = PrivateRegistryArgs(replica_region="us-east-2", allowed_cidrs=["203.0.113.0/24"], tags={"team": "platform"})
    return declare(lambda: PrivateRegistry("images", args))


def in_us_east_2(declaration: Declaration) -> set[str]:
    return {f"{each.type} {each.name}" for each in declaration.resources if each.inputs.get("region") == "us-east-2"}


def test_only_the_replica_and_its_settings_are_in_the_other_region(replicated: Declaration) -> None:
    replica = {
        f"{each.type} {each.name}"
        for each in replicated.resources
        if each.name == "images-replica" and each.type.startswith("aws:s3/") and each.type != RULE
    }
    assert len(replica) == 7
    assert in_us_east_2(replicated) == replica


def test_everything_has_the_provider_of_the_registry(replicated: Declaration) -> None:
    """Callers with a provider of their own keep its credentials, default tags and role."""
    providers = {each.name: each.provider for each in replicated.resources if each.type.startswith("aws:")}
    assert providers["images-replica"] == providers["images-images"]


def test_rule_copies_all_objects_and_delete_markers_and_has_metrics(replicated: Declaration) -> None:
    config = replicated.one(RULE)
    arn = replicated.one(BUCKET, "images-replica").outputs["arn"]
    assert config.inputs["bucket"] == replicated.one(BUCKET, "images-images").outputs["bucket"]
    assert config.inputs["role"] == replicated.one(ROLE, "images-replication").outputs["arn"]
    assert config.inputs["rules"] == [
        {
            "id": "images",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "priority": 1,
            "deleteMarkerReplication": {"status": "Enabled"},
            "destination": {"bucket": arn, "metrics": {"status": "Enabled"}},
        }
    ]


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        (VERSIONING, "images-images"),
        (VERSIONING, "images-replica"),
        ("aws:iam/rolePolicy:RolePolicy", "images-replication-images"),
    ],
)
def test_rule_is_created_after_and_deleted_before_what_it_needs(replicated: Declaration, type_: str, name: str) -> None:
    """S3 refuses a rule between buckets without versioning, and refuses to suspend it while there is a rule."""
    assert replicated.one(type_, name).urn in all_dependencies(replicated, replicated.one(RULE))


def test_no_image_is_pushed_before_the_rule_exists(replicated: Declaration) -> None:
    service = replicated.one("aws:ecs/service:Service")
    assert replicated.one(RULE).urn in all_dependencies(replicated, service)


def test_replica_has_the_policy_that_a_registry_which_serves_it_declares(replicated: Declaration) -> None:
    policies = [
        json.loads(
            replicated.one(POLICY, f"images-{name}")
            .inputs["policy"]
            .replace(replicated.one(BUCKET, f"images-{name}").outputs["bucket"], "BUCKET")
        )
        for name in ("images", "replica")
    ]
    assert policies[0] == policies[1]
    assert {statement["Sid"] for statement in policies[1]["Statement"]} >= {"TlsOnly", "PresignedUrlClient"}


@pytest.mark.parametrize("force_destroy", [False, True])
def test_replica_is_kept_like_the_images(declare: Declare, force_destroy: bool) -> None:
    args = PrivateRegistryArgs(replica_region="us-east-2", force_destroy=force_destroy)
    replica = declare(lambda: PrivateRegistry("images", args)).one(BUCKET, "images-replica")
    assert replica.protect is not force_destroy
    assert differences(replica.inputs, {"forceDestroy": force_destroy}) == {}


def test_existing_images_bucket_is_replicated(declare: Declare) -> None:
    args = PrivateRegistryArgs(replica_region="us-east-2", images_bucket="old-images")
    declaration = declare(lambda: PrivateRegistry("images", args))
    rule = declaration.one(RULE)
    assert rule.inputs["bucket"] == "old-images"
    # Without its role, which is deleted, a rule that stayed would fail for each new object.
    assert not rule.retain_on_delete


def test_outputs_are_those_of_the_replica(replicated: Declaration, registry: Declaration) -> None:
    outputs, replica = replicated.one(REGISTRY).outputs, replicated.one(BUCKET, "images-replica").outputs
    assert (outputs["replicaBucketName"], outputs["replicaBucketArn"]) == (replica["bucket"], replica["arn"])
    assert not {"replicaBucketName", "replicaBucketArn"} & registry.one(REGISTRY).outputs.keys()


def test_failed_copies_set_off_an_alarm_in_the_region_of_the_images(declare: Declare) -> None:
    args = PrivateRegistryArgs(
        monitoring=True, alarm_topic_arn="arn:aws:sns:us-west-2:123456789012:ops", replica_region="us-east-2"
    )
    declaration = declare(lambda: PrivateRegistry("images", args))
    alarm = declaration.one("aws:cloudwatch/metricAlarm:MetricAlarm", "images-replication-fails").inputs
    metric = alarm["metricQueries"][0]["metric"]
    assert metric["metricName"] == "OperationsFailedReplication"
    assert metric["dimensions"] == {
        "SourceBucket": declaration.one(BUCKET, "images-images").outputs["bucket"],
        "DestinationBucket": declaration.one(BUCKET, "images-replica").outputs["bucket"],
        "RuleId": declaration.one(RULE).inputs["rules"][0]["id"],
    }
    assert (alarm["comparisonOperator"], alarm["threshold"]) == ("GreaterThanThreshold", 0)
    assert "region" not in alarm
