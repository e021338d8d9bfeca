"""The public names of the private registry.

Importing this reads no config, no file and no network.
"""

from .args import ExistingNetwork, PrivateRegistryArgs
from .checks.arguments import registry_problems
from .problems import InvalidInput, Problem
from .registry import PrivateRegistry
from .storage import PrivateBucket, PrivateBucketArgs

__all__ = [
    "ExistingNetwork",
    "InvalidInput",
    "PrivateBucket",
    "PrivateBucketArgs",
    "PrivateRegistry",
    "PrivateRegistryArgs",
    "Problem",
    "registry_problems",
]
