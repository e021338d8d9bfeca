"""One evaluation in a process of its own.

usage: python -m bench.probe PROGRAM KEYS [RESOURCES]

PROGRAM is "empty", "modules", "flat", "dev", or a number of registries. KEYS is a pickle of what tls keys become, by
algorithm: on an engine a plugin makes them, and how long that takes is chance. RESOURCES is a pickle of a stack's
resources, for "flat".
"""

from __future__ import annotations

import importlib
import pickle
import re
import runpy
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sandbox.evaluation import local_providers
from sandbox.evaluation.evaluate import evaluate
from sandbox.evaluation.project import stack_config

PROJECT = Path(__file__).parents[1]
PRIVATE_KEY = "tls:index/privateKey:PrivateKey"


def _empty() -> None:
    importlib.import_module("pulumi_aws")


def _modules() -> None:
    """The parts of pulumi_aws that dev uses: each is loaded whole at the first use of any name in it."""
    import pulumi_aws as aws

    _ = (
        *(aws.autoscaling.Group, aws.cloudwatch.LogGroup, aws.ec2.Vpc, aws.ecs.Cluster, aws.iam.Role),
        *(aws.lb.LoadBalancer, aws.s3.Bucket, aws.ssm.Parameter, aws.vpc.SecurityGroupIngressRule),
    )


def _dev() -> None:
    runpy.run_path(str(PROJECT), run_name="__main__")


def _registries(count: int) -> Callable[[], None]:
    def program() -> None:
        from components import PrivateRegistry, PrivateRegistryArgs

        for number in range(count):
            PrivateRegistry(f"r{number}", PrivateRegistryArgs(nat_gateways="none"))

    return program


def _flat(file: Path) -> Callable[[], None]:
    """The same resources with the same inputs, one after the other: no components, no outputs, no checks."""

    def program() -> None:
        import pulumi_aws
        import pulumi_random
        import pulumi_tls

        packages: Mapping[str, Any] = {"aws": pulumi_aws, "random": pulumi_random, "tls": pulumi_tls}
        for type_, name, inputs in pickle.loads(file.read_bytes()):
            package, module, kind = re.split(r"[:/]", type_)[0], *re.split(r"[:/]", type_)[1::2]
            home = packages[package] if module == "index" else getattr(packages[package], module)
            getattr(home, kind)(name, **{_snake(key): value for key, value in inputs.items()})

    return program


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()


def main(program: str, keys: str, *resources: str) -> None:
    """Evaluates it, and prints the most memory that the process had, in KiB."""
    made = pickle.loads(Path(keys).read_bytes())
    known = {**local_providers.MAKERS, PRIVATE_KEY: lambda inputs: made[inputs["algorithm"]]}
    local_providers.MAKERS = known
    programs: dict[str, Callable[[], None]] = {"empty": _empty, "modules": _modules, "dev": _dev}
    if resources:
        programs["flat"] = _flat(Path(resources[0]))
    run = programs.get(program) or _registries(int(program))
    evaluate(run, config=stack_config(PROJECT, "dev").values)
    # Not getrusage: its figure begins with that of the process that started this one.
    print(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
