"""Moving 200 images in from another registry, and out again, with examples/migrate and regsync."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from sandbox.local import Sandbox
from sandbox.machine import processes, programs
from sandbox.random_image import Blob, Image, digest
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox.helpers import PROJECT
from tests.sandbox.old_registry import OldRegistry, old_registry
from tests.sandbox.replicas import replicas, with_settings
from tests.sandbox.secure_s3 import SecureS3, secure_s3

EXAMPLE = PROJECT / "examples" / "migrate"
_REPOSITORIES, _TAGS = tuple(f"team/app-{number}" for number in range(20)), 10
_SIGNED = _REPOSITORIES[0]
_SECONDS = 180


class Variant(Image):
    """An image that differs from others with the same blobs."""

    @cached_property
    def manifest(self) -> bytes:
        return json.dumps({**json.loads(super().manifest), "annotations": {"variant": self.tag}}).encode()


@dataclass(frozen=True)
class Migration:
    """Two registries, and a machine on which a person is logged in to both.

    Attributes:
        s3: where the new registry redirects for layers.
        folder: the person's home.
        repositories: the repositories to copy.
        digests: the digest of each image of the old registry, by its name.
    """

    old: OldRegistry
    new: Sandbox
    s3: SecureS3
    folder: Path
    repositories: Sequence[str]
    digests: Mapping[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        """Return a command that knows both registries by their names and trusts their certificates."""
        etc = self.folder / "etc"
        binds = ["--dev-bind", "/", "/", "--tmpfs", "/etc", "--ro-bind", str(etc / "hosts"), "/etc/hosts"]
        return ["bwrap", *binds, "--ro-bind", str(etc / "certs.d"), "/etc/docker/certs.d", "--", *arguments]

    def environment(self) -> dict[str, str]:
        folders = [str(_regclient(program).parent) for program in ("regsync", "regctl")]
        path = ":".join([*folders, programs.SEARCH_PATH])
        return {"HOME": str(self.folder), "PATH": path, "SSL_CERT_FILE": str(self.s3.certificate)}

    def migrate(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the example."""
        registries = ["--source", self.old.name, "--target", f"{self.new.client.registry}/moved"]
        arguments = [sys.executable, str(EXAMPLE / "migrate.py"), command, *registries, *options]
        listed = self.folder / "repositories.txt"
        listed.write_text("\n".join(self.repositories))
        return self.run(*arguments, str(listed))

    def configuration(self, *options: str) -> str:
        """Write the configuration of regsync, and return the file's path."""
        file = self.folder / "regsync.json"
        file.write_text(self.migrate("config", *options).stdout)
        return str(file)

    def copy(self, *options: str) -> set[str]:
        """Copy, and return the names in the target of the images that were not there."""
        done = self.run("regsync", "once", "--logopt", "json", "--config", self.configuration(*options))
        assert done.returncode == 0, done.stderr[-2000:]
        return copied(done.stderr)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), env=self.environment(), capture_output=True, text=True, timeout=_SECONDS
        )


@pytest.fixture(scope="module")
def migration(prod: Sandbox) -> Iterator[Migration]:
    # The container has no authority for the certificate of S3.
    any_certificate = with_settings(REGISTRY_STORAGE_S3_SKIPVERIFY="true")
    # Not in pytest's folder, whose path is too long for sockets.
    with (
        tempfile.TemporaryDirectory(prefix="migration-") as folder,
        old_registry(Path(folder) / "old") as old,
        secure_s3(prod.stack.api, Path(folder) / "s3") as s3,
        replicas(prod, Path(folder) / "new", s3=s3.api, change=any_certificate) as new,
    ):
        _push_images(old.endpoint)
        _log_in(Path(folder), old, new)
        migration = Migration(old, new, s3, Path(folder), _REPOSITORIES)
        _push_index_and_signature(migration)
        yield dataclasses.replace(migration, digests=digests(old.endpoint, _REPOSITORIES))


def test_interrupted_copy_continues_where_it_stopped(migration: Migration) -> None:
    log = migration.folder / "regsync.log"
    arguments = ["regsync", "once", "--logopt", "json", "--config", migration.configuration()]
    with processes.running(migration.command(*arguments), env=migration.environment(), log=log) as copy:
        processes.wait_until(
            lambda: len(copied(log.read_text())) > 60, "60 images", seconds=_SECONDS, process=copy, log=log
        )
        copy.kill()
    with RegistryClient(Endpoint.of(migration.new)) as client:
        listed = ((name, tag) for name in _REPOSITORIES for tag in client.tags(f"moved/{name}"))
        done = {f"{name}:{tag}" for name, tag in listed if has_image(client, f"moved/{name}", tag)}
    missing = migration.digests.keys() - done
    assert 0 < len(missing) < len(migration.digests)

    # A push that was under way may have been completed since.
    assert migration.copy() <= {f"{migration.new.client.registry}/moved/{image}" for image in missing}

    compared = migration.migrate("compare")
    assert compared.stdout == "202 of 202 images of the source are the same in the target\n"
    assert digests(migration.old.endpoint, _REPOSITORIES) == migration.digests
    expected = {f"moved/{name}": each for name, each in migration.digests.items() if name.startswith(f"{_SIGNED}:")}
    assert digests(Endpoint.of(migration.new), [f"moved/{_SIGNED}"]) == expected


def test_tag_without_an_image_is_no_missing_image(migration: Migration) -> None:
    """A registry lists the tag of an interrupted push. Its link to the image is written last."""
    repository = "team/interrupted"
    with RegistryClient(migration.old.endpoint) as client:
        for tag in ("no-image", "whole"):
            client.push(Image.random(repository, tag, layer_bytes=1000))
        tags = migration.old.images / "docker/registry/v2/repositories" / repository / "_manifests/tags"
        (tags / "no-image/current/link").unlink()
        assert set(client.tags(repository)) == {"no-image", "whole"}
    migration = dataclasses.replace(migration, repositories=[repository])

    copied = migration.run("regsync", "once", "--config", migration.configuration())

    assert copied.returncode == 1
    assert f"{repository}:no-image" in copied.stderr
    compared = migration.migrate("compare")
    assert (compared.returncode, compared.stdout) == (0, "1 of 1 images of the source are the same in the target\n")


def test_copy_back_brings_what_was_pushed_since(migration: Migration) -> None:
    pushed, moved = Image.random("team/app-1", "new"), Image.random("team/app-2", "v1")
    pinned = migration.digests["team/app-3:0"]
    listed = (pushed.repository, moved.repository, f"team/app-3@{pinned} pinned/app")
    migration = dataclasses.replace(migration, repositories=listed)
    migration.copy()
    with RegistryClient(Endpoint.of(migration.new)) as client:
        assert digest(client.read_manifest("moved/pinned/app", pinned)) == pinned
        assert not list(client.tags("moved/pinned/app"))
        for image in (pushed, moved):
            client.push(dataclasses.replace(image, repository=f"moved/{image.repository}"))
    compared = migration.migrate("compare")
    assert compared.returncode == 1
    assert re.search(r"^only in the target: .+/moved/team/app-1:new$", compared.stdout, re.MULTILINE)
    assert re.search(r"^differs: .+/moved/team/app-2:v1 is sha256:", compared.stdout, re.MULTILINE)

    assert migration.copy("--reverse") == {f"{migration.old.name}/{image}" for image in (pushed, moved)}

    assert migration.migrate("compare", "--reverse").returncode == 0
    with RegistryClient(migration.old.endpoint) as client:
        client.pull(pushed)
        client.pull(moved)
    back = digests(migration.old.endpoint, _REPOSITORIES)
    assert {name for name in back if migration.digests.get(name) != back[name]} == {str(pushed), str(moved)}


def copied(log: str) -> set[str]:
    """Return the targets that regsync's log names as missing or different."""
    # The last line may be incomplete.
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{") and line.endswith("}")]
    return {line["target"] for line in lines if line["msg"] == "Image sync needed"}


def has_image(client: RegistryClient, repository: str, tag: str) -> bool:
    """Whether a tag that the registry lists has an image. That of an interrupted push may have none."""
    try:
        client.digest(repository, tag)
    except RequestFailed as error:
        if error.reason != "status 404":
            raise
        return False
    return True


def digests(endpoint: Endpoint, repositories: Iterable[str]) -> dict[str, str]:
    """Ask a registry for the digest of every tag of some repositories. The keys are the images' names."""
    with RegistryClient(endpoint) as client:
        names = [(repository, tag) for repository in repositories for tag in client.tags(repository)]
        return {f"{repository}:{tag}": client.digest(repository, tag) for repository, tag in names}


def _push_images(endpoint: Endpoint) -> None:
    """Push images, which share their blobs with those of the same repository."""
    with RegistryClient(endpoint) as client:
        for repository in _REPOSITORIES:
            blobs = Blob.random(1000), Blob.random(1000)
            for tag in range(_TAGS):
                # Names before and after sha256-DIGEST, the tag of an image's signatures.
                client.push(Variant(repository, f"{'v' * (tag % 2)}{tag}", blobs))


def _push_index_and_signature(migration: Migration) -> None:
    """Push an index of two images, and an artifact that refers to one of them: registries 2 and 3 list it in a tag."""
    name = f"{migration.old.name}/{_SIGNED}"
    for arguments in (
        ("index", "create", f"{name}:index", "--ref", f"{name}:0", "--ref", f"{name}:2"),
        ("artifact", "put", "--subject", f"{name}:v1", "--artifact-type", "application/signature"),
    ):
        done = migration.run("regctl", *arguments)
        assert done.returncode == 0, done.stderr


def _log_in(home: Path, old: OldRegistry, new: Sandbox) -> None:
    """Write what `docker login` stores, and the certificates that Docker trusts."""
    logins = {old.name: old.endpoint.login, new.client.registry: (new.user, new.password)}
    encoded = {name: base64.b64encode(":".join(login or ()).encode()).decode() for name, login in logins.items()}
    certificates = {old.name: old.endpoint.certificates or "", new.client.registry: new.balancer.certificate}
    addresses = {old.name: old.endpoint.address, new.client.registry: new.balancer.address}
    hosts = [f"{address} {name.partition(':')[0]}" for name, address in addresses.items()]
    files = {
        ".docker/config.json": json.dumps({"auths": {name: {"auth": auth} for name, auth in encoded.items()}}),
        "etc/hosts": "\n".join(["127.0.0.1 localhost", *hosts, ""]),
        **{f"etc/certs.d/{name}/ca.crt": certificate for name, certificate in certificates.items()},
    }
    for name, content in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(content)


def _regclient(program: str) -> Path:
    """Build a program of the version that the example's README names, once."""
    readme = (EXAMPLE / "README.md").read_text()
    [version] = set(re.findall(r"regclient/cmd/\S+@(v[\d.]+)", readme))
    return programs.go_program(f"github.com/regclient/regclient/cmd/{program}@{version}", lambda _: None)
