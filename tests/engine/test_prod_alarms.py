"""The alarms of the prod stack as AWS has them."""

from __future__ import annotations

from tests.engine.stacks import DeployedStack


def test_alarms_and_events_go_to_the_encrypted_topic(prod: DeployedStack) -> None:
    topic = prod.declaration.exports["alarmTopicArn"]
    # Application Auto Scaling and the capacity provider have alarms of their own.
    alarms = prod.aws("cloudwatch").describe_alarms(AlarmNamePrefix="registry-")["MetricAlarms"]
    events = prod.aws("events")
    targets = [
        target["Arn"]
        for rule in events.list_rules(NamePrefix="registry-")["Rules"]
        for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    ]
    assert {action for each in alarms for action in (*each["AlarmActions"], *each["OKActions"])} == {topic}
    assert set(targets) == {topic}
    attributes = prod.aws("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    key = prod.aws("kms").describe_key(KeyId=attributes["KmsMasterKeyId"])["KeyMetadata"]
    assert (key["KeyManager"], key["Enabled"]) == ("CUSTOMER", True)


def test_certificate_alarm_counts_to_the_end_of_the_certificate(prod: DeployedStack) -> None:
    [certificate] = prod.aws("iam").list_server_certificates()["ServerCertificateMetadataList"]
    [found] = prod.aws("cloudwatch").describe_alarms(AlarmNamePrefix="registry-certificate-ends")["MetricAlarms"]
    end = int(certificate["Expiration"].timestamp())
    assert [query["Expression"] for query in found["Metrics"] if "Expression" in query] == [
        f"({end} - EPOCH(metric)) / 86400"
    ]
