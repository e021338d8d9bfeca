"""The whole, composed: its tree, its names, its provider, and what depends on the image's version."""

import json
from collections import Counter
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import InvalidInput, PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration, Resource
from tests.unit.helpers import Declare, boot_script

COMPONENT = "private-registry:index:"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def path(declaration: Declaration, resource: Resource) -> str:
    """The components from the outermost to the resource's own."""
    above = {each.urn: each for each in declaration.resources}
    steps: list[str] = []
    while resource.parent in above:
        resource = above[resource.parent]
        steps.insert(0, f"{resource.type.removeprefix(COMPONENT)} {resource.name}")
    return " / ".join(steps)


def test_every_resource_has_its_component_as_parent(registry: Declaration) -> None:
    children = Counter(path(registry, resource) for resource in registry.resources if resource.custom)
    top = "PrivateRegistry images"
    assert children == {
        f"{top} / PrivateBucket images-logs": 7,
        f"{top} / PrivateBucket images-images": 8,
        f"{top} / Network images": 22,
        f"{top} / Network images / Endpoints images": 1,
        f"{top} / SecurityGroups images": 6,
        f"{top} / Certificate images-certificate": 3,
        f"{top} / Credentials images-user": 2,
        f"{top} / Bootstrap images-bootstrap": 5,
        f"{top} / Bootstrap images-bootstrap / PrivateBucket images-bootstrap": 8,
        f"{top} / LoadBalancer images": 3,
        f"{top} / Capacity images": 11,
        f"{top} / Service images": 8,
    }


def test_the_registry_is_the_only_one_directly_in_the_stack(registry: Declaration) -> None:
    (root,) = [
        resource for resource in registry.resources if resource.parent.endswith("::pulumi:pulumi:Stack::registry-dev")
    ]
    assert (root.type, root.name) == ("private-registry:index:PrivateRegistry", "images")


def test_every_name_begins_with_the_registry_s(registry: Declaration) -> None:
    assert [resource.name for resource in registry.resources if not resource.name.startswith("images")] == []


def test_two_registries_in_one_program_share_nothing(declare: Declare) -> None:
    def program() -> None:
        PrivateRegistry("one")
        PrivateRegistry("two")

    declaration = declare(program)
    urns = [resource.urn for resource in declaration.resources]
    assert len(urns) == len(set(urns))
    for own, other in (("one", "two"), ("two", "one")):
        needed = {urn for each in declaration.resources if each.name.startswith(own) for urn in each.dependencies}
        assert not {urn for urn in needed if urn.rpartition("::")[2].startswith(other)}


def test_an_explicit_provider_makes_and_finds_everything(declare: Declare) -> None:
    def program() -> None:
        provider = aws.Provider("beijing", region="cn-north-1")
        PrivateRegistry("images", opts=pulumi.ResourceOptions(provider=provider))

    declaration = declare(program, region="eu-north-1")  # where registry:2 would be refused
    made = [resource for resource in declaration.resources if resource.type.startswith("aws:")]
    assert {resource.provider.split("::")[-2] for resource in made} == {"beijing"}
    values = json.dumps([resource.inputs for resource in made])
    assert "cn-north-1a" in values
    assert "eu-north-1" not in values
    assert "arn:aws:" not in values


def takes_tags(resource: Resource) -> bool:
    """Whether it takes as many as there may be: an object takes 10."""
    module, _, kind = resource.type.removeprefix("aws:").replace(":", "/").split("/")
    return kind != "BucketObjectv2" and hasattr(getattr(getattr(aws, module), kind), "tags")


def test_everything_that_takes_tags_has_them(registry: Declaration) -> None:
    def tags(resource: Resource) -> Any:
        given = resource.inputs.get("tags") or {}
        return given if isinstance(given, dict) else {tag["key"]: tag["value"] for tag in given}

    taking = [each for each in registry.resources if each.type.startswith("aws:") and takes_tags(each)]
    assert len(taking) > 40
    assert [each.name for each in taking if tags(each).get("team") != "platform"] == []


@pytest.mark.parametrize(
    ("image", "tokens", "role"), [("registry:2", "optional", "instance"), ("registry:3", "required", "task")]
)
def test_the_image_s_version_decides_who_may_reach_s3_and_how(
    request: pytest.FixtureRequest, image: str, tokens: str, role: str
) -> None:
    declaration: Declaration = request.getfixturevalue("registry" if image == "registry:2" else "registry_3")
    template = declaration.one("aws:ec2/launchTemplate:LaunchTemplate")
    assert template.inputs["metadataOptions"]["httpTokens"] == tokens
    writers = [each.name for each in declaration.all(ROLE_POLICY) if "s3:PutObject" in each.inputs["policy"]]
    assert writers == [f"images-{role}-images"]


def test_version_2_runs_on_instances_without_tokens_alone(registry: Declaration, registry_3: Declaration) -> None:
    task = "aws:ecs/taskDefinition:TaskDefinition"
    [constraint] = registry.one(task).inputs["placementConstraints"]
    assert constraint == {"type": "memberOf", "expression": "attribute:private-registry.metadata-tokens == optional"}
    assert '"private-registry.metadata-tokens":"optional"' in boot_script(registry)
    assert "placementConstraints" not in registry_3.one(task).inputs
    assert '"private-registry.metadata-tokens":"required"' in boot_script(registry_3)


def test_the_registry_writes_to_the_images_bucket_and_nowhere_else(registry: Declaration) -> None:
    arn = registry.one("aws:s3/bucket:Bucket", "images-images").outputs["arn"]
    (policy,) = [each.inputs["policy"] for each in registry.all(ROLE_POLICY) if "s3:PutObject" in each.inputs["policy"]]
    resources = {resource for statement in json.loads(policy)["Statement"] for resource in statement["Resource"]}
    assert resources == {arn, f"{arn}/*"}


def protected(declaration: Declaration) -> set[str]:
    return {resource.name for resource in declaration.resources if resource.protect}


def test_load_balancer_images_and_logs_are_protected_as_told(declare: Declare, registry: Declaration) -> None:
    forced = declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(force_destroy=True)))
    assert (protected(registry), protected(forced)) == ({"images-alb", "images-images", "images-logs"}, set())


@pytest.mark.parametrize(
    ("flow_logs", "services"),
    [
        (False, {"logdelivery.elasticloadbalancing.amazonaws.com", "logging.s3.amazonaws.com"}),
        (
            True,
            {
                "logdelivery.elasticloadbalancing.amazonaws.com",
                "logging.s3.amazonaws.com",
                "delivery.logs.amazonaws.com",
            },
        ),
    ],
)
def test_only_services_that_deliver_logs_may_write_them(declare: Declare, flow_logs: bool, services: set[str]) -> None:
    declaration = declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(flow_logs=flow_logs)))
    policy = json.loads(declaration.one("aws:s3/bucketPolicy:BucketPolicy", "images-logs").inputs["policy"])
    allowing = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    assert {statement["Principal"]["Service"] for statement in allowing} == services


def test_the_address_is_the_load_balancer_s_name(registry: Declaration) -> None:
    address = registry.one(f"{COMPONENT}PrivateRegistry").outputs["address"]
    assert address == registry.one("aws:lb/loadBalancer:LoadBalancer").outputs["dnsName"]


def test_or_the_domain(declare: Declare) -> None:
    declaration = declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(domain="registry.example.com")))
    assert declaration.one(f"{COMPONENT}PrivateRegistry").outputs["address"] == "registry.example.com"


def test_the_longest_name_leaves_room_for_pulumi_s_suffix(declare: Declare) -> None:
    declaration = declare(lambda: PrivateRegistry("a" * 20))
    names = [each.name for each in declaration.resources if each.type.startswith(("aws:lb/loadB", "aws:lb/targetG"))]
    assert len(names) == 2
    assert all(len(name) <= 24 for name in names)


def test_a_wrong_name_and_wrong_arguments_are_one_error_before_anything_is_made(declare: Declare) -> None:
    args = PrivateRegistryArgs(min_size=0, vpc_cidr="8.8.0.0/16", image="registry")
    with pytest.raises(InvalidInput) as raised:
        declare(lambda: PrivateRegistry("a" * 21, args))
    keys = [problem.key for problem in raised.value.problems]
    assert keys == ["name", "image", "min_size, desired_capacity, max_size", "vpc_cidr"]


def test_a_preview_of_a_stack_that_does_not_exist_yet_declares_the_same_resources(
    declare: Declare, registry_3: Declaration
) -> None:
    args = PrivateRegistryArgs(image="registry:3")
    preview = declare(lambda: PrivateRegistry("images", args), state={}, preview=True)
    assert {each.urn for each in preview.resources} == {each.urn for each in registry_3.resources}
