"""Every configuration key is changed, and all are changed back, with the results in docs/configuration-changes.md.

The AWS API refuses to delete resources in use, such as a subnet with an instance.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pulumi import automation as auto

from components.problems import OPTIONS
from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.certificates import issue
from tests.engine.commands import run
from tests.engine.configuring import configure, configured, stack_file
from tests.engine.queries import AwsClients
from tests.engine.stacks import ROOT, require_capable_plugin

pytestmark = pytest.mark.exhaustive

_DOMAIN = "registry.example.com"
_AUTHORITY = issue("authority.example.com")
_CERTIFICATE = issue(_DOMAIN, by=_AUTHORITY)
_PEMS = {
    "certificate": _CERTIFICATE.pem,
    "certificateChain": _AUTHORITY.pem,
    "privateKey": _CERTIFICATE.key_pem,
}
_NETWORK = {
    "natGateways": "perZone",
    "network.vpcId": "vpc-0123456789abcdef0",
    **{f"network.publicSubnetIds[{n}]": f"subnet-0123456789abcdef{n}" for n in range(2)},
}

_UPSTREAM = {"upstream": "https://registry-1.docker.io", "upstreamUsername": "alice", "upstreamPassword": "made-up"}

# The stacks that are changed, with what each adds to Pulumi.dev.yaml.
_STACKS: Mapping[str, Mapping[str, str]] = {
    "settings": {"domain": _DOMAIN},
    "instances": {"domain": _DOMAIN, "natGateways": "single"},
    "unattended": {"domain": _DOMAIN, "natGateways": "single"},
    "network": {"domain": _DOMAIN, "natGateways": "single"},
    "cache": {"natGateways": "single", "internal": "true", "image": "registry:3", **_UPSTREAM},
}
# By stack and by row of the table: the changed values. ARN and ZONE stand for resources that exist already.
#
# The changes of a stack are made one after the other, each in addition to those before, and changed back together.
# Rows that exclude or hide each other, such as `users` and `htpasswd`, are therefore in different stacks, and `tags`
# comes before what adds a type of resource.
_CHANGES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "settings": {
        "tags": {"tags.team": "platform"},
        "domain": {"domain": "images.example.com"},
        "users": {"users.alice": "kettle harbour ginger saddle owl"},
        "deletes": {"deletes": "false"},
        "access, tokenSigner, tokenConcurrency": {
            "access[0].who": "arn:aws:iam::123456789012:role/team-*",
            "access[0].repositories[0]": "team/*",
            "access[0].actions[0]": "pull",
            "tokenSigner": "2",
            "tokenConcurrency": "20",
        },
        "allowedCidrs": {"allowedCidrs[0]": "203.0.113.0/24"},
        "rateLimit": {"rateLimit": "10000"},
        "logRetentionDays": {"logRetentionDays": "60"},
        "flowLogs": {"flowLogs": "true"},
        "deletionProtection": {"deletionProtection": "true"},
        "forceDestroy": {"forceDestroy": "false"},
    },
    "instances": {
        "image": {"image": "registry:3"},
        "instanceType": {"instanceType": "m7g.large"},
        "amiId": {"amiId": "ami-0123456789abcdef0"},
        "minSize": {"minSize": "1"},
        "maxSize": {"maxSize": "8"},
        "desiredCapacity": {"desiredCapacity": "3"},
        "desiredCount": {"desiredCount": "3"},
        "memoryLimit": {"memoryLimit": "3000"},
        "region, accountId": {"region": "us-west-2", "accountId": "123456789012"},
        "certificate, certificateChain, privateKey": _PEMS,
        "internal": {"internal": "true"},
    },
    "unattended": {
        "replicaRegion": {"replicaRegion": "us-east-2"},
        "maxCount": {"maxCount": "3", "maxSize": "6"},
        "containerInsights": {"containerInsights": "true"},
        "patchSchedule": {"patchSchedule": "cron(0 3 ? * SUN *)"},
        "garbageCollection, garbageCollectionMinutes, garbageCollectionDryRun": {
            "garbageCollection": "cron(0 5 ? * SUN *)",
            "garbageCollectionMinutes": "30",
            "garbageCollectionDryRun": "true",
        },
        "retention, retentionApply, retentionSchedule": {
            "retention[0].repositories[0]": "*",
            "retention[0].keepNewest": "10",
            "retentionApply": "true",
            "retentionSchedule": "cron(0 1 * * ? *)",
        },
        "htpasswd": {"htpasswd": f"alice:$2y$05${'a' * 53}"},
        "hostedZone": {"hostedZone": "ZONE"},
        "natGateways: none": {"natGateways": "none"},
        "monitoring, alarmEmail, runbookUrl, imagesGrowthLimit, monthlyBudget": {
            "monitoring": "true",
            "alarmEmail": "ops@example.com",
            "runbookUrl": "https://git.example.com/registry/docs/operations.md",
            "imagesGrowthLimit": "100",
            "monthlyBudget": "300",
        },
    },
    "network": {
        "certificateArn": {"certificateArn": "ARN"},
        "availabilityZones": {"availabilityZones": "3"},
        "natGateways: perZone": {"natGateways": "perZone"},
        "isolated": {"isolated": "true", "image": "123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:2"},
    },
    "cache": {
        "availabilityZoneNames": {f"availabilityZoneNames[{n}]": f"us-west-2{zone}" for n, zone in enumerate("abc")},
        "clientsReachS3": {"clientsReachS3": "true"},
        "upstream": {"upstream": "https://quay.io"},
        "upstreamUsername": {"upstreamUsername": "bob"},
        "upstreamPassword": {"upstreamPassword": "another"},
        "alarmTopicArn": {"monitoring": "true", "alarmTopicArn": "arn:aws:sns:us-west-2:123456789012:ops"},
    },
}
# Rows that not each AWS plugin can deploy.
_NOT_BY_EACH_PLUGIN = (
    "replicaRegion",
    "access, tokenSigner, tokenConcurrency",
    "retention, retentionApply, retentionSchedule",
)
_REFUSED = {
    "vpcCidr": {"vpcCidr": "10.1.0.0/16"},
    "network": _NETWORK,
    "imagesBucket": {"imagesBucket": "other-images"},
}

# Replacing one of these loses data or interrupts clients.
_KEPT = {"Vpc", "Bucket", "LoadBalancer", "TargetGroup", "Cluster", "Group", "CapacityProvider", "Service"}
# By name, since other components have the names of AWS's types, such as Service. Only these appear in changes.
_COMPONENTS = {
    *("Access", "AlarmTopic", "Alarms", "Dns", "EndpointPolicies", "Events", "GarbageCollection", "LogMetrics"),
    *("LogQueries", "Monitoring", "Patching", "PrivateBucket", "PrivateRegistry", "ReplicaBucket"),
    *("Retention", "Scaling"),
}
_REPLACES_THE_LOAD_BALANCER = {"internal", "isolated"}


@dataclass(frozen=True)
class Row:
    """A row of the table: the types of the resources, which are the same for a change and for the way back."""

    updated: frozenset[str]
    replaced: frozenset[str]
    added_or_removed: frozenset[str]


def _rows() -> dict[str, Row]:
    """Read the table's rows, by their first cell."""
    text = (ROOT / "docs" / "configuration-changes.md").read_text()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:3] == "| `"]
    return {
        re.sub(r"`| \(.*\)", "", key): Row(*(frozenset(re.findall(r"`([^`]+)`", cell)) for cell in types))
        for key, *types, _ in cells
    }


_ROWS = _rows()


@dataclass(frozen=True)
class _ChangedStack:
    """A deployed stack that is changed.

    Attributes:
        stack: the stack.
        config: the text of its file when it was deployed.
        changes: by row, in order: the operation on each resource.
    """

    stack: auto.Stack
    config: str
    changes: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])


@pytest.fixture(scope="module")
def changed_stack(api: AwsApi, folder: Path) -> Callable[[str], _ChangedStack]:
    """Deploys a stack of `_STACKS`, each at its first call."""

    @functools.cache
    def deploy(name: str) -> _ChangedStack:
        stack = engine.create_stack(ROOT, "dev", api, folder / name)
        configure(stack, _STACKS[name])
        run(stack.up)
        return _ChangedStack(stack, stack_file(stack).read_text())

    return deploy


@pytest.fixture(scope="module")
def existing(aws: AwsClients) -> Mapping[str, str]:
    """The ARN of a certificate and the ID of a hosted zone, by their placeholders in `_CHANGES`."""
    certificate = issue(_DOMAIN)
    uploaded = aws("iam").upload_server_certificate(
        ServerCertificateName="existing", CertificateBody=certificate.pem, PrivateKey=certificate.key_pem
    )
    zone = aws("route53").create_hosted_zone(Name="example.com", CallerReference="test")["HostedZone"]["Id"]
    return {"ARN": uploaded["ServerCertificateMetadata"]["Arn"], "ZONE": zone.removeprefix("/hostedzone/")}


def test_every_key_is_in_the_table() -> None:
    keys = {key for row in _ROWS for key in row.partition(":")[0].split(", ")}
    assert keys == {option.key for option in OPTIONS.values()}
    assert {row for rows in _CHANGES.values() for row in rows} | _REFUSED.keys() == _ROWS.keys()


def test_what_holds_data_or_connections_is_not_replaced() -> None:
    replaced = {key: _KEPT & row.replaced for key, row in _ROWS.items() if _KEPT & row.replaced}
    assert replaced == {key: {"LoadBalancer", "TargetGroup"} for key in _REPLACES_THE_LOAD_BALANCER}


@pytest.mark.parametrize(
    ("name", "row", "values"),
    [
        pytest.param(name, row, values, id=f"{name}-{row}")
        for name, rows in _CHANGES.items()
        for row, values in rows.items()
    ],
)
def test_change(
    changed_stack: Callable[[str], _ChangedStack],
    existing: Mapping[str, str],
    name: str,
    row: str,
    values: Mapping[str, str],
) -> None:
    changed = changed_stack(name)
    if row in _NOT_BY_EACH_PLUGIN:
        with configured(changed.stack, values):
            require_capable_plugin(changed.stack)

    configure(changed.stack, {key: existing.get(value, value) for key, value in values.items()})
    changed.changes[row] = run(changed.stack.up).changes

    assert _types(changed.changes[row]) == _ROWS[row]


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name}-all") for name in _STACKS])
def test_way_back_changes_the_same_resources(changed_stack: Callable[[str], _ChangedStack], name: str) -> None:
    changed = changed_stack(name)

    stack_file(changed.stack).write_text(changed.config)
    changed_back = run(changed.stack.up).changes

    expected = _undone(changed.changes.values())
    wrong = {resource for resource, _ in changed_back.items() ^ expected.items()}
    changed_by = {each: [row for row, changes in changed.changes.items() if each in changes] for each in wrong}
    assert changed_by == {}


@pytest.mark.parametrize("values", [pytest.param(values, id=f"network-{row}") for row, values in _REFUSED.items()])
def test_change_is_refused_in_the_preview(
    changed_stack: Callable[[str], _ChangedStack], values: Mapping[str, str]
) -> None:
    stack = changed_stack("network").stack
    with configured(stack, values), pytest.raises(auto.CommandError, match=r"changes the VPC|would lose its images"):
        run(stack.preview)


def _types(steps: Mapping[str, str]) -> Row:
    """Group the changes by operation. Components are left out: they are not resources of AWS."""

    def of(*operations: str) -> frozenset[str]:
        return frozenset(
            resource.partition(" ")[0]
            for resource, operation in steps.items()
            if operation in operations and resource.partition(" ")[0] not in _COMPONENTS
        )

    return Row(of("update"), of("replace"), of("create", "delete"))


def _undone(changes: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The operation on each resource that undoes some changes, which were made one after the other."""
    operations: dict[str, list[str]] = {}
    for each in changes:
        for resource, operation in each.items():
            operations.setdefault(resource, []).append(operation)
    undone: dict[str, str] = {}
    for resource, made in operations.items():
        existed, exists = made[0] != "create", made[-1] != "delete"
        if existed and exists:
            undone[resource] = "replace" if "replace" in made else "update"
        elif existed != exists:
            undone[resource] = "create" if existed else "delete"
    return undone
