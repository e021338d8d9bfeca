"""A registry with `access`, of both major versions: what clients may do, and attacks on its tokens."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pytest

from sandbox import acceptance, oci_image
from sandbox.client import Client
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from sandbox.random_image import MANIFEST_TYPE, MB, Image
from sandbox.registry_client import RegistryClient, RequestFailed
from tests.sandbox import figures
from tests.sandbox.floods import RATE, flood
from tests.sandbox.forgeries import LEEWAY, forged
from tests.sandbox.helpers import PROJECT
from tests.sandbox.https import Answer, ask, authorization
from tests.sandbox.token_service import ACCOUNT, ADMIN, READER, TokenRegistry, bearer, token_registry

_DEPLOYER, _LOOK_ALIKE = (
    f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session" for role in ("deployer", "deployer-evil")
)
_OTHER_ACCOUNT = "arn:aws:sts::210987654321:assumed-role/deployer/session"
_FLOOD_SECONDS = 3
_TOKEN = "/auth/token?scope=repository:team/app:pull"


@pytest.fixture(scope="module", params=["registry:2", "registry:3"])
def registry(
    dev: Sandbox, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[TokenRegistry]:
    folder = tmp_path_factory.mktemp(request.param.replace(":", "-"))
    identities = (_DEPLOYER, _LOOK_ALIKE, _OTHER_ACCOUNT)
    with token_registry(dev, request.param, folder, identities=identities) as running:
        with RegistryClient(running.endpoint(ADMIN)) as admin:
            for repository in ("team/app", "secret/app", "public/app"):
                admin.push(Image.random(repository, "1"))
        yield running


@pytest.mark.parametrize("check", acceptance.CHECKS.values(), ids=list(acceptance.CHECKS))
def test_check_of_a_sandbox_passes(registry: TokenRegistry, check: Callable[[Sandbox], str]) -> None:
    assert check(registry.sandbox)


def test_docker_client_may_do_what_rules_grant(registry: TokenRegistry, tmp_path: Path) -> None:
    client, image, pulled = registry.sandbox.client, tmp_path / "image", tmp_path / "pulled"
    oci_image.make(image, tag="1", layers=2, layer_bytes=1000)
    admin, reader, nobody = (tmp_path / f"{name}.json" for name in ("admin", "reader", "nobody"))
    assert client.login(*ADMIN, auth_file=admin).returncode == 0
    assert client.login(*READER, auth_file=reader).returncode == 0
    assert client.login(ADMIN[0], READER[1], auth_file=nobody).returncode == 1

    assert client.push(image, "team/pushed:1", auth_file=admin).returncode == 0
    assert client.pull("team/pushed:1", pulled, auth_file=reader).returncode == 0
    assert oci_image.digests(pulled) == oci_image.digests(image)
    assert client.pull("public/app:1", tmp_path / "public", auth_file=nobody).returncode == 0
    for refused in (
        client.push(image, "team/other:1", auth_file=reader),
        client.delete("team/pushed:1", auth_file=reader),
        client.pull("secret/app:1", tmp_path / "secret", auth_file=reader),
        client.pull("team/app:1", tmp_path / "team", auth_file=nobody),
        client.push(image, "public/other:1", auth_file=nobody),
    ):
        assert refused.returncode == 1
        assert re.search("is denied|log in first|401 Unauthorized", refused.stderr)
    assert client.delete("team/pushed:1", auth_file=admin).returncode == 0


def test_credential_helper_signs_for_a_docker_client(registry: TokenRegistry, tmp_path: Path) -> None:
    """Nothing is stored: the client asks the helper, which has the AWS credentials of the environment."""
    image = tmp_path / "image"
    oci_image.make(image, tag="1", layers=1, layer_bytes=1000)
    assert copy_with_helper(registry, _DEPLOYER, image, "team/signed:1", tmp_path).returncode == 0
    assert registry.audit()[-1]["caller"] == _DEPLOYER
    refused = copy_with_helper(registry, _LOOK_ALIKE, image, "team/signed:1", tmp_path)
    assert refused.returncode == 1
    assert "requested access to the resource is denied" in refused.stderr
    assert registry.audit()[-1]["caller"] == _LOOK_ALIKE


def test_catalog_needs_its_own_right(registry: TokenRegistry) -> None:
    with RegistryClient(registry.endpoint(ADMIN)) as admin, RegistryClient(registry.endpoint(READER)) as reader:
        assert {"team/app", "secret/app"} <= set(admin.repositories())
        with pytest.raises(RequestFailed, match="401"):
            list(reader.repositories())


def test_blob_is_mounted_only_from_a_readable_repository(registry: TokenRegistry) -> None:
    """The client asks for both repositories in one request, and gets a token for those that it may use."""
    images = {name: Image.random(f"{name}/mounted", "1") for name in ("team", "public", "secret")}
    with (
        RegistryClient(registry.endpoint(ADMIN)) as admin,
        RegistryClient(registry.endpoint(registry.aws_login(_DEPLOYER))) as deployer,
    ):
        for image in images.values():
            admin.push(image)
        for name in ("team", "public"):
            assert deployer.mount_blob("team/target", images[name].blobs[0].digest, source=f"{name}/mounted")
        secret = images["secret"].blobs[0].digest
        with pytest.raises(RequestFailed, match="401"):
            deployer.mount_blob("team/target", secret, source="secret/mounted")
        assert not deployer.has_blob("team/target", secret)


def test_token_may_expire_during_the_upload_of_a_layer(registry: TokenRegistry) -> None:
    """A token counts when a request begins. The next request gets another token."""
    image, seconds = Image.random("team/slow", "1", layers=1, layer_bytes=20 * MB), 5
    short = registry.signed(exp=registry.claims()["iat"] - LEEWAY + seconds, access=access("team/slow"))

    def refused() -> bool:
        return ask(registry.sandbox.balancer, "GET", "/v2/", headers=bearer(short)).status == 401

    assert not refused()
    with RegistryClient(registry.endpoint(ADMIN), tokens={"team/slow": short}) as client:
        client.push(image, halfway=lambda: wait_until(refused, "the token's end", seconds=30))
        client.pull(image)


def test_replicas_trust_the_next_key_already(registry: TokenRegistry) -> None:
    for key in (1, 2):
        assert allowed(registry, registry.signed(key))


def test_forged_token_is_refused(registry: TokenRegistry) -> None:
    assert allowed(registry, registry.signed())
    assert [name for name, token in forged(registry).items() if allowed(registry, token)] == []


@pytest.mark.parametrize(
    "path",
    [
        "team/../secret/app",
        "team/%2e%2e/secret/app",
        "team%2F..%2Fsecret%2Fapp",
        "team/app/../../secret/app",
        "team/app/manifests/../../../secret/app",
        "/secret/app",
        "./secret/app",
        "secret%2fapp",
        "secret/app;team/app",
    ],
)
def test_path_of_another_repository_is_refused(registry: TokenRegistry, path: str) -> None:
    headers = {**bearer(registry.signed()), "Accept": MANIFEST_TYPE}
    answer = ask(registry.sandbox.balancer, "GET", f"/v2/{path}/manifests/1", headers=headers)
    assert answer.status in (301, 400, 401, 404)


def test_client_cannot_choose_what_the_log_says_of_it(registry: TokenRegistry) -> None:
    forwarded = {"X-Forwarded-For": "192.0.2.1", "X-Private-Registry": "other.example.com"}
    headers = {**authorization(READER), **forwarded, "User-Agent": 'a"}\n{"event": "token"}'.replace("\n", " ")}
    assert ask(registry.sandbox.balancer, "GET", _TOKEN, headers=headers).status == 200
    line = registry.audit()[-1]
    assert (line["address"], line["caller"], line["granted"]) == (
        "127.0.0.1",
        "user:reader",
        "repository:team/app:pull",
    )
    assert READER[1] not in registry.sandbox.functions[0].function.log.read_text()


def test_login_is_for_one_identity_and_one_registry(registry: TokenRegistry) -> None:
    user, genuine = registry.aws_login(_DEPLOYER)
    fields = json.loads(base64.urlsafe_b64decode(genuine.removeprefix("v1.") + "=="))
    smuggled = {**fields, "authorization": fields["authorization"].replace("host;", "accept;host;")}
    logins = {
        "another registry": registry.aws_login(_DEPLOYER, host="other.example.com"),
        "another header": (user, f"v1.{base64.urlsafe_b64encode(json.dumps(smuggled).encode()).decode().rstrip('=')}"),
        "another user": ("admin", genuine),
    }
    assert granted(registry, (user, genuine)) == "repository:team/app:pull"
    assert {name: granted(registry, login) for name, login in logins.items()} == dict.fromkeys(logins, None)
    assert granted(registry, registry.aws_login(_OTHER_ACCOUNT)) == ""
    assert granted(registry, registry.aws_login(_LOOK_ALIKE)) == ""


def test_flood_of_logins_stops_no_pulls_with_valid_tokens(registry: TokenRegistry, tmp_path: Path) -> None:
    """The load balancer refuses what exceeds the function's concurrency. Replicas verify tokens by themselves."""
    token, pulls, waits = registry.signed(), Counter[bool](), list[float]()
    with flood(registry.sandbox, tmp_path, path=_TOKEN, seconds=_FLOOD_SECONDS, connections=100) as answers:
        while answers.running():
            start = time.monotonic()
            pulls[allowed(registry, token)] += 1
            waits.append(time.monotonic() - start)
    rates = ", ".join(f"{count} answered {status}" for status, count in sorted(answers.statuses.items()))
    image = registry.sandbox.containers[0].definition.image
    figures.record(
        f"{RATE} logins/s for {_FLOOD_SECONDS} s at the token service, {image}",
        f"{rates}; {pulls[True]} requests with a token took {median(waits):.2f} s, at most {max(waits):.2f} s",
    )
    assert pulls.keys() == {True}
    assert answers.statuses.keys() == {401, 502}
    assert not any(registry.sandbox.balancer.unhealthy_counts().values())
    wait_until(lambda: token_answer(registry, READER).status == 200, "the end of the flood", seconds=30)


def access(repository: str) -> list[dict[str, object]]:
    return [{"type": "repository", "name": repository, "actions": ["pull", "push"]}]


def allowed(registry: TokenRegistry, token: str) -> bool:
    """Whether a token is good for a pull from team/app."""
    path = "/v2/team/app/manifests/1"
    answer = ask(registry.sandbox.balancer, "HEAD", path, headers={**bearer(token), "Accept": MANIFEST_TYPE})
    assert answer.status in (200, 400, 401)
    return answer.status == 200


def token_answer(registry: TokenRegistry, login: tuple[str, str]) -> Answer:
    return ask(registry.sandbox.balancer, "GET", _TOKEN, login=login)


def granted(registry: TokenRegistry, login: tuple[str, str]) -> str | None:
    """What a token for a pull from team/app grants; None if there is no token."""
    answer = token_answer(registry, login)
    assert answer.status in (200, 401)
    return json.loads(answer.body)["scope"] if answer.status == 200 else None


def copy_with_helper(
    registry: TokenRegistry, arn: str, image: Path, name: str, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Push an image by skopeo with the credential helper, as a machine with these AWS credentials."""
    client: Client = registry.sandbox.client
    helper, config = folder / "docker-credential-private-registry", folder / "config.json"
    helper.touch(mode=0o755)
    helper.write_text(f'#!/bin/sh\nexec {sys.executable} -m private_registry_login.credential_helper "$@"\n')
    config.write_text(json.dumps({"credHelpers": {client.registry: "private-registry"}}))
    credentials = registry.identities[arn].credentials
    env = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT),
        "HOME": str(folder),
        "SSL_CERT_FILE": str(client.ca_folder / "ca.crt"),
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.token or "",
    }
    options = ["--insecure-policy", "copy", "--dest-cert-dir", str(client.ca_folder), "--authfile", str(config)]
    argv = [str(client.wrapper), "skopeo", *options, f"oci:{image}:1", f"docker://{client.registry}/{name}"]
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60)
