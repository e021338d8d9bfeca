"""The network of a container instance, in network namespaces of the kernel, and an attack from a container.

Three namespaces: the instance with Docker's bridge and the firewall rules of Docker and the ECS agent, a container at
the bridge, and AWS with the instance metadata service. The relay is that of the boot script: its iptables rule and its
program. Stand-ins are systemd's socket, the Docker CLI and the ECS agent.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path

from sandbox.machine import bubblewrap, programs
from sandbox.machine.http_server import Handler

INSTANCE_KEY, TASK_KEY = "key-of-the-instance-role", "key-of-the-task-role"
ROLES = "/latest/meta-data/iam/security-credentials/"
_CONTAINER, _INSTANCE, _METADATA = "172.17.0.2", "10.0.0.5", "169.254.169.254"
_TOKEN = "X-aws-ec2-metadata-token"

_NAMESPACES = f"""
ip link set lo up
ip link add ens5 type veth peer name aws
ip link set aws netns $AWS
nsenter --net=/proc/$AWS/ns/net bash -euc '
  ip link set lo up
  ip address add 10.0.0.1/24 dev aws
  ip address add {_METADATA}/32 dev aws
  ip link set aws up'
ip address add {_INSTANCE}/24 dev ens5
ip link set ens5 up
ip route add default via 10.0.0.1
ip link add docker0 type bridge
ip address add 172.17.0.1/16 dev docker0
ip link set docker0 up
ip link add veth0 type veth peer name eth0
ip link set veth0 master docker0 up
ip link set eth0 netns $CONTAINER
nsenter --net=/proc/$CONTAINER/ns/net bash -euc '
  ip link set lo up
  ip address add {_CONTAINER}/16 dev eth0
  ip link set eth0 up
  ip route add default via 172.17.0.1'
"""
# Docker's, then those of the ECS agent's service (aws/amazon-ecs-agent 1.105.1, ecs-init/exec).
_FIREWALL = """
echo 1 > /proc/sys/net/ipv4/ip_forward
iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet
iptables -t nat -A PREROUTING -p tcp -d 169.254.170.2 --dport 80 -j DNAT --to-destination 127.0.0.1:51679
iptables -I INPUT --dst 127.0.0.0/8 ! --src 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
iptables -t nat -A OUTPUT -p tcp -d 169.254.170.2 --dport 80 -j REDIRECT --to-ports 51679
"""


@dataclass(frozen=True)
class Network:
    """What the boot script and the launch template decide.

    Attributes:
        tokens: whether the metadata service needs session tokens: "required" or "optional".
        hop_limit: of the response with a token.
        redirect: the command that redirects the containers' requests; "" for none.
        listen: the address and port of the relay.
        program: the content of the relay's program.
    """

    tokens: str
    hop_limit: int
    redirect: str
    listen: str
    program: str


@dataclass(frozen=True)
class Answers:
    """The status and the body of each answer, by the request. The status is 000 without an answer."""

    container: dict[str, str]
    instance: dict[str, str]


def attack(network: Network) -> Answers:
    """Send the requests of both versions of the metadata service's protocol from a container, and from the instance."""
    programs.require(["curl", "ip", "iptables", "nsenter", "unshare"])
    user = [] if bubblewrap.IS_ROOT else ["--user", "--map-root-user"]
    done = subprocess.run(
        ["unshare", *user, "--net", "--fork", "--kill-child", sys.executable, "-m", __name__],
        input=json.dumps(asdict(network)),
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PATH": programs.SEARCH_PATH},
    )
    assert done.returncode == 0, done.stderr
    return Answers(**json.loads(done.stdout))


def _run(network: Network) -> Answers:
    """Build the network in the present namespace, which is the instance, and send the requests."""
    with ExitStack() as exits:
        aws, container = (_namespace(exits) for _ in range(2))
        variables = {**os.environ, "AWS": str(aws), "CONTAINER": str(container)}
        for script in (_NAMESPACES, _FIREWALL, network.redirect):
            subprocess.run(["bash", "-euc", script], env=variables, check=True)
        service = ["metadata-service", network.tokens, str(network.hop_limit)]
        _background([*_inside(aws), sys.executable, "-m", "tests.sandbox.instance_network", *service], exits)
        _in_thread(ThreadingHTTPServer(("127.0.0.1", 51679), _Agent).serve_forever)
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory()))
        _relay(network, folder)
        return Answers(container=_ask_all(_inside(container)), instance=_ask_all([]))


def _namespace(exits: ExitStack) -> int:
    return _background(["unshare", "--net", "bash", "-c", "echo; exec sleep infinity"], exits)


def _inside(namespace: int) -> list[str]:
    return ["nsenter", f"--net=/proc/{namespace}/ns/net"]


def _background(argv: list[str], exits: ExitStack) -> int:
    """Run a process until the exit, and wait for its first line of output. Return its id."""
    process = exits.enter_context(subprocess.Popen(argv, stdout=subprocess.PIPE))
    exits.callback(process.kill)
    assert process.stdout
    process.stdout.readline()
    return process.pid


def _in_thread(target: Callable[..., object], *arguments: object) -> None:
    threading.Thread(target=target, args=arguments, daemon=True).start()


def _ask_all(prefix: list[str]) -> dict[str, str]:
    token = _ask(prefix, "/latest/api/token", "-X", "PUT", "-H", f"{_TOKEN}-ttl-seconds: 60")
    with_token = ["-H", f"{_TOKEN}: {token.partition(' ')[2]}"]
    return {
        "token": token,
        **{path: _ask(prefix, path) for path in (ROLES, f"{ROLES}instance-role", f"{ROLES}task", "/latest/user-data")},
        f"{ROLES}instance-role, with the token": _ask(prefix, f"{ROLES}instance-role", *with_token),
    }


def _ask(prefix: list[str], path: str, *options: str) -> str:
    argv = [*prefix, "curl", "-s", "--max-time", "2", "-w", "\\n%{http_code}", *options, f"http://{_METADATA}{path}"]
    body, _, status = subprocess.run(argv, capture_output=True, text=True).stdout.rpartition("\n")
    return f"{status} {body}"


def _relay(network: Network, folder: Path) -> None:
    """Run the relay's program for each connection, as systemd does."""
    docker = f'#!/bin/bash\n[ "$1" = ps ] && echo one || echo "{_CONTAINER} /v2/credentials/one"\n'
    for name, content in {"docker": docker, "relay": network.program}.items():
        (folder / name).write_text(content)
        (folder / name).chmod(0o755)
    address, _, port = network.listen.partition(":")
    listener = socket.create_server((address, int(port)))

    def accept() -> None:
        while True:
            connection, source = listener.accept()
            environment = {"PATH": f"{folder}:{os.environ['PATH']}", "REMOTE_ADDR": source[0]}
            with connection:
                subprocess.run(
                    [folder / "relay"], stdin=connection.fileno(), stdout=connection.fileno(), env=environment
                )

    _in_thread(accept)


class _Agent(Handler):
    """The ECS agent's endpoint for credentials."""

    def do_GET(self) -> None:
        found = self.path == "/v2/credentials/one"
        self.answer(200 if found else 400, json.dumps({"AccessKeyId": TASK_KEY} if found else {}).encode(), {})


def _metadata_service(tokens: str, hop_limit: int) -> ThreadingHTTPServer:
    """The instance metadata service ("Use the Instance Metadata Service to access instance metadata")."""

    class Service(Handler):
        def do_PUT(self) -> None:
            self.connection.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hop_limit)
            self.answer(200, b"a-token", {})

        def do_GET(self) -> None:
            if tokens == "required" and self.headers.get(_TOKEN) != "a-token":
                self.answer(401, b"", {})
            elif self.path == ROLES:
                self.answer(200, b"instance-role", {})
            else:
                self.answer(200, json.dumps({"Code": "Success", "AccessKeyId": INSTANCE_KEY}).encode(), {})

    return ThreadingHTTPServer((_METADATA, 80), Service)


if __name__ == "__main__":
    if sys.argv[1:]:
        server = _metadata_service(sys.argv[2], int(sys.argv[3]))
        print("listening", flush=True)
        server.serve_forever()
    else:
        print(json.dumps(asdict(_run(Network(**json.load(sys.stdin))))))
