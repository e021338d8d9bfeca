"""The schedule that replaces the instances: what it calls, when, and with which role."""

import json
from datetime import timedelta

import botocore.session
import pulumi
import pytest
from botocore.validate import ParamValidator

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, all_dependencies

SCHEDULE, GROUP = "aws:scheduler/schedule:Schedule", "aws:autoscaling/group:Group"
CRON = "cron(0 3 ? * SUN *)"


@pytest.fixture(scope="module")
def declared(declare: Declare) -> Declaration:
    args = PrivateRegistryArgs(patch_schedule=CRON, tags={"team": "platform"})
    return declare(lambda: PrivateRegistry("images", args))


def test_schedule_starts_an_instance_refresh_of_the_group(declared: Declaration) -> None:
    target = declared.one(SCHEDULE).inputs["target"]
    request = json.loads(target["input"])
    assert target["arn"] == "arn:aws:scheduler:::aws-sdk:autoscaling:startInstanceRefresh"
    assert request["AutoScalingGroupName"] == declared.one(GROUP).outputs["name"]


def test_input_is_a_valid_request(declared: Declaration) -> None:
    """Nobody validates it before the schedule runs."""
    service = botocore.session.get_session().get_service_model("autoscaling")
    shape = service.operation_model("StartInstanceRefresh").input_shape
    report = ParamValidator().validate(json.loads(declared.one(SCHEDULE).inputs["target"]["input"]), shape)
    assert report.generate_report() == ""


def test_scheduled_refresh_is_the_refresh_of_an_update(declared: Declaration) -> None:
    scheduled = json.loads(declared.one(SCHEDULE).inputs["target"]["input"])
    of_update = declared.one(GROUP).inputs["instanceRefresh"]
    named = {f"{key[0].lower()}{key[1:]}": str(value) for key, value in scheduled["Preferences"].items()}
    assert named == {key: str(value) for key, value in of_update["preferences"].items()}
    assert scheduled["Strategy"] == of_update["strategy"]


def test_schedule_is_in_utc_and_begins_within_an_hour(declared: Declaration) -> None:
    schedule = declared.one(SCHEDULE).inputs
    assert (schedule["scheduleExpression"], schedule["scheduleExpressionTimezone"]) == (CRON, "UTC")
    assert schedule["flexibleTimeWindow"] == {"mode": "FLEXIBLE", "maximumWindowInMinutes": 60}


def test_schedule_tries_again_until_a_refresh_in_progress_has_ended(declared: Declaration) -> None:
    policy = declared.one(SCHEDULE).inputs["target"]["retryPolicy"]
    assert timedelta(seconds=policy["maximumEventAgeInSeconds"]) >= timedelta(minutes=30)
    assert policy["maximumRetryAttempts"] > 0


def test_schedule_waits_for_the_group_and_for_its_role_and_policies(declared: Declaration) -> None:
    """A destroy therefore deletes the schedule first."""
    schedule, [policy] = (
        declared.one(SCHEDULE),
        declared.all("aws:iam/rolePolicy:RolePolicy", "images-patching-refresh"),
    )
    assert {policy.urn, declared.one(GROUP).urn} <= all_dependencies(declared, schedule)
    role = declared.one("aws:iam/role:Role", "images-patching")
    assert schedule.inputs["target"]["roleArn"] == role.outputs["arn"]


def test_schedule_is_in_the_group_that_its_role_trusts(declared: Declaration) -> None:
    group = declared.one("aws:scheduler/scheduleGroup:ScheduleGroup")
    trust = json.loads(declared.one("aws:iam/role:Role", "images-patching").inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Condition"]["StringEquals"]["aws:SourceArn"] == group.outputs["arn"]
    assert declared.one(SCHEDULE).inputs["groupName"] == group.outputs["name"]
    assert group.inputs["tags"] == {"team": "platform"}


def test_registry_has_no_schedule_by_default(registry: Declaration) -> None:
    assert registry.all(SCHEDULE) == []


def test_target_is_in_the_partition_of_the_region(declare: Declare) -> None:
    args = PrivateRegistryArgs(patch_schedule=CRON, image="registry:3")
    declared = declare(lambda: PrivateRegistry("images", args), region="cn-north-1")
    assert declared.one(SCHEDULE).inputs["target"]["arn"].startswith("arn:aws-cn:scheduler:::")


def test_ami_as_an_output_is_refused_too(declare: Declare) -> None:
    def program() -> None:
        ami_id = pulumi.Output.from_input("ami-0123456789abcdef0")
        PrivateRegistry("images", PrivateRegistryArgs(patch_schedule=CRON, ami_id=ami_id))

    with pytest.raises(pulumi.RunError, match="patch_schedule: is set, but `ami_id` pins the AMI"):
        declare(program)


def test_alarm_watches_the_schedule_group(declare: Declare) -> None:
    args = PrivateRegistryArgs(patch_schedule=CRON, monitoring=True, alarm_email="ops@example.com")
    declared = declare(lambda: PrivateRegistry("images", args))
    [query] = declared.one("aws:cloudwatch/metricAlarm:MetricAlarm", "images-patching-not-started").inputs[
        "metricQueries"
    ]
    group = declared.one("aws:scheduler/scheduleGroup:ScheduleGroup").outputs["name"]
    assert query["metric"]["dimensions"] == {"ScheduleGroup": group}
