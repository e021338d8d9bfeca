"""The sync script, run with a folder in place of the bucket and another in place of the instance's root."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.checks.users import htpasswd_problems
from components.pure.boot_script import user_data
from tests.unit.helpers import written_files

SCRIPT = written_files(user_data(region="eu-west-1", cluster="c", bootstrap_bucket="files", launch_hook="h"))
HASH = f"$2b$05${'a' * 53}"
ALICE = f"alice:{HASH}\n"
BOB = f"bob:$2y$10${'b' * 53}\n"
HTPASSWD_LINES = pytest.mark.parametrize(
    ("line", "valid"),
    [
        (f"alice:{HASH}", True),
        (f"alice:{HASH.replace('2b', '2a')}", True),
        (f"alice:{HASH.replace('2b', '2y')}", True),
        (f"alice:{HASH.replace('$05$', '$04$')}", True),
        (f"alice:{HASH.replace('$05$', '$12$')}", True),
        (f"a.b-c_d@example.com:{HASH}", True),
        (f"Zoë:{HASH}", True),
        ("", False),
        ("# users", False),
        (f":{HASH}", False),
        (f" alice:{HASH}", False),
        (f"al\tice:{HASH}", False),
        (f"alice:{HASH} ", False),
        (f"alice:{HASH}:more", False),
        (f"alice:{HASH}a", False),
        (f"alice:{HASH[:-1]}", False),
        (f"alice:{HASH.replace('$05$', '$03$')}", False),
        (f"alice:{HASH.replace('$05$', '$13$')}", False),
        (f"alice:{HASH.replace('$05$', '$20$')}", False),
        (f"alice:{HASH.replace('$05$', '$31$')}", False),
        (f"alice:{HASH.replace('$2b$', '$2x$')}", False),
        ("alice:$apr1$salt$hash", False),
        ("alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", False),
    ],
)
VALID = {"htpasswd": ALICE, "domain.crt": "a certificate\n", "domain.key": "a key\n"}
# Stands in for `aws s3 cp --recursive --only-show-errors --region REGION s3://BUCKET/ FOLDER`.
AWS = '#!/bin/bash\n[ "${*: -2:1}" = s3://files/ ] && cp -r "$BUCKET_FOLDER/." "${*: -1}"\n'
CHOWN = "#!/bin/bash\n"  # only root may change a file's owner


@dataclass(frozen=True)
class Instance:
    """An instance with its files below a folder."""

    root: Path

    @property
    def bucket(self) -> Path:
        return self.root / "bucket"

    def path(self, file: str) -> Path:
        return self.root / "docker-registry" / ("auth" if file == "htpasswd" else "certs") / file

    def files(self) -> dict[str, str]:
        folder = self.root / "docker-registry"
        return {path.name: path.read_text() for path in folder.rglob("*") if path.is_file()}

    def upload(self, **changes: str | None) -> None:
        """Put valid files into the bucket, with changes; a change to None leaves a file out."""
        for name, content in (VALID | {name.replace("_", "."): new for name, new in changes.items()}).items():
            (self.bucket / name).unlink(missing_ok=True)
            if content is not None:
                (self.bucket / name).write_text(content)

    def sync(self) -> subprocess.CompletedProcess[str]:
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        environment = {"PATH": path, "BUCKET_FOLDER": str(self.bucket)}
        command = ["bash", str(self.root / "registry-sync")]
        return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    for folder in ("bin", "bucket", "docker-registry/auth", "docker-registry/certs"):
        (tmp_path / folder).mkdir(parents=True)
    for name, script in (("aws", AWS), ("chown", CHOWN)):
        (tmp_path / "bin" / name).write_text(script)
        (tmp_path / "bin" / name).chmod(0o755)
    for path in ("/etc/registry-sync.conf", "/usr/local/sbin/registry-sync"):
        text = SCRIPT[path].replace("/docker-registry", f"{tmp_path}/docker-registry")
        file = tmp_path / Path(path).name
        file.write_text(text.replace("/etc/registry-sync.conf", f"{tmp_path}/registry-sync.conf"))
    return Instance(tmp_path)


def test_new_files_are_readable_only_for_their_group(instance: Instance) -> None:
    instance.upload()
    assert instance.sync().returncode == 0
    assert instance.files() == VALID
    assert {instance.path(file).stat().st_mode & 0o777 for file in VALID} == {0o640}


def test_unchanged_file_keeps_its_modification_time(instance: Instance) -> None:
    instance.upload()
    instance.sync()
    for file in VALID:
        os.utime(instance.path(file), (1, 1))
    instance.upload(htpasswd=ALICE + BOB)
    assert instance.sync().stdout == "registry-sync: htpasswd is new\n"
    assert {file for file in VALID if instance.path(file).stat().st_mtime == 1} == {"domain.crt", "domain.key"}
    assert instance.path("htpasswd").read_text() == ALICE + BOB


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"htpasswd": None}, "htpasswd is missing or empty"),
        ({"htpasswd": ""}, "htpasswd is missing or empty"),
        ({"htpasswd": f"{ALICE}\n"}, "htpasswd in s3://files has a line that is not NAME:BCRYPT-HASH"),
        ({"htpasswd": f"{ALICE}bob:plain\n"}, "htpasswd in s3://files has a line that is not NAME:BCRYPT-HASH"),
        ({"htpasswd": ALICE.replace("$2b$", "$apr1$")}, "htpasswd in s3://files has a line"),
        ({"htpasswd": ALICE[:-2]}, "htpasswd in s3://files has a line"),
        ({"domain_crt": None}, "domain.crt is missing or empty"),
        ({"domain_key": ""}, "domain.key is missing or empty"),
    ],
)
def test_no_file_is_installed_if_one_is_invalid(
    instance: Instance, change: dict[str, str | None], message: str
) -> None:
    instance.upload()
    instance.sync()
    instance.upload(**({"htpasswd": BOB, "domain_crt": "new\n", "domain_key": "new\n"} | change))
    refused = instance.sync()
    assert refused.returncode == 1
    assert message in refused.stderr
    assert instance.files() == VALID


def test_no_file_is_installed_if_the_bucket_cannot_be_read(instance: Instance) -> None:
    instance.upload()
    instance.sync()
    (instance.root / "bin/aws").write_text("#!/bin/bash\nexit 1\n")
    refused = instance.sync()
    assert (refused.returncode, instance.files()) == (1, VALID)
    assert "s3://files could not be read; the files in use stay as they are" in refused.stderr


def test_malformed_line_is_not_shown(instance: Instance) -> None:
    instance.upload(htpasswd="alice:sentinel-password\n")
    refused = instance.sync()
    assert refused.returncode == 1
    assert "sentinel-password" not in refused.stdout + refused.stderr


@HTPASSWD_LINES
def test_sync_script_accepts_valid_lines_only(instance: Instance, line: str, valid: bool) -> None:
    instance.upload(htpasswd=f"{BOB}{line}\n")
    assert (instance.sync().returncode == 0) is valid


@HTPASSWD_LINES
def test_check_of_the_option_accepts_the_same_lines(line: str, valid: bool) -> None:
    assert (list(htpasswd_problems(f"{BOB}{line}\n")) == []) is valid
