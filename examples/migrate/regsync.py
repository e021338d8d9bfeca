"""The configuration of regsync: https://regclient.org/usage/regsync/."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from repositories import Repository


def configuration(source: str, target: str, repositories: Sequence[Repository]) -> dict[str, Any]:
    """Return a configuration that copies repositories with all their tags, and single images by digest.

    It has no passwords: regsync reads those of `docker login`.
    """
    return {
        "version": 1,
        "defaults": {
            "parallel": 3,  # regclient opens three connections to a host
            # Signatures and SBOMs that have no tag. Registries without an API for them have them in tags.
            "referrers": True,
            # Waits while fewer pulls than this remain, if the source says how many, as Docker Hub does.
            "ratelimit": {"min": 10, "retry": "15m"},
        },
        "sync": [_step(source, target, repository) for repository in repositories],
    }


def _step(source: str, target: str, repository: Repository) -> dict[str, str]:
    image = f"@{repository.digest}" if repository.digest else ""
    return {
        "source": f"{source}/{repository.source}{image}",
        "target": f"{target}/{repository.target}{image}",
        "type": "image" if image else "repository",
    }
