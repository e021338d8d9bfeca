"""The deployment package of a Lambda function."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that the format has
_READABLE = 0o644 << 16


def deployment_package(files: Mapping[str, bytes]) -> bytes:
    """Return a zip archive, the same for the same files on every computer.

    It is not compressed, because versions of zlib differ in what they write.

    Args:
        files: the content of each file by its path.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as opened:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _DATE)
            entry.create_system = 3  # Unix: Lambda's user, who is not the owner, must be able to read the files
            entry.external_attr = _READABLE
            opened.writestr(entry, content)
    return archive.getvalue()


def code_sha256(package: bytes) -> str:
    """Return the hash by which Lambda knows a package (Lambda API Reference, FunctionConfiguration, CodeSha256)."""
    return base64.b64encode(hashlib.sha256(package).digest()).decode()
