"""Whether the engine calls this program's resource hooks, its functions around a resource's update."""

from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor


def hooks_work() -> bool:
    """False under Pulumi's mocks, which register no hooks: a program's own unit tests would fail."""
    return not isinstance(get_monitor(), MockMonitor)
