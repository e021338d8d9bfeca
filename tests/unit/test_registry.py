"""The composed registry: its tree, its names, its provider, and what depends on the image's version."""

import json
from collections import Counter
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import InvalidInput, PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration, Resource
from tests.unit.helpers import Declare

COMPONENT = "private-registry:index:"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def path(declaration: Declaration, resource: Resource) -> str:
    """Return the components around a resource, the outermost first."""
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
        f"{top} / SecurityGroups images": 7,
        f"{top} / Certificate images-certificate": 3,
        f"{top} / Credentials images-user": 2,
        f"{top} / Bootstrap images-bootstrap": 5,
        f"{top} / Bootstrap images-bootstrap / PrivateBucket images-bootstrap": 8,
        f"{top} / LoadBalancer images": 3,
        f"{top} / Capacity images": 10,
        f"{top} / Service images": 9,
        f"{top} / Monitoring images / AlarmTopic images-alarms": 3,
        f"{top} / Monitoring images / Alarms images": 10,
        f"{top} / Monitoring images / Events images": 6,
        f"{top} / Monitoring images / LogMetrics images": 5,
        f"{top} / Monitoring images / LogQueries images": 5,
        f"{top} / Monitoring images / Dashboard images": 2,
    }


def test_registry_is_the_only_child_of_the_stack(registry: Declaration) -> None:
    (root,) = [
        resource for resource in registry.resources if resource.parent.endswith("::pulumi:pulumi:Stack::registry-dev")
    ]
    assert (root.type, root.name) == ("private-registry:index:PrivateRegistry", "images")


def test_every_resource_name_begins_with_the_registry_name(registry: Declaration) -> None:
    assert [resource.name for resource in registry.resources if not resource.name.startswith("images")] == []


def test_two_registries_share_no_resources(declare: Declare) -> None:
    def program() -> None:
        PrivateRegistry("one")
        PrivateRegistry("two")

    declaration = declare(program)
    urns = [resource.urn for resource in declaration.resources]
    assert len(urns) == len(set(urns))
    for own, other in (("one", "two"), ("two", "one")):
        needed = {urn for each in declaration.resources if each.name.startswith(own) for urn in each.dependencies}
        assert not {urn for urn in needed if urn.rpartition("::")[2].startswith(other)}


def test_explicit_provider_is_used_for_every_resource_and_lookup(declare: Declare) -> None:
    def program() -> None:
        provider = aws.Provider("beijing", region="cn-north-1")
        PrivateRegistry("images", opts=pulumi.ResourceOptions(provider=provider))

    declaration = declare(program, region="eu-north-1")  # a region that registry:2 does not know
    created = [resource for resource in declaration.resources if resource.type.startswith("aws:")]
    assert {resource.provider.split("::")[-2] for resource in created} == {"beijing"}
    values = json.dumps([resource.inputs for resource in created])
    assert "cn-north-1a" in values
    assert "eu-north-1" not in values
    assert "arn:aws:" not in values


def is_taggable(resource: Resource) -> bool:
    """Return whether the resource can have 40 tags: an S3 object can have 10."""
    module, _, kind = resource.type.removeprefix("aws:").replace(":", "/").split("/")
    return kind != "BucketObjectv2" and hasattr(getattr(getattr(aws, module), kind), "tags")


def test_every_taggable_resource_has_the_tags(registry: Declaration) -> None:
    def tags(resource: Resource) -> Any:
        given = resource.inputs.get("tags") or {}
        return given if isinstance(given, dict) else {tag["key"]: tag["value"] for tag in given}

    taggable = [each for each in registry.resources if each.type.startswith("aws:") and is_taggable(each)]
    assert len(taggable) > 40
    assert [each.name for each in taggable if tags(each).get("team") != "platform"] == []


def test_instances_do_not_depend_on_the_image_version(registry: Declaration, registry_3: Declaration) -> None:
    """A change of the version starts no instance refresh, and its new tasks run on the present instances."""
    template = "aws:ec2/launchTemplate:LaunchTemplate"
    untagged = [
        {**each.one(template).inputs, "tags": None, "tagSpecifications": None} for each in (registry, registry_3)
    ]
    assert untagged[0] == untagged[1]


def test_only_the_task_role_may_write_and_only_to_the_images_bucket(registry: Declaration) -> None:
    arn = registry.one("aws:s3/bucket:Bucket", "images-images").outputs["arn"]
    (writer,) = [each for each in registry.all(ROLE_POLICY) if "s3:PutObject" in each.inputs["policy"]]
    assert writer.name == "images-task-images"
    statements = json.loads(writer.inputs["policy"])["Statement"]
    resources = {resource for statement in statements for resource in statement["Resource"]}
    assert resources == {arn, f"{arn}/*"}


def protected(declaration: Declaration) -> set[str]:
    return {resource.name for resource in declaration.resources if resource.protect}


def test_protection_of_load_balancer_images_and_logs(declare: Declare, registry: Declaration) -> None:
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
def test_only_log_delivery_services_may_write_logs(declare: Declare, flow_logs: bool, services: set[str]) -> None:
    declaration = declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(flow_logs=flow_logs)))
    policy = json.loads(declaration.one("aws:s3/bucketPolicy:BucketPolicy", "images-logs").inputs["policy"])
    allowing = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    assert {statement["Principal"]["Service"] for statement in allowing} == services


def test_password_of_domain_words_is_refused(declare: Declare) -> None:
    domain = "registry.acme-robotics.example"

    def program() -> None:
        users = {"alice": pulumi.Output.secret(f"alice@{domain}")}
        PrivateRegistry("images", PrivateRegistryArgs(users=users, domain=domain))

    with pytest.raises(InvalidInput, match="the password of 'alice'"):
        declare(program)


def test_longest_name_leaves_room_for_the_random_suffix(declare: Declare) -> None:
    declaration = declare(lambda: PrivateRegistry("a" * 20))
    names = [each.name for each in declaration.resources if each.type.startswith(("aws:lb/loadB", "aws:lb/targetG"))]
    assert len(names) == 2
    assert all(len(name) <= 24 for name in names)


def test_wrong_name_and_arguments_are_one_error(declare: Declare) -> None:
    args = PrivateRegistryArgs(min_size=0, vpc_cidr="8.8.0.0/16", image="registry")
    with pytest.raises(InvalidInput) as raised:
        declare(lambda: PrivateRegistry("a" * 21, args))
    keys = [problem.key for problem in raised.value.problems]
    assert keys == ["name", "image", "min_size, desired_capacity, max_size", "vpc_cidr"]


def test_error_of_a_late_password_names_the_registry(declare: Declare) -> None:
    """The password is known only when other registries have been declared."""

    def program() -> None:
        strong = "lantern orbit velvet canyon drum"
        for name, password in (("images", strong), ("charts", "x" * 73), ("models", strong)):
            PrivateRegistry(name, PrivateRegistryArgs(users={"ci": pulumi.Output.from_input(password)}))

    with pytest.raises(InvalidInput, match="the private registry 'charts' cannot be declared"):
        declare(program)


def test_first_preview_declares_the_same_resources(declare: Declare, registry_3: Declaration) -> None:
    args = PrivateRegistryArgs(image="registry:3")
    preview = declare(lambda: PrivateRegistry("images", args), state={}, preview=True)
    assert {each.urn for each in preview.resources} == {each.urn for each in registry_3.resources}
