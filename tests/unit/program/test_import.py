"""Importing the library has no side effects."""

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


def test_import_uses_no_config_file_and_network_and_prints_nothing() -> None:
    assert _run(WATCHED) == (0, "", "")


def _run(program: str) -> tuple[int, str, str]:
    root = Path(__file__).parents[3]
    ran = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)
    return ran.returncode, ran.stdout, ran.stderr
