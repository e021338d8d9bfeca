"""The public names of the private registry.

Importing this package reads no configuration and no file, and does not use the network.
"""

from . import options, problems
from .args import AccessRule, ExistingNetwork, PrivateRegistryArgs, RetentionRule
from .checks.arguments import registry_problems
from .outputs import with_dependencies
from .problems import InvalidInput, Problem
from .registry import PrivateRegistry
from .registry_outputs import RegistryOutputs
from .storage import PrivateBucket, PrivateBucketArgs

__all__ = [
    "AccessRule",
    "ExistingNetwork",
    "InvalidInput",
    "PrivateBucket",
    "PrivateBucketArgs",
    "PrivateRegistry",
    "PrivateRegistryArgs",
    "Problem",
    "RegistryOutputs",
    "RetentionRule",
    "options",
    "problems",
    "registry_problems",
    "with_dependencies",
]
