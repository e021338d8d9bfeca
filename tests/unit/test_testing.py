"""The public mocks are enough for a program that embeds a registry, and for its unit tests."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import (
    AccessRule,
    ExistingNetwork,
    PrivateRegistry,
    PrivateRegistryArgs,
    RegistryOutputs,
    RetentionRule,
)
from components.options import attribute_docs
from components.testing import RegistryMocks

ECR_IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:3"
CERTIFICATE = "arn:aws:iam::123456789012:server-certificate/registry"
NETWORK = ExistingNetwork(
    vpc_id="vpc-1", public_subnet_ids=["subnet-1", "subnet-2"], private_subnet_ids=["subnet-3", "subnet-4"]
)


@pytest.fixture(autouse=True)
def _event_loop() -> Iterator[None]:
    """The event loop of the main thread, which Pulumi's test runtime uses. `asyncio.run` in other tests removes it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


class RecordingMocks(RegistryMocks):
    """Records the inputs of all resources, each as text."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs: list[str] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.inputs.append(json.dumps(args.inputs))
        return super().new_resource(args)


@pytest.mark.parametrize(
    "args",
    [
        PrivateRegistryArgs(),
        PrivateRegistryArgs(image="registry:3", users={"alice": "lantern orbit velvet canyon drum"}, flow_logs=True),
        PrivateRegistryArgs(network=NETWORK, internal=True, tags={"team": "platform"}),
        PrivateRegistryArgs(isolated=True, image=ECR_IMAGE),
        PrivateRegistryArgs(access=[AccessRule(who="*", repositories=["*"], actions=["pull"])]),
        PrivateRegistryArgs(domain="registry.example.com", hosted_zone="Z0123456789ABCDEFGHIJ"),
        PrivateRegistryArgs(
            monitoring=True,
            monthly_budget=300,
            replica_region="us-east-2",
            retention=[RetentionRule(repositories=["*"], keep_newest=10)],
        ),
        PrivateRegistryArgs(monitoring=True, domain="registry.example.com", certificate_arn=CERTIFICATE),
    ],
    ids=[
        "defaults",
        "users and flow logs",
        "existing network",
        "isolated",
        "access",
        "hosted zone",
        "alarms",
        "certificate",
    ],
)
def test_mocks_give_what_a_registry_reads(args: PrivateRegistryArgs) -> None:
    outputs: dict[str, Any] = {}
    mocks = RecordingMocks()
    pulumi.runtime.set_mocks(mocks)

    @pulumi.runtime.test
    def program() -> pulumi.Output[None]:
        registry = PrivateRegistry("images", args)
        return pulumi.Output.all(**registry.by_key()).apply(outputs.update)

    program()
    optional = {
        *("passwords", "caCertificate", "availabilityZoneNames"),
        *("alarmTopicArn", "garbageCollectionArn", "replicaBucketName", "replicaBucketArn", "retentionFunctionName"),
    }
    assert len(outputs) == len(attribute_docs(RegistryOutputs))
    assert {key for key, value in outputs.items() if value is None} <= optional
    assert [text for text in mocks.inputs if "None" in text] == []


def test_region_and_account_can_be_chosen() -> None:
    found: list[str] = []
    pulumi.runtime.set_mocks(RegistryMocks(region="cn-north-1", account_id="210987654321"))

    @pulumi.runtime.test
    def program() -> pulumi.Output[None]:
        return PrivateRegistry("images").cluster_arn.apply(found.append)

    program()
    assert found == ["arn:aws-cn:ecs:cn-north-1:210987654321:cluster/images-cluster"]


def test_function_that_a_registry_does_not_call_is_an_error() -> None:
    pulumi.runtime.set_mocks(RegistryMocks())
    with pytest.raises(Exception, match="getBillingServiceAccount: answer it in a subclass"):
        aws.get_billing_service_account()
