"""The load balancer: HAProxy, configured from the listener, its certificate and the target group."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.ecs.containers import RunningContainer, wait_until_serving
from sandbox.ecs.haproxy_api import HaproxyApi
from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Declaration
from sandbox.machine import programs
from sandbox.machine.processes import free_port, running, wait_until

_ADDRESS = "127.0.0.1"
_HEALTHY_SECONDS = 30
# The runtime API's socket, in the load balancer's folder.
_API = "api.sock"
# "Troubleshoot your Application Load Balancers", HTTP 504: for a connection to a target, its TLS handshake included.
_CONNECT_SECONDS = 10
_ALGORITHMS = {
    "least_outstanding_requests": "leastconn",
    "round_robin": "roundrobin",
    # One draw: HAProxy's default of two takes the less busy one of them. Weights differ in AWS only where anomaly
    # mitigation works, from three healthy targets on, of which HAProxy has no counterpart.
    "weighted_random": "random(1)",
    None: "roundrobin",
}
# "Security policies for your Application Load Balancer": the oldest protocol, and the ciphers below TLS 1.3.
_RESTRICTED = ":".join(
    f"ECDHE-{signature}-{cipher}"
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384")
    for signature in ("ECDSA", "RSA")
)
_POLICIES = {
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06": f"ssl-min-ver TLSv1.2 ciphers {_RESTRICTED}",
    "ELBSecurityPolicy-TLS13-1-2-2021-06": "ssl-min-ver TLSv1.2",
    "ELBSecurityPolicy-TLS13-1-3-2021-06": "ssl-min-ver TLSv1.3",
}


@dataclass(frozen=True)
class LoadBalancer:
    """A load balancer that has healthy targets.

    Attributes:
        name: its DNS name in the declaration; nothing but the sandbox's client knows it.
        address: where it listens.
        port: likewise.
        certificate: what it shows, PEM.
    """

    name: str
    address: str
    port: int
    certificate: str
    _pem_file: str
    _server_settings: str
    _api: HaproxyApi

    def requests(self) -> dict[str, int]:
        """How many requests each target has got, by its instance's address; health checks aside."""
        counts: Counter[str] = Counter()
        for row in self._api.servers("targets"):
            counts[row["svname"].partition(":")[0]] += int(row["stot"])
        return dict(counts)

    def all_healthy(self) -> bool:
        """Whether each target has passed a health check since the start."""
        rows = self._api.servers("targets")
        return bool(rows) and all(row["status"] == "UP" and row["check_status"] == "L7OK" for row in rows)

    def bytes_sent(self) -> int:
        """How many bytes it has sent to clients, headers included, TLS not."""
        return int(self._api.servers("listener")[0]["bout"])

    def process(self) -> int:
        """Its process id."""
        told = dict(line.split(": ", 1) for line in self._api.ask("show info").splitlines() if ": " in line)
        return int(told["Pid"])

    def times_down(self) -> dict[str, int]:
        """How often each target has become unhealthy, by its name: ECS would have replaced its task."""
        return {row["svname"]: int(row["chkdown"]) for row in self._api.servers("targets")}

    def register(self, target: RunningContainer) -> None:
        """Adds a target. It gets requests once it has passed a health check, and then this returns."""
        wait_until_serving(target)
        name = _server_name(target)
        # HAProxy takes new servers for healthy ones. The load balancer it stands for does not.
        self._api.do(f"add server targets/{name} {name} {self._server_settings}")
        self._api.do(f"set server targets/{name} state drain")
        self._api.do(f"enable health targets/{name}")
        wait_until(lambda: self._row(target)["check_status"] == "L7OK", f"health of {name}", seconds=_HEALTHY_SECONDS)
        self._api.do(f"set server targets/{name} state ready")

    def deregister(self, target: RunningContainer) -> None:
        """Sends a target no more requests; those under way go on."""
        self._api.do(f"set server targets/{_server_name(target)} state drain")

    def remove(self, target: RunningContainer) -> None:
        """Forgets a target, and cuts off what it is still doing."""
        name = _server_name(target)
        self._api.do(f"set server targets/{name} state maint")
        self._api.do(f"shutdown sessions server targets/{name}")
        gone = "Server deleted."
        wait_until(lambda: gone in self._api.ask(f"del server targets/{name}"), f"the end of {name}", seconds=5)

    def under_way(self, target: RunningContainer) -> int:
        """How many requests a target is serving."""
        return int(self._row(target)["scur"])

    def served(self, target: RunningContainer) -> int:
        """How many requests it has got; health checks aside."""
        return int(self._row(target)["stot"])

    def renew(self, certificate: str, private_key: str) -> None:
        """Shows another certificate (PEM) from the next connection on. No connection is closed."""
        pem = "\n".join(line for line in f"{certificate}\n{private_key}".splitlines() if line.strip())
        self._api.do(f"set ssl cert {self._pem_file} <<\n{pem}\n")
        self._api.do(f"commit ssl cert {self._pem_file}")

    def _row(self, target: RunningContainer) -> dict[str, str]:
        return next(row for row in self._api.servers("targets") if row["svname"] == _server_name(target))


@contextmanager
def balancing(declaration: Declaration, targets: Sequence[RunningContainer], folder: Path) -> Iterator[LoadBalancer]:
    """The declared load balancer before these targets, once all are healthy; it is stopped at the end.

    Raises:
        SandboxError: the targets did not become healthy, or the declaration asks for what HAProxy has no word for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    certificate, pem = _certificate(declaration)
    pem_file, config, log = folder / "certificate.pem", folder / "haproxy.cfg", folder / "haproxy.log"
    pem_file.touch(mode=0o600)
    pem_file.write_text(pem)
    port = free_port(_ADDRESS)
    config.write_text(configuration(declaration, targets, port=port, pem_file=pem_file.name))
    for target in targets:
        wait_until_serving(target)  # else a failed first check would cost a whole interval
    name = declaration.one("aws:lb/loadBalancer:LoadBalancer").outputs["dnsName"]
    balancer = LoadBalancer(
        name, _ADDRESS, port, certificate, pem_file.name, _server_settings(declaration), HaproxyApi(folder / _API)
    )
    argv = [programs.require(["haproxy"])["haproxy"], "-db", "-f", config.name]
    # In its folder, so that its files have names without spaces, and its socket a short one, wherever the folder is.
    with running(argv, env={}, log=log, cwd=folder) as process:
        wait_until(balancer.all_healthy, "the targets' health", seconds=_HEALTHY_SECONDS, process=process, log=log)
        yield balancer


def checked_every(declaration: Declaration, seconds: int) -> Declaration:
    """The same with more frequent health checks, for who does not want to wait for the declared ones."""
    return declaration.with_inputs(
        "aws:lb/targetGroup:TargetGroup", lambda inputs: {"healthCheck": {**inputs["healthCheck"], "interval": seconds}}
    )


def configuration(declaration: Declaration, targets: Sequence[RunningContainer], *, port: int, pem_file: str) -> str:
    """HAProxy's configuration file.

    Args:
        pem_file: the certificate with its key, by its name in HAProxy's working directory.
    """
    listener = declaration.one("aws:lb/listener:Listener").inputs
    group = declaration.one("aws:lb/targetGroup:TargetGroup").inputs
    idle = declaration.one("aws:lb/loadBalancer:LoadBalancer").inputs.get("idleTimeout", 60)
    check: Mapping[str, Any] = group["healthCheck"]
    policy, matcher = listener.get("sslPolicy"), check.get("matcher", "200")
    if policy not in _POLICIES:
        raise SandboxError(
            f"the sandbox does not know the listener's sslPolicy {policy}; it knows {', '.join(_POLICIES)}"
        )
    if not re.fullmatch(r"\d{3}", matcher):
        raise SandboxError(f"the health check's matcher is {matcher!r}; the sandbox knows one status, such as 401")
    settings = _server_settings(declaration)
    servers = "\n".join(f"    server {_server_name(target)} {_server_name(target)} {settings}" for target in targets)
    return f"""\
global
    stats socket unix@{_API} mode 600 level admin
defaults
    mode http
    retries 0
    timeout connect {_CONNECT_SECONDS}s
    timeout client {idle}s
    timeout server {idle}s
    timeout check {check.get("timeout", 5)}s
    option forwardfor
frontend listener
    bind {_ADDRESS}:{port} ssl crt {pem_file} alpn h2,http/1.1 {_POLICIES[policy]}
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Forwarded-Port {listener["port"]}
    default_backend targets
backend targets
    balance {_ALGORITHMS[group.get("loadBalancingAlgorithmType")]}
    option httpchk GET {check["path"]}
    http-check expect status {matcher}
{servers}
"""


def _server_name(target: RunningContainer) -> str:
    return f"{target.address}:{target.port}"


def _server_settings(declaration: Declaration) -> str:
    """How HAProxy speaks to a target, and how it checks its health."""
    group = declaration.one("aws:lb/targetGroup:TargetGroup").inputs
    check: Mapping[str, Any] = group["healthCheck"]
    settings = ["ssl verify none"] if group["protocol"] == "HTTPS" else []  # as the real one, which verifies no target
    settings += ["check", "check-ssl"] if check.get("protocol") == "HTTPS" else ["check"]
    settings += ["inter", f"{check.get('interval', 30)}s"]
    settings += ["rise", str(check.get("healthyThreshold", 3)), "fall", str(check.get("unhealthyThreshold", 3))]
    return " ".join(settings)


def _certificate(declaration: Declaration) -> tuple[str, str]:
    """The listener's certificate, and the same with its chain and key."""
    arn = declaration.one("aws:lb/listener:Listener").inputs["certificateArn"]
    for certificate in declaration.all("aws:iam/serverCertificate:ServerCertificate"):
        if certificate.outputs["arn"] == arn:
            inputs = certificate.inputs
            parts = (inputs["certificateBody"], inputs.get("certificateChain") or "", inputs["privateKey"])
            return parts[0], "\n".join(part.strip() for part in parts) + "\n"
    raise SandboxError(f"the listener's certificate {arn} is in AWS alone: the sandbox can show declared ones only")
