"""The token service: what it runs, what it may know, who reaches it, and how the registry verifies its tokens."""

import base64
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from components import AccessRule, PrivateRegistry, PrivateRegistryArgs
from components.pure.policies import DECLARED_RULE_TAG
from components.pure.token_keys import key_id
from components.token_service.static_users import HashedPassword, verified
from sandbox.evaluation.declared import Declaration
from tests.unit import reachability
from tests.unit.helpers import Declare, all_dependencies, container, environment
from tests.unit.token_service.services import event

FUNCTION, KEY, OBJECT = "aws:lambda/function:Function", "aws:kms/key:Key", "aws:s3/bucketObjectv2:BucketObjectv2"
SERVICE = "aws:ecs/service:Service"
RULE, TARGET = "aws:lb/listenerRule:ListenerRule", "aws:lb/targetGroupAttachment:TargetGroupAttachment"
PERMISSION, TARGET_GROUP = "aws:lambda/permission:Permission", "aws:lb/targetGroup:TargetGroup"
PASSWORD = "lantern orbit velvet canyon drum"
RULES = [
    AccessRule(who="arn:aws:iam::123456789012:role/team-*", repositories=["team/*"], actions=["pull", "push"]),
    AccessRule(who="user:alice", repositories=["*"], actions=["pull"]),
]


@pytest.fixture(scope="module")
def declare_access(declare: Declare) -> Callable[..., Declaration]:
    def declare_registry(**more: Any) -> Declaration:
        args: dict[str, Any] = {"access": RULES, "users": {"alice": PASSWORD}, "image": "registry:3", **more}
        return declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(**args)))

    return declare_registry


@pytest.fixture(scope="module")
def declared(declare_access: Callable[..., Declaration]) -> Declaration:
    return declare_access(tags={"team": "platform"})


def variables(declaration: Declaration) -> dict[str, str]:
    return declaration.one(FUNCTION).inputs["environment"]["variables"]


def configuration(declaration: Declaration) -> dict[str, Any]:
    return json.loads(declaration.one(OBJECT, "images-access.json").inputs["content"])


def public_key(key: Any) -> str:
    """The key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_function_runs_with_the_declared_package_and_environment(declared: Declaration, tmp_path: Path) -> None:
    """Its modules import each other and what the Lambda runtime has, outside of this repository."""
    function, package = declared.one(FUNCTION).inputs, declared.one(OBJECT, "images-access")
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(package.inputs["contentBase64"]))) as archive:
        archive.extractall(tmp_path)
    module, _, name = function["handler"].rpartition(".")
    program = f"import sys, types; sys.path.insert(0, {str(tmp_path)!r}); from {module} import {name}"
    program += f"; print({name}({event('GET', '/auth/login')}, types.SimpleNamespace(aws_request_id='1'))['body'])"
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program],
        cwd=tmp_path,
        env={**variables(declared), "AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-2"},
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr, ran.stdout) == (0, "", '{"region": "us-west-2"}\n')
    assert (function["s3Bucket"], function["s3Key"]) == (package.inputs["bucket"], package.inputs["key"])


@pytest.mark.parametrize(
    ("region", "host"),
    [("us-west-2", "sts.us-west-2.amazonaws.com"), ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn")],
)
def test_function_asks_the_sts_of_its_region(declare: Declare, region: str, host: str) -> None:
    args = PrivateRegistryArgs(access=[AccessRule(who="*", repositories=["*"], actions=["pull"])])
    assert variables(declare(lambda: PrivateRegistry("images", args), region=region))["STS_HOST"] == host


def test_service_has_the_rules_and_the_users_as_a_secret(declared: Declaration) -> None:
    known = configuration(declared)
    assert known["rules"] == [
        {"who": rule.who, "repositories": list(rule.repositories), "actions": list(rule.actions)} for rule in RULES
    ]
    users = {
        name: HashedPassword(salt=base64.b64decode(user["salt"]), hash=base64.b64decode(user["hash"]))
        for name, user in known["users"].items()
    }
    assert verified(users, "alice", PASSWORD)
    assert "content" in declared.one(OBJECT, "images-access.json").secret_inputs


def test_default_user_can_get_tokens(declare_access: Callable[..., Declaration]) -> None:
    rules = [AccessRule(who="user:docker", repositories=["*"], actions=["pull"])]
    assert configuration(declare_access(access=rules, users=None))["users"].keys() == {"docker"}


def test_who_can_be_a_role_of_the_same_program(declare: Declare) -> None:
    def program() -> None:
        who = pulumi.Output.from_input("arn:aws:iam::123456789012:role/ci")
        rules = [AccessRule(who=who, repositories=["*"], actions=["pull"])]
        PrivateRegistry("images", PrivateRegistryArgs(access=rules))

    assert configuration(declare(program))["rules"][0]["who"] == "arn:aws:iam::123456789012:role/ci"


@pytest.mark.parametrize("domain", [None, "registry.example.com"])
def test_registry_takes_the_tokens_of_the_service(
    declare_access: Callable[..., Declaration], domain: str | None
) -> None:
    declaration = declare_access(domain=domain)
    registry, service = environment(declaration), variables(declaration)
    host = domain or declaration.one("aws:lb/loadBalancer:LoadBalancer").outputs["dnsName"]
    assert registry["REGISTRY_AUTH_TOKEN_SERVICE"] == service["REGISTRY"] == host
    assert registry["REGISTRY_AUTH_TOKEN_ISSUER"] == service["ISSUER"]
    assert service["SIGNING_KEY_ID"] in [key["kid"] for key in json.loads(registry["TOKEN_KEYS"])["keys"]]


@pytest.mark.parametrize(
    ("image", "number", "trusted"),
    [("registry:2", 1, [1, 2]), ("registry:2", 2, [1, 2, 3]), ("registry:3", 1, [1, 2]), ("registry:3", 7, [6, 7, 8])],
)
def test_registry_trusts_the_keys_before_and_after_the_signing_one(
    declare_access: Callable[..., Declaration], image: str, number: int, trusted: list[int]
) -> None:
    declaration = declare_access(image=image, token_signer=number)
    keys = {each.name: each.outputs["arn"] for each in declaration.all(KEY)}
    content = environment(declaration)["TOKEN_KEYS"]
    if image == "registry:2":
        certificates = x509.load_pem_x509_certificates(content.encode())
        ids = [key_id(public_key(certificate.public_key())) for certificate in certificates]
    else:
        ids = [key["kid"] for key in json.loads(content)["keys"]]
    assert [*keys] == [f"images-token-key-{each}" for each in trusted]
    assert variables(declaration)["SIGNING_KEY_ARN"] == keys[f"images-token-key-{number}"]
    assert ids.index(variables(declaration)["SIGNING_KEY_ID"]) == trusted.index(number)
    assert len(ids) == len(trusted)


def test_container_writes_its_keys_to_memory_before_it_starts(declared: Declaration) -> None:
    definition = container(declared)
    [memory] = definition["linuxParameters"]["tmpfs"]
    path = environment(declared)["REGISTRY_AUTH_TOKEN_JWKS"]
    assert path.startswith(f"{memory['containerPath']}/")
    assert definition["entryPoint"] == ["/bin/sh", "-c"]
    assert definition["command"] == [
        f'printf %s "$TOKEN_KEYS" > {path} && exec registry serve /etc/distribution/config.yml'
    ]


def test_load_balancer_sends_only_the_paths_of_tokens_to_the_function(declared: Declaration) -> None:
    rule, group = declared.one(RULE).inputs, declared.one(TARGET_GROUP, "images-fn")
    assert rule["conditions"] == [{"pathPattern": {"values": ["/auth/*"]}}]
    assert rule["actions"] == [{"type": "forward", "targetGroupArn": group.outputs["arn"]}]
    assert (group.inputs["targetType"], group.inputs["lambdaMultiValueHeadersEnabled"]) == ("lambda", True)
    assert declared.one(TARGET).inputs["targetId"] == declared.one(FUNCTION).outputs["arn"]


def test_only_this_target_group_may_call_the_function(declared: Declaration) -> None:
    permission = declared.one(PERMISSION).inputs
    assert permission["principal"] == "elasticloadbalancing.amazonaws.com"
    assert permission["sourceArn"] == declared.one(TARGET_GROUP, "images-fn").outputs["arn"]


def test_each_part_waits_for_what_it_needs(declared: Declaration) -> None:
    def after(type_: str, name: str | None = None) -> set[str]:
        return all_dependencies(declared, declared.one(type_, name))

    # Elastic Load Balancing tests the permission when the target is registered.
    assert declared.one(PERMISSION).urn in after(TARGET)
    assert declared.one("aws:iam/rolePolicy:RolePolicy", "images-access-run").urn in after(FUNCTION)
    assert declared.one(OBJECT, "images-access.json").urn in after(FUNCTION)
    # New replicas send clients to the token service.
    assert {declared.one(RULE).urn, declared.one(TARGET).urn, declared.one(FUNCTION).urn} <= after(SERVICE)


def test_rules_and_users_start_no_deployment(declare_access: Callable[..., Declaration], declared: Declaration) -> None:
    other = declare_access(access=RULES[:1], users={"bob": PASSWORD}, tags={"team": "platform"})
    assert configuration(other) != configuration(declared)
    assert container(other) == container(declared)
    assert other.one(FUNCTION).inputs == declared.one(FUNCTION).inputs


def test_reserved_concurrency_can_be_left_to_the_account(declare_access: Callable[..., Declaration]) -> None:
    reserved = [
        declare_access(token_concurrency=number).one(FUNCTION).inputs.get("reservedConcurrentExecutions")
        for number in (25, 0)
    ]
    assert reserved == [25, None]


def test_log_is_kept_as_long_as_the_registry_s(declare_access: Callable[..., Declaration]) -> None:
    declaration = declare_access(log_retention_days=90)
    group = declaration.one("aws:cloudwatch/logGroup:LogGroup", "images-access")
    assert group.inputs["retentionInDays"] == 90
    logging = declaration.one(FUNCTION).inputs["loggingConfig"]
    assert (logging["logGroup"], logging["logFormat"]) == (group.outputs["name"], "JSON")


def test_isolated_network_needs_nothing_for_the_service(declare_access: Callable[..., Declaration]) -> None:
    """The function is outside the VPC, and the replicas call nobody to verify a token."""
    isolated = {"isolated": True, "image": "123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:3"}
    declaration, without = declare_access(**isolated), declare_access(**isolated, access=None)
    endpoints = [len(each.all("aws:ec2/vpcEndpoint:VpcEndpoint")) for each in (declaration, without)]
    assert reachability.unreachable(declaration, "images") == set()
    assert endpoints[0] == endpoints[1]
    assert "vpcConfig" not in declaration.one(FUNCTION).inputs
    # The clients' only way to it is the load balancer, which is internal.
    assert declaration.one("aws:lb/loadBalancer:LoadBalancer").inputs["internal"] is True
    assert not declaration.all("aws:lambda/functionUrl:FunctionUrl")


@pytest.mark.parametrize("internal", [False, True])
def test_target_group_is_replaced_with_the_load_balancer(
    declare_access: Callable[..., Declaration], internal: bool
) -> None:
    """It belongs to one load balancer (TargetGroupAssociationLimit), and a change of `internal` replaces that."""
    declaration = declare_access(internal=internal)
    triggers = {each.name: each.replacement_trigger for each in declaration.all(TARGET_GROUP)}
    assert triggers == {"images-tg": internal, "images-fn": internal}


def test_no_signing_key_can_sign_anything_but_tokens(declared: Declaration) -> None:
    keys = [key.inputs for key in declared.all(KEY)]
    assert {(key["keyUsage"], key["customerMasterKeySpec"]) for key in keys} == {("SIGN_VERIFY", "RSA_2048")}


def test_everything_that_takes_tags_has_them(declared: Declaration) -> None:
    tagged = [declared.one(FUNCTION), declared.one(RULE), declared.one(TARGET_GROUP, "images-fn"), *declared.all(KEY)]
    assert [each.name for each in tagged if each.inputs["tags"].get("team") != "platform"] == []


def test_garbage_collections_may_not_delete_the_rule(declared: Declaration) -> None:
    """The roles of a collection may delete the rules of the listener that lack this tag."""
    assert DECLARED_RULE_TAG in declared.one(RULE).inputs["tags"]


def test_registry_without_rules_has_no_part_of_it(registry_3: Declaration) -> None:
    assert not any(registry_3.all(type_) for type_ in (FUNCTION, KEY, RULE, PERMISSION))
    assert "entryPoint" not in container(registry_3)


def test_monitoring_watches_the_service(declare_access: Callable[..., Declaration]) -> None:
    declaration = declare_access(monitoring=True)
    name = declaration.one(FUNCTION).outputs["name"]
    watched = {
        query["metric"]["metricName"]
        for alarm in declaration.all("aws:cloudwatch/metricAlarm:MetricAlarm")
        for query in alarm.inputs["metricQueries"]
        if query.get("metric", {}).get("dimensions") == {"FunctionName": name}
    }
    group = declaration.one("aws:cloudwatch/logGroup:LogGroup", "images-access").outputs["name"]
    queries = declaration.all("aws:cloudwatch/queryDefinition:QueryDefinition")
    names = {query.inputs["name"] for query in queries if query.inputs["logGroupNames"] == [group]}
    assert watched == {"Errors", "Throttles"}
    assert f"{group}/who got tokens" in names
