"""Two registries in one program."""

import pulumi

from components import PrivateRegistry, PrivateRegistryArgs

for name in ("images", "charts"):
    registry = PrivateRegistry(name, PrivateRegistryArgs(nat_gateways="none", force_destroy=True))
    pulumi.export(name, {"bucket": registry.bucket_name, "cluster": registry.cluster_name})
