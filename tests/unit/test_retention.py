"""The function that applies the retention rules: its code, its environment, its schedule and its alarm."""

import base64
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from components import PrivateRegistry, PrivateRegistryArgs, RetentionRule
from components.retention_function.rules import Rule, from_json
from sandbox.aws.logs_insights import run
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, all_dependencies

FUNCTION, SCHEDULE = "aws:lambda/function:Function", "aws:scheduler/schedule:Schedule"
RULES = [RetentionRule(repositories=["team/*"], keep_tags=["v*"], keep_newest=10, keep_pulled_days=30)]


@pytest.fixture(scope="module")
def declared(declare: Declare) -> Declaration:
    args = PrivateRegistryArgs(retention=RULES, retention_schedule="cron(0 1 * * ? *)", monitoring=True)
    return declare(lambda: PrivateRegistry("images", args))


def package(declaration: Declaration) -> bytes:
    return base64.b64decode(
        declaration.one("aws:s3/bucketObjectv2:BucketObjectv2", "images-retention").inputs["contentBase64"]
    )


def test_package_can_be_imported_with_nothing_but_boto3(declared: Declaration, tmp_path: Path) -> None:
    """Lambda has no package of this repository, and imports the handler by its name."""
    with zipfile.ZipFile(io.BytesIO(package(declared))) as archive:
        archive.extractall(tmp_path)
    module, _, function = declared.one(FUNCTION).inputs["handler"].rpartition(".")
    program = f"import {module} as found; assert callable(found.{function}); assert {str(tmp_path)!r} in found.__file__"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=30)


def test_package_is_the_same_each_time(declared: Declaration, declare: Declare) -> None:
    """A package that differs would be a change of each `up`."""
    other = declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(retention=RULES)))
    assert package(other) == package(declared)


def test_new_code_is_a_change_of_the_function(declared: Declaration) -> None:
    """Lambda does not notice another object in the place of the one that it has read."""
    inputs = declared.one(FUNCTION).inputs
    assert inputs["s3Key"] == declared.one("aws:s3/bucketObjectv2:BucketObjectv2", "images-retention").inputs["key"]
    assert len(base64.b64decode(inputs["sourceCodeHash"])) == 32


def test_function_gets_rules_and_names(declared: Declaration) -> None:
    variables = declared.one(FUNCTION).inputs["environment"]["variables"]
    assert from_json(variables["RULES"]) == [
        Rule(repositories=["team/*"], keep_tags=["v*"], keep_newest=10, keep_pulled_days=30)
    ]
    bucket = "aws:s3/bucket:Bucket"
    assert variables["IMAGES_BUCKET"] == declared.one(bucket, "images-images").outputs["bucket"]
    assert variables["REPORTS_BUCKET"] == declared.one(bucket, "images-logs").outputs["bucket"]
    assert variables["LOG_GROUP"] == declared.one("aws:cloudwatch/logGroup:LogGroup", "images-log").outputs["name"]


@pytest.mark.parametrize("apply", [False, True])
def test_function_can_delete_only_if_it_shall(declare: Declare, apply: bool) -> None:
    args = PrivateRegistryArgs(retention=RULES, retention_apply=apply)
    declared = declare(lambda: PrivateRegistry("images", args))
    [policy] = declared.all("aws:iam/rolePolicy:RolePolicy", "images-retention-run")
    assert ("s3:DeleteObject" in policy.inputs["policy"]) == apply
    assert declared.one(FUNCTION).inputs["environment"]["variables"]["APPLY"] == json.dumps(apply)


def test_users_still_cannot_delete(declared: Declaration) -> None:
    definition = declared.one("aws:ecs/taskDefinition:TaskDefinition").inputs["containerDefinitions"]
    assert {"name": "REGISTRY_STORAGE_DELETE_ENABLED", "value": "false"} in json.loads(definition)[0]["environment"]


def test_schedule_invokes_the_function_with_its_role(declared: Declaration) -> None:
    """A destroy therefore deletes the schedule first."""
    schedule = declared.one(SCHEDULE)
    assert schedule.inputs["target"]["arn"] == declared.one(FUNCTION).outputs["arn"]
    assert schedule.inputs["scheduleExpression"] == "cron(0 1 * * ? *)"
    [policy] = declared.all("aws:iam/rolePolicy:RolePolicy", "images-retention-schedule-invoke")
    assert {policy.urn, declared.one(FUNCTION).urn} <= all_dependencies(declared, schedule)


def test_function_waits_for_its_permissions(declared: Declaration) -> None:
    [policy] = declared.all("aws:iam/rolePolicy:RolePolicy", "images-retention-run")
    assert policy.urn in all_dependencies(declared, declared.one(FUNCTION))


def test_alarm_watches_the_function(declared: Declaration) -> None:
    [query] = declared.one("aws:cloudwatch/metricAlarm:MetricAlarm", "images-retention-failed").inputs["metricQueries"]
    assert query["metric"]["dimensions"] == {"FunctionName": declared.one(FUNCTION).outputs["name"]}


def test_alarm_watches_the_schedule_group(declared: Declaration) -> None:
    alarm = declared.one("aws:cloudwatch/metricAlarm:MetricAlarm", "images-retention-not-started")
    [query] = alarm.inputs["metricQueries"]
    group = declared.one("aws:scheduler/scheduleGroup:ScheduleGroup").outputs["name"]
    assert query["metric"]["dimensions"] == {"ScheduleGroup": group}


def test_query_lists_expired_images(declared: Declaration) -> None:
    query = declared.one(
        "aws:cloudwatch/queryDefinition:QueryDefinition", "images-retention-images-that-no-rule-keeps"
    ).inputs["queryString"]
    image = {"repository": "team/app", "digest": "sha256:01", "pushed": "2030-01-01", "bytes": 3, "deleted": False}
    lines = [{"event": "expired", "run": "20300102T030405Z", "tags": ["v1"], **image}, {"event": "run"}]
    [row] = run(query, [*map(json.dumps, lines), "START RequestId: 0123"])
    assert {**image, "run": "20300102T030405Z"}.items() <= row.items()


def test_registry_has_no_function_by_default(registry: Declaration) -> None:
    assert registry.all(FUNCTION) == []
