"""Images that may not get an upstream login, and the warning about a version that gets no security fixes."""

from dataclasses import replace

import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from components.checks.arguments import problems
from components.checks.image import image_warning
from components.problems import CONFIG, PYTHON, SCHEMA, Audience, audience
from tests.unit.helpers import Declare

REGION = "us-west-2"
MIRROR = "123456789012.dkr.ecr.us-west-2.amazonaws.com/mirror/registry"
DIGEST = "sha256:" + "0123456789abcdef" * 4
CACHE = PrivateRegistryArgs(
    upstream="https://registry-1.docker.io", upstream_username="alice", upstream_password="an access token"
)


@pytest.mark.parametrize("tag", ["2", "2.8.3", "2-alpine", "3.0", "3.0.0", "v3.0.0", "3.0.0-rc.4", f"3.0.0@{DIGEST}"])
def test_upstream_login_is_refused_before_3_1(tag: str) -> None:
    (problem,) = problems(replace(CACHE, image=f"{MIRROR}:{tag}"), REGION)
    assert problem.key == "image"
    assert "CVE-2026-33540" in problem.found
    assert f"pulumi config set registry:image {MIRROR}:3" in problem.render(CONFIG)
    assert "with `upstreamUsername`, version 3.1 or newer" in problem.render(SCHEMA)
    assert "an access token" not in problem.render(PYTHON)


@pytest.mark.parametrize("tag", ["3", "3.1", "3.1.1", "v3.1.0", "3-alpine", "3.10", f"3.1.2@{DIGEST}"])
def test_upstream_login_is_accepted_from_3_1_on(tag: str) -> None:
    """The tag 3 is the newest release."""
    assert problems(replace(CACHE, image=f"{MIRROR}:{tag}"), REGION) == []


def test_cache_without_a_login_may_use_any_version() -> None:
    assert problems(replace(CACHE, upstream_username=None, upstream_password=None), REGION) == []


@pytest.mark.parametrize(
    ("to", "command"),
    [
        (CONFIG, f"pulumi config set registry:image {MIRROR}:3"),
        (PYTHON, f"image='{MIRROR}:3'"),
        (SCHEMA, f'image: "{MIRROR}:3"'),
    ],
)
def test_warning_has_the_reason_and_the_command(to: Audience, command: str) -> None:
    token = audience.set(to)
    try:
        warning = image_warning(PrivateRegistryArgs(image=f"{MIRROR}:2.8.3@{DIGEST}"))
    finally:
        audience.reset(token)
    assert warning is not None
    assert "distribution-library-image#170" in warning
    assert warning.endswith(f"To move to version 3: {command}")


@pytest.mark.parametrize(("image", "warnings"), [("registry:2", 1), ("registry:3", 0)])
def test_registry_warns_once(declare: Declare, caplog: pytest.LogCaptureFixture, image: str, warnings: int) -> None:
    declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(image=image)))
    assert [record.levelname for record in caplog.records] == ["WARNING"] * warnings
