"""The deployment package of a Lambda function."""

import base64
import hashlib
import io
import zipfile

from components.pure.function_code import code_sha256, deployment_package

FILES = {"service/handler.py": b"def handle(): ...\n", "service/__init__.py": b""}


def test_package_has_the_files_readable_for_everybody() -> None:
    """Lambda's user does not own them ("Working with .zip file archives for Python Lambda functions")."""
    with zipfile.ZipFile(io.BytesIO(deployment_package(FILES))) as package:
        assert {name: package.read(name) for name in package.namelist()} == FILES
        assert {entry.external_attr >> 16 for entry in package.infolist()} == {0o644}


def test_package_depends_on_the_files_alone() -> None:
    package = deployment_package(FILES)
    assert deployment_package(dict(reversed(FILES.items()))) == package
    # On every computer: a change of the format would update each function once.
    assert hashlib.sha256(package).hexdigest().startswith("d287f03ae0d9")  # pragma: allowlist secret


def test_hash_is_that_of_lambda() -> None:
    assert base64.b64decode(code_sha256(b"package")) == hashlib.sha256(b"package").digest()
