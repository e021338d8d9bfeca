"""The number of vCPUs of an EC2 instance type, from its name."""

import re

# "2xlarge" has twice the vCPUs of "xlarge". Of families with fewer vCPUs (hpc, m2), sizes say nothing, and "metal" has
# those of the largest size (EC2 User Guide, "Amazon EC2 instance types").
_XLARGE = re.compile(r"(?!hpc|m2\.)[a-z0-9-]+\.(\d*)xlarge")
_TWO = re.compile(r"[a-z0-9-]+\.large|t[2-9][a-z]*\.medium|t[3-9][a-z]*\.(nano|micro|small)")
_ONE = re.compile(r"[a-z0-9-]+\.medium|t[12]\.(nano|micro|small)")


def vcpus(instance_type: str) -> int | None:
    """Return the vCPUs of an instance type such as "t3.small" (2), or None if its name does not tell."""
    if xlarge := _XLARGE.fullmatch(instance_type):
        return 4 * int(xlarge[1] or 1)
    if _TWO.fullmatch(instance_type):
        return 2
    return 1 if _ONE.fullmatch(instance_type) else None
