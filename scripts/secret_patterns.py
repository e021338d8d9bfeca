"""A plugin of detect-secrets for the secrets of this repository's users that it does not know."""

import re
from collections.abc import Iterable

from detect_secrets.plugins.base import RegexBasedDetector


class RegistryUserDetector(RegexBasedDetector):
    """Finds access tokens of Pulumi Cloud and Docker Hub, and the password hashes of an htpasswd file."""

    # An attribute of the class, as in detect-secrets' own plugins, though its base class declares a property.
    secret_type = "Pulumi token, Docker Hub token or bcrypt hash"  # noqa: S105  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    @property
    def denylist(self) -> Iterable[re.Pattern[str]]:
        return (
            re.compile(r"\bpul-[0-9a-f]{40}\b"),
            re.compile(r"\bdckr_(?:pat|oat)_[\w-]{27,}"),
            # Without the first "$": detect-secrets takes what begins with one for a variable's name.
            re.compile(r"(?<=\$)2[aby]\$\d\d\$[./A-Za-z0-9]{53}"),
        )
