"""Evaluation of a program registers what the engine would see."""

from __future__ import annotations

import sys
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pulumi_tls as tls
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pulumi.runtime.rpc import UNKNOWN

from sandbox.evaluation.evaluate import evaluate
from sandbox.evaluation.monitor import DuplicateResource, State
from sandbox.evaluation.project import ProjectError, evaluate_project, stack_config
from tests.sandbox.helpers import PROJECT

_LOCAL = ("tls:", "random:")


def test_same_state_gives_the_same_values() -> None:
    state: State = {}
    first, second, fresh = (
        {r.urn: r for r in evaluate_project(PROJECT, "dev", state=kept).resources} for kept in (state, state, {})
    )
    assert first == second
    assert all(first[urn] != fresh[urn] for urn in first if first[urn].type.startswith(_LOCAL))


def test_changed_input_gives_a_new_value() -> None:
    def password(length: int):
        return lambda: pulumi.export("password", random.RandomPassword("p", length=length).result)

    state: State = {}
    short, long = (evaluate(password(length), state=state).exports["password"] for length in (8, 12))
    assert (len(short), len(long)) == (8, 12)


def test_derived_values_of_secrets_are_secret() -> None:
    def program() -> None:
        secret = random.RandomPassword("secret", length=8)
        parameter = aws.ssm.Parameter("parameter", type="SecureString", value=secret.result)
        aws.s3.BucketObject("object", bucket="b", key="k", content=secret.result.apply(lambda known: f"<{known}>"))
        pulumi.export("value", parameter.value)
        pulumi.export("name", parameter.name)

    declared = evaluate(program)
    result = declared.one("random:index/randomPassword:RandomPassword").outputs["result"]
    object_ = declared.one("aws:s3/bucketObject:BucketObject")
    assert object_.inputs["content"] == f"<{result}>"
    assert object_.secret_inputs == {"content"}
    assert declared.one("aws:ssm/parameter:Parameter").secret_outputs == {"value"}
    assert declared.secret_exports == {"value"}
    assert declared.exports["value"] == result
    assert result not in repr(declared)


def test_resource_options_and_urns_are_recorded() -> None:
    class Outer(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("a:b:Outer", "outer")
            inner = Inner(pulumi.ResourceOptions(parent=self))
            aws.ecs.Cluster("last", opts=pulumi.ResourceOptions(parent=self, depends_on=[inner]))

    class Inner(pulumi.ComponentResource):
        def __init__(self, opts: pulumi.ResourceOptions) -> None:
            super().__init__("a:b:Inner", "inner", {}, opts)
            options = pulumi.ResourceOptions(parent=self, protect=True, ignore_changes=["tags"], retain_on_delete=True)
            aws.ecs.Cluster("first", opts=options)

    declared = evaluate(Outer, project="shop", stack="test")
    first, last = (declared.one("aws:ecs/cluster:Cluster", name) for name in ("first", "last"))
    assert first.urn == "urn:pulumi:test::shop::a:b:Outer$a:b:Inner$aws:ecs/cluster:Cluster::first"
    assert first.parent == declared.one("a:b:Inner").urn
    assert (first.protect, first.retain_on_delete, first.ignore_changes) == (True, True, ("tags",))
    assert first.urn in last.dependencies


def test_provider_sets_the_region_of_resources_and_functions() -> None:
    def program() -> None:
        europe = aws.Provider("europe", region="eu-central-1")
        aws.ecs.Cluster("cluster", opts=pulumi.ResourceOptions(provider=europe))
        pulumi.export("europe", aws.get_region_output(opts=pulumi.InvokeOptions(provider=europe)).region)
        pulumi.export("default", aws.get_region_output().region)

    declared = evaluate(program, region="us-east-1")
    assert ":eu-central-1:" in declared.one("aws:ecs/cluster:Cluster").outputs["arn"]
    assert declared.exports == {"europe": "eu-central-1", "default": "us-east-1"}


def test_arn_suffixes_are_dimensions_of_cloudwatch() -> None:
    def program() -> None:
        balancer, targets = aws.lb.LoadBalancer("web", name="web"), aws.lb.TargetGroup("web", name="web")
        pulumi.export("suffixes", [balancer.arn_suffix, targets.arn_suffix])

    kinds = [suffix.rpartition("/")[0] for suffix in evaluate(program).exports["suffixes"]]
    assert kinds == ["app/web", "targetgroup/web"]


def test_duplicate_urn_is_refused() -> None:
    def program() -> None:
        aws.ecs.Cluster("same")
        aws.ecs.Cluster("same")

    with pytest.raises(DuplicateResource, match="Cluster::same"):
        evaluate(program)


def test_unknown_function_is_refused() -> None:
    with pytest.raises(LookupError, match="getIpRanges, which the sandbox cannot answer"):
        evaluate(lambda: aws.get_ip_ranges(services=["s3"]))


def test_error_of_the_program_is_raised_unchanged() -> None:
    class ProgramError(pulumi.RunError):
        pass

    def program() -> None:
        def refuse(_: str) -> str:
            raise ProgramError("the reason")

        pulumi.export("value", aws.ecs.Cluster("cluster").arn.apply(refuse))

    with pytest.raises(ProgramError, match=r"^the reason$"):
        evaluate(program)


def test_preview_leaves_computed_values_unknown() -> None:
    def program() -> None:
        bucket = aws.s3.Bucket("bucket", tags={"a": "b"})
        aws.s3.BucketObject("object", bucket=bucket.bucket, key="k", content=random.RandomString("r", length=3).result)

    declared = evaluate(program, preview=True)
    assert declared.one("aws:s3/bucket:Bucket").outputs == {"tags": {"a": "b"}}
    object_ = declared.one("aws:s3/bucketObject:BucketObject")
    assert (object_.inputs["bucket"], object_.inputs["key"], object_.inputs["content"]) == (UNKNOWN, "k", UNKNOWN)


def test_evaluation_leaves_no_state_behind() -> None:
    modules, path = set(sys.modules), list(sys.path)
    evaluate_project(PROJECT, "dev")
    assert not {name for name in set(sys.modules) - modules if name.split(".")[0] in ("components", "settings")}
    assert sys.path == path
    assert evaluate(lambda: pulumi.export("project", pulumi.get_project()), project="other").exports == {
        "project": "other"
    }


@pytest.mark.parametrize(("algorithm", "options"), [("RSA", {"rsa_bits": 2048}), ("ECDSA", {"ecdsa_curve": "P384"})])
def test_keys_and_certificates_are_valid(algorithm: str, options: dict[str, object]) -> None:
    def program() -> None:
        key = tls.PrivateKey("key", algorithm=algorithm, **options)  # pyright: ignore[reportArgumentType]
        certificate = tls.SelfSignedCert(
            "certificate",
            private_key_pem=key.private_key_pem,
            subject={"common_name": "name"},
            dns_names=["registry.example.com"],
            allowed_uses=["digital_signature", "server_auth"],
            validity_period_hours=24,
        )
        pulumi.export("key", key.private_key_pem)
        pulumi.export("certificate", certificate.cert_pem)

    exports = evaluate(program).exports
    certificate = x509.load_pem_x509_certificate(exports["certificate"].encode())
    certificate.verify_directly_issued_by(certificate)
    assert certificate.public_key() == load_pem_private_key(exports["key"].encode(), None).public_key()
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["registry.example.com"]


def test_config_is_read_like_the_cli_does(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: shop\nruntime: python\nconfig:\n"
        "  count: {type: integer, default: 2}\n  enabled: {type: boolean, default: false}\n  plain: value\n"
        "  'aws:region': {value: us-east-1}\n"
    )
    (tmp_path / "Pulumi.test.yaml").write_text(
        "config:\n  shop:count: 3\n  shop:list: [a, b]\n  shop:password: {secure: v1:abc}\n"
    )
    notices: list[str] = []
    config = stack_config(tmp_path, "test", notices.append)
    assert config.values == {
        "shop:count": "3",
        "shop:enabled": "false",
        "shop:plain": "value",
        "aws:region": "us-east-1",
        "shop:list": '["a", "b"]',
    }
    assert config.encrypted == ("shop:password",)
    assert [notice.partition(" ")[0] for notice in notices] == ["shop:password"]


def test_missing_required_value_is_named(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nconfig:\n  size: {type: integer}\n")
    (tmp_path / "Pulumi.test.yaml").write_text("")
    with pytest.raises(ProjectError, match="lacks values without a default: shop:size"):
        stack_config(tmp_path, "test")
