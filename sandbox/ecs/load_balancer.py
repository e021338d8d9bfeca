"""The load balancer: HAProxy with the settings of the listener, its rules and certificate, and the target groups."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.ecs import listener_rules, web_acl
from sandbox.ecs.haproxy_api import HaproxyApi
from sandbox.ecs.lambda_target import Target
from sandbox.ecs.runtime import RunningContainer, wait_until_serving
from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Declaration, Resource
from sandbox.machine import processes, programs
from sandbox.machine.processes import free_port, wait_until

_ADDRESS = "127.0.0.1"
_HEALTHY_SECONDS = 30
# The socket of the Runtime API, in the load balancer's folder.
_API = "api.sock"
# "Troubleshoot your Application Load Balancers", HTTP 504: connecting to a target, including the TLS handshake.
_CONNECT_SECONDS = 10
# "Quotas for your Application Load Balancers", HTTP headers: of a line, and of all headers.
_LINE_BYTES, _HEADERS_BYTES = 16384, 65536
_ALGORITHMS = {
    "least_outstanding_requests": "leastconn",
    "round_robin": "roundrobin",
    # With 2, HAProxy's default, it would choose the less busy of two random servers. ALB's weights differ only with
    # anomaly mitigation, for three or more healthy targets. HAProxy has nothing like it.
    "weighted_random": "random(1)",
    None: "roundrobin",
}
# "Security policies for your Application Load Balancer": the oldest protocol, and the ciphers for TLS 1.2.
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
    """A running load balancer.

    Attributes:
        name: its declared DNS name, which only the sandbox's client resolves.
        address: the address of the listener.
        port: the port of the listener.
        certificate: the listener's first certificate, PEM.
    """

    name: str
    address: str
    port: int
    certificate: str
    _pem_file: str
    _server_settings: str
    _api: HaproxyApi

    def request_counts(self) -> dict[str, int]:
        """The number of requests to each target, by its instance's address. Health checks do not count."""
        counts: Counter[str] = Counter()
        for row in self._api.servers("targets"):
            counts[row["svname"].partition(":")[0]] += int(row["stot"])
        return dict(counts)

    def all_healthy(self) -> bool:
        """Whether each target has passed a health check."""
        rows = self._api.servers("targets")
        return bool(rows) and all(row["status"] == "UP" and row["check_status"] == "L7OK" for row in rows)

    def bytes_sent(self) -> int:
        """The number of bytes sent to clients, with headers, without TLS."""
        return int(self._api.servers("listener")[0]["bout"])

    def answers(self) -> Counter[str]:
        """The number of answers by their origin and first digit, such as "targets 5xx"."""
        counts: Counter[str] = Counter()
        for origin in ("listener", "targets"):
            for row in self._api.servers(origin):
                for status in ("4xx", "5xx"):
                    counts[f"{origin} {status}"] += int(row[f"hrsp_{status}"])
        return counts

    def healthy_targets(self) -> int:
        """The number of targets that get requests."""
        return sum(row["status"] == "UP" for row in self._api.servers("targets"))

    def requests_received(self) -> int:
        """The number of requests of clients."""
        return int(self._api.servers("listener")[0]["req_tot"])

    def open_connections(self) -> int:
        """The number of open connections of clients."""
        return int(self._api.servers("listener")[0]["scur"])

    def longest_check(self) -> float:
        """How long the longest of each target's last health checks took, in seconds."""
        return max(int(row["check_duration"] or 0) for row in self._api.servers("targets")) / 1000

    def pid(self) -> int:
        """Its process id."""
        info = dict(line.split(": ", 1) for line in self._api.ask("show info").splitlines() if ": " in line)
        return int(info["Pid"])

    def unhealthy_counts(self) -> dict[str, int]:
        """How often each target became unhealthy, by its name. ECS would replace its task."""
        return {row["svname"]: int(row["chkdown"]) for row in self._api.servers("targets")}

    def register(self, target: RunningContainer) -> None:
        """Register a target, and wait until it is healthy and gets requests."""
        wait_until_serving(target)
        name = _server_name(target)
        # HAProxy treats new servers as healthy, Elastic Load Balancing does not.
        self._api.do(f"add server targets/{name} {name} {self._server_settings}")
        self._api.do(f"set server targets/{name} state drain")
        self._api.do(f"enable health targets/{name}")
        wait_until(lambda: self._row(target)["check_status"] == "L7OK", f"health of {name}", seconds=_HEALTHY_SECONDS)
        self._api.do(f"set server targets/{name} state ready")

    def deregister(self, target: RunningContainer) -> None:
        """Send no new requests to a target. Requests in progress continue."""
        self._api.do(f"set server targets/{_server_name(target)} state drain")

    def remove(self, target: RunningContainer) -> None:
        """Remove a target, and close its connections."""
        name = _server_name(target)
        self._api.do(f"set server targets/{name} state maint")
        self._api.do(f"shutdown sessions server targets/{name}")
        deleted = "Server deleted."
        wait_until(lambda: deleted in self._api.ask(f"del server targets/{name}"), f"removal of {name}", seconds=5)

    def active_requests(self, target: RunningContainer) -> int:
        """The number of requests that a target is serving."""
        return int(self._row(target)["scur"])

    def request_count(self, target: RunningContainer) -> int:
        """The number of requests to a target. Health checks do not count."""
        return int(self._row(target)["stot"])

    def apply_rules(self, rules: Sequence[Mapping[str, Any]]) -> None:
        """Answer as the listener's rules say, in the form in which Elastic Load Balancing describes them."""
        listener_rules.apply(self._api, rules)

    def replace_certificate(self, certificate: str, private_key: str) -> None:
        """Use another certificate (PEM) for new connections. Existing connections stay open."""
        pem = "\n".join(line for line in f"{certificate}\n{private_key}".splitlines() if line.strip())
        self._api.do(f"set ssl cert {self._pem_file} <<\n{pem}\n")
        self._api.do(f"commit ssl cert {self._pem_file}")

    def _row(self, target: RunningContainer) -> dict[str, str]:
        return next(row for row in self._api.servers("targets") if row["svname"] == _server_name(target))


@contextmanager
def running(
    declaration: Declaration, targets: Sequence[RunningContainer], folder: Path, functions: Sequence[Target] = ()
) -> Iterator[LoadBalancer]:
    """Run the declared load balancer until the end of the block, once all targets are healthy.

    Args:
        targets: of the listener's default target group.
        functions: the target groups that have a function.

    Raises:
        SandboxError: a target did not become healthy, or HAProxy lacks a declared setting.
    """
    folder.mkdir(parents=True, exist_ok=True)
    certificate, pem = _certificate(declaration)
    pem_file, config, log = folder / "certificate.pem", folder / "haproxy.cfg", folder / "haproxy.log"
    (folder / listener_rules.MAP).touch()
    pem_file.touch(mode=0o600)
    pem_file.write_text(pem)
    port = free_port(_ADDRESS)
    for function in functions:
        # A link, since a socket's path has at most 107 characters.
        (folder / _socket(function)).symlink_to(function.socket.absolute())
    config.write_text(configuration(declaration, targets, port=port, pem_file=pem_file.name, functions=functions))
    for target in targets:
        wait_until_serving(target)  # a failed first check would cost a whole interval
    name = declaration.one("aws:lb/loadBalancer:LoadBalancer").outputs["dnsName"]
    balancer = LoadBalancer(
        name, _ADDRESS, port, certificate, pem_file.name, _server_settings(declaration), HaproxyApi(folder / _API)
    )
    argv = [programs.require(["haproxy"])["haproxy"], "-db", "-f", config.name]
    # In its folder: so its files need no spaces in their names, and the socket has a short path.
    with processes.running(argv, env={}, log=log, cwd=folder) as process:
        wait_until(balancer.all_healthy, "healthy targets", seconds=_HEALTHY_SECONDS, process=process, log=log)
        yield balancer


def with_check_interval(declaration: Declaration, seconds: int) -> Declaration:
    """Change the interval of the health checks."""
    return with_health_check(declaration, {"interval": seconds})


def with_health_check(declaration: Declaration, settings: Mapping[str, Any]) -> Declaration:
    """Change settings of the health check of the listener's default target group."""
    group = default_group(declaration)
    changed = {**group.inputs, "healthCheck": {**group.inputs["healthCheck"], **settings}}
    return declaration.changed(
        lambda each: dataclasses.replace(each, inputs=changed) if each.urn == group.urn else each
    )


def configuration(
    declaration: Declaration,
    targets: Sequence[RunningContainer],
    *,
    port: int,
    pem_file: str,
    functions: Sequence[Target] = (),
) -> str:
    """Write HAProxy's configuration.

    Args:
        pem_file: the name of the file with certificate and key, in HAProxy's working directory.
        functions: the target groups that have a function. Their sockets are in HAProxy's working directory.
    """
    listener = declaration.one("aws:lb/listener:Listener").inputs
    default = default_group(declaration)
    group = default.inputs
    by_arn = {default.outputs["arn"]: "targets", **{each.group_arn: _function_backend(each) for each in functions}}
    rules = listener_rules.of(declaration, by_arn)
    idle = declaration.one("aws:lb/loadBalancer:LoadBalancer").inputs.get("idleTimeout", 60)
    check: Mapping[str, Any] = group["healthCheck"]
    policy, matcher = listener.get("sslPolicy"), check.get("matcher", "200")
    if policy not in _POLICIES:
        raise SandboxError(f"the listener's sslPolicy is {policy}; the sandbox supports {', '.join(_POLICIES)}")
    if not re.fullmatch(r"\d{3}", matcher):
        raise SandboxError(f"the health check's matcher is {matcher!r}; the sandbox supports one status, such as 401")
    settings = _server_settings(declaration)
    servers = "\n".join(f"    server {_server_name(target)} {_server_name(target)} {settings}" for target in targets)
    limits = _indented(web_acl.rules(declaration, idle_seconds=idle))
    more = "".join(
        [
            *rules.backends,
            *(f"backend {_function_backend(each)}\n    server function unix@{_socket(each)}\n" for each in functions),
        ]
    )
    return f"""\
global
    stats socket unix@{_API} mode 600 level admin
    tune.bufsize {_LINE_BYTES + _HEADERS_BYTES}
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
    http-request deny deny_status 400 if {{ url,length gt {_LINE_BYTES} }}
    http-request deny deny_status 400 if {{ req.hdrs,length gt {_HEADERS_BYTES} }}
    http-request deny deny_status 400 if {{ req.hdrs -m reg [^\\r\\n]{{{_LINE_BYTES + 1}}} }}
{limits}
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Forwarded-Port {listener["port"]}
{_indented(rules.choices)}
    default_backend targets
backend targets
    balance {_ALGORITHMS[group.get("loadBalancingAlgorithmType")]}
    option httpchk GET {check["path"]}
    http-check expect status {matcher}
{servers}
{more}"""


def _indented(lines: Sequence[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)


def _function_backend(target: Target) -> str:
    return f"function-{target.function.name}"


def _socket(target: Target) -> str:
    return f"{target.function.name}.sock"


def default_group(declaration: Declaration) -> Resource:
    """The target group of the requests that no listener rule matches."""
    action = declaration.one("aws:lb/listener:Listener").inputs["defaultActions"][0]
    groups = declaration.all("aws:lb/targetGroup:TargetGroup")
    return next(group for group in groups if group.outputs["arn"] == action["targetGroupArn"])


def _server_name(target: RunningContainer) -> str:
    return f"{target.address}:{target.port}"


def _server_settings(declaration: Declaration) -> str:
    """HAProxy's settings for a target: the protocol and the health check."""
    group = default_group(declaration).inputs
    check: Mapping[str, Any] = group["healthCheck"]
    settings = ["ssl verify none"] if group["protocol"] == "HTTPS" else []  # ALB does not verify targets' certificates
    settings += ["check", "check-ssl"] if check.get("protocol") == "HTTPS" else ["check"]
    settings += ["inter", f"{check.get('interval', 30)}s"]
    settings += ["rise", str(check.get("healthyThreshold", 3)), "fall", str(check.get("unhealthyThreshold", 3))]
    return " ".join(settings)


def _certificate(declaration: Declaration) -> tuple[str, str]:
    """The listener's certificate, and the same with chain and private key."""
    arn = declaration.one("aws:lb/listener:Listener").inputs["certificateArn"]
    for certificate in declaration.all("aws:iam/serverCertificate:ServerCertificate"):
        if certificate.outputs["arn"] == arn:
            inputs = certificate.inputs
            parts = (inputs["certificateBody"], inputs.get("certificateChain") or "", inputs["privateKey"])
            return parts[0], "\n".join(part.strip() for part in parts) + "\n"
    raise SandboxError(f"the listener's certificate {arn} is not in the stack; the sandbox has no certificates of AWS")
