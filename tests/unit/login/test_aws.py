"""The signed request, as the token service takes it apart and AWS STS verifies it."""

from datetime import datetime, timezone

import pytest
from botocore.credentials import ReadOnlyCredentials

from components.token_service.callers import AwsLogins
from components.token_service.refused import Unauthorized
from components.token_service.sts import sts_at
from private_registry_login import aws
from private_registry_login.errors import LoginError, NoIdentity
from sandbox.aws import sts

ROLE = sts.Identity.of("arn:aws:sts::123456789012:assumed-role/deployer/alice")
USER = sts.Identity.of("arn:aws:iam::123456789012:user/alice")


def caller(
    password: str, *, registry: str = "registry.example.com", region: str = "us-west-2", suffix: str = ""
) -> str:
    """Return whom the token service of a registry takes the password's owner for."""
    with sts.running([ROLE, USER]) as url:
        logins = AwsLogins(registry, region, f"sts.{region}.amazonaws.com{suffix}", sts_at(url))
        return logins.caller(password, datetime.now(timezone.utc)).subject


def signed(identity: sts.Identity, region: str = "us-west-2") -> str:
    credentials = ReadOnlyCredentials(*identity.credentials.get_frozen_credentials()[:3])
    return aws.password(credentials, "registry.example.com", region)


@pytest.mark.parametrize("identity", [ROLE, USER], ids=["with a session token", "without"])
def test_password_says_whose_it_is(identity: sts.Identity) -> None:
    assert caller(signed(identity)) == identity.arn


def test_password_is_for_the_sts_of_a_region_in_china() -> None:
    password = signed(USER, "cn-north-1")
    assert caller(password, region="cn-north-1", suffix=".cn") == USER.arn


def test_password_is_for_one_registry() -> None:
    with pytest.raises(Unauthorized, match=r"made for another host name than evil\.example\.com"):
        caller(signed(ROLE), registry="evil.example.com")


def test_machine_without_credentials_has_no_identity() -> None:
    with pytest.raises(NoIdentity):
        aws.credentials()


def test_refusal_of_credentials_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "missing")
    with pytest.raises(LoginError, match=r"The config profile \(missing\) could not be found"):
        aws.credentials()
