"""An AWS Region, and what follows from its name."""

import re
from dataclasses import dataclass

REGION = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+")
# The partition and the DNS suffix by the beginning of a Region's name. Source: botocore, data/partitions.json.
_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "us-iso-": ("aws-iso", "c2s.ic.gov"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov"),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk"),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov"),
    "eusc-": ("aws-eusc", "amazonaws.eu"),
}


@dataclass(frozen=True, kw_only=True)
class Location:
    """The AWS Region that resources are created in.

    Attributes:
        region: the region's code, such as "us-west-2".
    """

    region: str

    @property
    def partition(self) -> str:
        """The second part of every ARN, such as "aws" or "aws-cn"."""
        return self._partition[0]

    @property
    def dns_suffix(self) -> str:
        """The domain of AWS's services, such as "amazonaws.com"."""
        return self._partition[1]

    @property
    def _partition(self) -> tuple[str, str]:
        names = (names for prefix, names in _PARTITIONS.items() if self.region.startswith(prefix))
        return next(names, ("aws", "amazonaws.com"))
