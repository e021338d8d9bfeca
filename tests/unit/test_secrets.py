"""Secrets are only in properties that are marked as secret."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, boot_script
from tests.unit.pems import issue

PASSWORD = "sentinel lantern orbit velvet canyon"
HASH = "$2y$10$" + "Zx81" * 13 + "Z"
DOMAIN = "registry.example.com"
ISSUED = issue(DOMAIN)
KEY_LINE = ISSUED.key_pem.splitlines()[1]


def with_users() -> PrivateRegistryArgs:
    return PrivateRegistryArgs(
        domain=DOMAIN,
        users={"alice": pulumi.Output.secret(PASSWORD)},
        certificate=ISSUED.pem,
        private_key=pulumi.Output.secret(ISSUED.key_pem),
    )


def with_htpasswd() -> PrivateRegistryArgs:
    return PrivateRegistryArgs(image="registry:3", htpasswd=pulumi.Output.secret(f"alice:{HASH}"))


@pytest.fixture(scope="module")
def registries(declare: Declare) -> Mapping[str, Declaration]:
    """A registry for each source of users and certificate, which exports its outputs."""

    def declared(args: Callable[[], PrivateRegistryArgs]) -> Declaration:
        def program() -> None:
            registry = PrivateRegistry("images", args())
            for name in ("address", "bucket_name", "cluster_name", "service_name", "ca_certificate", "passwords"):
                pulumi.export(name, getattr(registry, name))

        return declare(program)

    sources = {"users": with_users, "htpasswd": with_htpasswd, "generated": PrivateRegistryArgs}
    return {source: declared(args) for source, args in sources.items()}


def holders(declaration: Declaration, secret: str) -> tuple[set[str], set[str]]:
    """Return the properties that contain a text: those that are marked as secret, and the others."""
    found: tuple[set[str], set[str]] = (set(), set())

    def search(where: str, properties: Mapping[str, Any], secrets: frozenset[str]) -> None:
        for key, value in properties.items():
            if secret in json.dumps(value):
                found[0 if key in secrets else 1].add(f"{where} {key}")

    for resource in declaration.resources:
        kind = resource.type.rpartition(":")[2]
        search(f"{kind} {resource.name}", resource.inputs, resource.secret_inputs)
        search(f"{kind} {resource.name}", resource.outputs, resource.secret_outputs)
    search("export", declaration.exports, declaration.secret_exports)
    return found


def hash_of(declaration: Declaration) -> str:
    content = declaration.one("aws:s3/bucketObjectv2:BucketObjectv2", "images-bootstrap-htpasswd").inputs["content"]
    return content.strip().partition(":")[2]


def http_secret(declaration: Declaration) -> str:
    return declaration.one("aws:ssm/parameter:Parameter").inputs["value"]


def generated_password(declaration: Declaration) -> str:
    return declaration.exports["passwords"]["docker"]


def generated_key(declaration: Declaration) -> str:
    return declaration.one("aws:iam/serverCertificate:ServerCertificate").inputs["privateKey"].splitlines()[1]


def backend_key(declaration: Declaration) -> str:
    content = declaration.one("aws:s3/bucketObjectv2:BucketObjectv2", "images-bootstrap-domain.key").inputs["content"]
    return content.splitlines()[1]


HTPASSWD = {"BucketObjectv2 images-bootstrap-htpasswd content", "Credentials images-user htpasswd"}
HTTP_SECRET = {"RandomPassword images-http-secret result", "Parameter images-http-secret value"}
GENERATED_KEY = {
    "PrivateKey images-certificate privateKeyPem",
    "SelfSignedCert images-certificate privateKeyPem",
    "ServerCertificate images-certificate privateKey",
}
GENERATED_PASSWORD = {
    "RandomPassword images-user-docker result",
    "PrivateRegistry images passwords",
    "export passwords",
}
BACKEND_KEY = {
    "PrivateKey images-bootstrap privateKeyPem",
    "SelfSignedCert images-bootstrap privateKeyPem",
    "BucketObjectv2 images-bootstrap-domain.key content",
}


@pytest.mark.parametrize(
    ("source", "secret", "places"),
    [
        ("users", lambda _: PASSWORD, set()),
        ("users", hash_of, HTPASSWD),
        ("users", lambda _: KEY_LINE, {"ServerCertificate images-certificate privateKey"}),
        ("users", http_secret, HTTP_SECRET),
        ("users", backend_key, BACKEND_KEY),
        ("htpasswd", lambda _: HASH, HTPASSWD),
        ("htpasswd", generated_key, GENERATED_KEY),
        ("generated", hash_of, HTPASSWD),
        ("generated", generated_password, GENERATED_PASSWORD),
    ],
    ids=[
        *("password", "its hash", "private key", "HTTP secret", "backend key"),
        *("ready hash", "generated key", "generated hash", "generated password"),
    ],
)
def test_secret_is_only_in_the_expected_properties(
    registries: Mapping[str, Declaration],
    source: str,
    secret: Callable[[Declaration], str],
    places: set[str],
) -> None:
    declaration = registries[source]
    marked, clear = holders(declaration, secret(declaration))
    assert clear == set()
    assert marked == places
    assert secret(declaration) not in boot_script(declaration)


def test_other_properties_are_not_secret(registries: Mapping[str, Declaration]) -> None:
    declaration = registries["generated"]
    assert declaration.secret_exports == {"passwords"}
    public = ("launchTemplate:LaunchTemplate", "taskDefinition:TaskDefinition", "bucket:Bucket", "service:Service")
    assert {r.name for r in declaration.resources if r.type.endswith(public) and r.secret_inputs} == set()
