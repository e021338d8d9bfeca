"""In a new interpreter, importing the components does nothing else, and the first hash prints nothing."""

import subprocess
import sys
from pathlib import Path

WATCHED = """
import sys
import pulumi, pulumi_aws, pulumi_random, pulumi_tls  # theirs is not ours to judge

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

# passlib looks at its back end at the first hash, and logs what it does not know there.
from components.pure.htpasswd import htpasswd_line
htpasswd_line("alice", "secret", "AAECAwQFBgcICQoLDA0ODw==", 4)
"""


def test_importing_reads_no_config_touches_no_network_and_nothing_is_printed() -> None:
    root = Path(__file__).parents[3]
    ran = subprocess.run([sys.executable, "-c", WATCHED], cwd=root, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
