"""Docker's configuration file, which names the credential helper of each registry."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from .address import Address
from .errors import LoginError

HELPER = "private-registry"


def use_helper(addresses: Iterable[Address]) -> Path:
    """Set the credential helper of registries, and leave everything else as it is.

    Returns:
        The configuration file. Podman, Buildah and Skopeo read it too (containers-auth.json(5)).

    Raises:
        LoginError: the file is not Docker's.
    """
    file = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    config = _read(file)
    helpers: Any = config.setdefault("credHelpers", {})
    helpers.update({str(address): HELPER for address in addresses})
    _replace(file.resolve(), json.dumps(config, indent="\t") + "\n")
    return file


def _read(file: Path) -> dict[str, Any]:
    try:
        config: Any = json.loads(file.read_text() or "{}") if file.exists() else {}
    except ValueError as error:
        raise LoginError(f"{file} is no JSON: {error}") from error
    if not isinstance(config, dict) or not isinstance(cast("dict[str, Any]", config).get("credHelpers", {}), dict):
        raise LoginError(f"{file} is no configuration of Docker: it, or its credHelpers, is no object")
    return cast("dict[str, Any]", config)


def _replace(file: Path, content: str) -> None:
    """Write a file at once: a reader sees the old content or the new one. It may contain passwords."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as new:  # its mode is 0600, like Docker's
        new.write(content)
    os.replace(new.name, file)
