"""The examples that use the library, and the name under which they import it."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import components
import private_registry
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.project import evaluate_project
from tests.unit import reachability
from tests.unit.helpers import all_dependencies, environment

EXAMPLES = Path(__file__).parents[3] / "examples"
# The examples that use the library. Those that use the plugin need an engine.
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/Pulumi.yaml") if "\npackages:" not in path.read_text())
REGISTRY, PROVIDER, VPC = "private-registry:index:PrivateRegistry", "pulumi:providers:aws", "aws:ec2/vpc:Vpc"
ROLE = "aws:iam/role:Role"
ROUTE, ASSOCIATION = "aws:ec2/route:Route", "aws:ec2/routeTableAssociation:RouteTableAssociation"
# The number of registries, if it is not one.
REGISTRIES = {"several": 3, "stack-references": 0}


@pytest.fixture(scope="module")
def examples() -> Mapping[str, Declaration]:
    return {name: evaluate_project(EXAMPLES / name, "dev") for name in NAMES}


def test_library_has_the_same_names_in_both_modules() -> None:
    names = {name: getattr(components, name) for name in components.__all__}
    assert {name: getattr(private_registry, name) for name in components.__all__} == names


@pytest.mark.parametrize("name", NAMES)
def test_example_declares_registries_and_has_outputs(examples: Mapping[str, Declaration], name: str) -> None:
    assert len(examples[name].all(REGISTRY)) == REGISTRIES.get(name, 1)
    assert examples[name].exports


@pytest.mark.parametrize("name", NAMES)
def test_passwords_are_secret_outputs(examples: Mapping[str, Declaration], name: str) -> None:
    declaration = examples[name]
    assert {"passwords", "dockerConfigJson"} & declaration.exports.keys() <= declaration.secret_exports


@pytest.mark.parametrize("name", NAMES)
def test_example_installs_the_library_from_this_repository(name: str) -> None:
    lines = (EXAMPLES / name / "requirements.txt").read_text().splitlines()
    assert "../.." in lines


@pytest.mark.parametrize("name", sorted(path.parent.name for path in EXAMPLES.glob("*/Pulumi.yaml")))
def test_readme_has_a_title_and_the_command_to_deploy(name: str) -> None:
    text = (EXAMPLES / name / "README.md").read_text()
    assert text.startswith("# ")
    assert "pulumi up" in text


def test_embedded_uses_the_company_provider_for_every_aws_resource(examples: Mapping[str, Declaration]) -> None:
    declaration = examples["embedded"]
    company = declaration.one(PROVIDER)
    aws = [each for each in declaration.resources if each.type.startswith("aws:")]
    assert {each.provider.rpartition("::")[0] for each in aws} == {company.urn}
    assert company.inputs["region"] == "us-west-2"


def test_existing_network_creates_only_security_groups_and_an_endpoint(examples: Mapping[str, Declaration]) -> None:
    declaration = examples["existing-network"]
    inside = {r.type for r in declaration.resources if "PrivateRegistry" in r.parent and r.type.startswith("aws:ec2/")}
    own = {"aws:ec2/launchTemplate:LaunchTemplate", "aws:ec2/securityGroup:SecurityGroup"}
    assert inside == {*own, "aws:ec2/managedPrefixList:ManagedPrefixList", "aws:ec2/vpcEndpoint:VpcEndpoint"}
    (vpc,) = declaration.all(VPC)
    assert declaration.one("aws:lb/targetGroup:TargetGroup").inputs["vpcId"] == vpc.id


@pytest.mark.parametrize(
    ("user", "kind"), [("aws:autoscaling/group:Group", "private"), ("aws:lb/loadBalancer:LoadBalancer", "public")]
)
def test_existing_network_is_complete_before_it_is_used(
    examples: Mapping[str, Declaration], user: str, kind: str
) -> None:
    declaration = examples["existing-network"]
    dependencies = all_dependencies(declaration, declaration.one(user))
    associations = [each for each in declaration.all(ASSOCIATION) if each.name.startswith(kind)]
    assert len(associations) == 2
    assert {each.urn for each in (*associations, declaration.one(ROUTE, kind))} <= dependencies


def test_internal_has_an_internal_load_balancer_for_the_office_networks(examples: Mapping[str, Declaration]) -> None:
    declaration = examples["internal"]
    assert declaration.one("aws:lb/loadBalancer:LoadBalancer").inputs["internal"] is True
    entries = declaration.one("aws:ec2/managedPrefixList:ManagedPrefixList").inputs["entries"]
    assert {entry["cidr"] for entry in entries} == {"10.0.0.0/8", "192.168.0.0/16"}
    assert environment(declaration)["REGISTRY_STORAGE_REDIRECT_DISABLE"] == "true"


def test_isolated_works_without_internet_access(examples: Mapping[str, Declaration]) -> None:
    declaration = examples["isolated"]
    assert declaration.all("aws:ec2/route:Route") == []
    assert reachability.unreachable(declaration, "images") == set()


def test_domain_has_records_and_a_certificate(examples: Mapping[str, Declaration]) -> None:
    declaration = examples["domain"]
    records = {record.inputs["type"]: record.inputs["name"] for record in declaration.all("aws:route53/record:Record")}
    assert (records["A"], records["AAAA"]) == ("registry.example.com", "registry.example.com")
    assert declaration.one("aws:acm/certificate:Certificate").inputs["domainName"] == "registry.example.com"


def test_pull_through_cache_caches_docker_hub(examples: Mapping[str, Declaration]) -> None:
    assert environment(examples["pull-through-cache"])["REGISTRY_PROXY_REMOTEURL"] == "https://registry-1.docker.io"


def test_several_share_a_network_and_differ_in_users_and_region(examples: Mapping[str, Declaration]) -> None:
    declaration = examples["several"]
    assert {vpc.name for vpc in declaration.all(VPC)} == {"backend-vpc", "europe-vpc"}
    groups = {
        name: declaration.one("aws:lb/targetGroup:TargetGroup", f"{name}-tg")
        for name in ("backend", "research", "europe")
    }
    assert groups["backend"].inputs["vpcId"] == groups["research"].inputs["vpcId"]
    regions = {provider.urn: provider.inputs["region"] for provider in declaration.all(PROVIDER)}
    found = {name: regions[group.provider.rpartition("::")[0]] for name, group in groups.items()}
    assert found == {"backend": "us-west-2", "research": "us-west-2", "europe": "eu-west-1"}
    files = declaration.all("aws:s3/bucketObjectv2:BucketObjectv2")
    users = {
        file.name.split("-")[0]: file.inputs["content"].partition(":")[0]
        for file in files
        if file.inputs["key"] == "htpasswd"
    }
    assert users == {name: name for name in groups}


def test_second_region_serves_the_replica_and_changes_no_dns_records(
    examples: Mapping[str, Declaration],
) -> None:
    declaration = examples["second-region"]
    assert environment(declaration)["REGISTRY_STORAGE_S3_BUCKET"] == "my-registry-replica"
    assert environment(declaration)["REGISTRY_STORAGE_S3_REGION"] == "us-east-2"
    assert declaration.all("aws:route53/record:Record") == []


def test_several_do_not_use_the_default_provider(examples: Mapping[str, Declaration]) -> None:
    aws = [each for each in examples["several"].resources if each.type.startswith("aws:")]
    assert [each.name for each in aws if not each.provider] == []


def test_options_sets_a_permissions_boundary_on_every_role(examples: Mapping[str, Declaration]) -> None:
    roles = examples["options"].all(ROLE)
    assert len(roles) == 3
    assert {role.inputs.get("permissionsBoundary") for role in roles} == {"arn:aws:iam::aws:policy/PowerUserAccess"}


def test_options_protects_the_buckets_in_spite_of_force_destroy() -> None:
    declaration = evaluate_project(EXAMPLES / "options", "dev", overrides={"options:protect": "true"})
    assert {bucket.name for bucket in declaration.all("aws:s3/bucket:Bucket") if bucket.protect} == {
        *("images-images", "images-logs", "images-bootstrap")
    }


def test_options_tags_what_auto_scaling_launches(examples: Mapping[str, Declaration]) -> None:
    template = examples["options"].one("aws:ec2/launchTemplate:LaunchTemplate").inputs
    tagged = {each["resourceType"] for each in template["tagSpecifications"] if each["tags"]["cost-center"] == "4711"}
    assert tagged == {"instance", "volume", "network-interface"}


def test_stack_references_creates_a_pull_secret_from_the_outputs(
    examples: Mapping[str, Declaration],
) -> None:
    declaration = examples["stack-references"]
    assert declaration.exports["image"] == "registry.example.com/team/service:1"
    (login,) = json.loads(declaration.exports["dockerConfigJson"])["auths"].values()
    assert set(login) == {"auth"}
    version = declaration.one("aws:secretsmanager/secretVersion:SecretVersion")
    assert json.loads(version.inputs["secretString"]).keys() == {"username", "password"}
    assert "secretString" in version.secret_inputs
