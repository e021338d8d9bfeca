"""Importing the library has no side effects, and loads no service of AWS that only some registries use."""

import subprocess
import sys
from pathlib import Path

WATCHED = """
import sys
import pulumi, pulumi_aws, pulumi_random, pulumi_tls  # their imports are not tested

from pulumi.runtime import config

def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen"):
        raise RuntimeError(f"{event} {args}")
    if event == "open" and "Pulumi." in str(args[0]):
        raise RuntimeError(f"{event} {args}")

def forbidden(*args, **kwargs):
    raise RuntimeError("reads the configuration")

pulumi.Config.__init__ = config.get_config = config.get_config_env = forbidden
sys.addaudithook(watch)
import components

# passlib loads bcrypt at the first hash, and logs if it does not know the version.
from components.pure.htpasswd import htpasswd_line
htpasswd_line("alice", "secret", "AAECAwQFBgcICQoLDA0ODw==", 4)
"""

# pulumi_aws loads a service's resources with the first use of one. wafv2 alone takes half as long as all of these.
SERVICES = """
import re, sys
import components
print(*sorted(re.findall(r"pulumi_aws[.](\\w+)[.]_inputs ", " ".join([*sys.modules, ""]))))
"""


def test_import_uses_no_config_file_and_network_and_prints_nothing() -> None:
    assert _run(WATCHED) == (0, "", "")


def test_import_loads_the_services_that_every_registry_uses() -> None:
    assert _run(SERVICES) == (0, "autoscaling cloudwatch ec2 ecs iam s3 ssm\n", "")


def _run(program: str) -> tuple[int, str, str]:
    root = Path(__file__).parents[3]
    ran = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)
    return ran.returncode, ran.stdout, ran.stderr
