"""The protocol of docker/docker-credential-helpers, in the words that clients know."""

import io
import json

import pytest

from private_registry_login import credential_helper
from tests.unit.login.conftest import Registry


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the program, and return its exit status, stdout and stderr."""

    def run_program(action: str, given: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["docker-credential-private-registry", action])
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        status = 0
        try:
            credential_helper.main()
        except SystemExit as error:
            status = int(str(error.code))
        written = capsys.readouterr()
        return status, written.out.strip(), written.err.strip()

    return run_program


@pytest.mark.usefixtures("identity")
def test_get_returns_a_login_for_the_address(run, registry: Registry) -> None:
    status, out, err = run("get", f"{registry.address}\n")
    login = json.loads(out)
    assert (status, err, login["ServerURL"], login["Username"]) == (0, "", str(registry.address), "aws")
    assert login["Secret"].startswith("v1.")


def test_client_without_identity_goes_on_anonymously_and_says_why(run, registry: Registry) -> None:
    status, out, err = run("get", str(registry.address))
    assert (status, out) == (1, "credentials not found in native keychain")
    assert "this machine has no AWS credentials" in err


@pytest.mark.usefixtures("identity")
def test_error_is_for_the_client_and_for_the_person(run, untrusted: Registry) -> None:
    """Docker 28 drops what a helper writes on stdout, and pulls anonymously. What is on stderr, it leaves alone."""
    status, out, err = run("get", str(untrusted.address))
    assert (status, "not trusted" in out) == (1, True)
    assert err == f"docker-credential-private-registry: {out}"


def test_store_accepts_the_login_that_get_returned(run) -> None:
    assert run("store", '{"ServerURL": "a.example", "Username": "aws", "Secret": "v1.e30"}') == (0, "", "")


def test_store_refuses_another_user_without_its_password(run) -> None:
    status, out, err = run("store", '{"ServerURL": "a.example", "Username": "alice", "Secret": "hunter2hunter2"}')
    assert (status, "'alice' is not stored" in out, "credHelpers" in out) == (1, True, True)
    assert "hunter2" not in out + err


@pytest.mark.parametrize(
    ("action", "given", "message"),
    [
        ("get", "\n", "no credentials server URL"),
        ("erase", "", "no credentials server URL"),
        ("store", '{"ServerURL": "", "Username": "aws", "Secret": "v1.e30"}', "no credentials server URL"),
        ("store", '{"ServerURL": "a.example", "Username": "", "Secret": "v1.e30"}', "no credentials username"),
        ("version", "", "usage: docker-credential-private-registry <store|get|erase|list>"),
    ],
)
def test_refusals_have_the_words_of_the_protocol(run, action: str, given: str, message: str) -> None:
    assert run(action, given)[:2] == (1, message)


def test_nothing_is_stored(run) -> None:
    assert run("erase", "a.example") == (0, "", "")
    assert run("list", "unused") == (0, "{}", "")
