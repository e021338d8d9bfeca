"""Support for resource hooks."""

from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor


def hooks_supported() -> bool:
    """Return False under Pulumi's mocks, which cannot register hooks: unit tests of a caller's program would fail."""
    return not isinstance(get_monitor(), MockMonitor)
