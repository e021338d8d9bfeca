"""The credentials relay: gives containers the credentials of their task role through the instance metadata service.

The AWS SDK of registry:2 gets credentials that expire only from the metadata service, and only with version 1 of its
protocol (distribution#2960, distribution#3437). Version 1 for containers would give them the credentials of the
instance role: the bootstrap files, and the identity of the ECS agent. Therefore an instance redirects its containers'
requests for the metadata service to this relay. It answers with what the ECS agent has for the calling task.
"""

from string import Template

_METADATA_SERVICE = "169.254.169.254"
# Below the ephemeral ports, from which Docker takes the host ports of tasks.
_PORT = 16925

SOCKET_UNIT = "registry-credentials.socket"
PROGRAM = "/usr/local/sbin/registry-credentials"

# - The whole request is read: closing a connection with unread data resets it, and the response could be lost.
# - The agent puts the path of a task's credentials into the environment of the task's containers. The instance reaches
#   the agent at the same address as its containers do (aws/amazon-ecs-agent 1.105.1, agent/api/task/task.go and
#   ecs-init/exec/iptables/iptables.go).
# - The agent's response lacks the "Code" without which the SDK refuses it (aws-sdk-go 1.15.11, ec2rolecreds).
# - After a 503, the SDK sends the request again.
_SCRIPT = r"""#!/bin/bash
# Answers a container's request to the instance metadata service. systemd connects the container to stdin and stdout.
set -u

respond() {
  printf 'HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' "$1" "${#2}" "$2"
  exit
}

credentials_path() {  # print the path of the caller's credentials at the ECS agent
  local containers address path
  local format='{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}} {{range .Config.Env}}
    {{- $pair := split . "="}}
    {{- if eq (index $pair 0) "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}}{{index $pair 1}}{{end}}
    {{- end}}'
  mapfile -t containers < <(docker ps --quiet)
  docker inspect --format "$format" "${containers[@]}" | while read -r address path; do
    if [ "$address" = "$REMOTE_ADDR" ]; then echo "$path" && break; fi
  done
}

read -r method path _
while IFS= read -r header && [ "$header" != $'\r' ]; do :; done

case "$method $path" in
  "GET /latest/meta-data/iam/security-credentials/") respond "200 OK" task ;;
  "GET /latest/meta-data/iam/security-credentials/task") ;;
  *) respond "404 Not Found" "" ;;
esac

credentials=$(curl -sSf --max-time 3 "http://169.254.170.2$(credentials_path)") || respond "503 Service Unavailable" ""
respond "200 OK" "{\"Code\":\"Success\",${credentials#\{}"
"""

# - iptables runs whenever the unit starts, at each boot before Docker and the ECS agent. Without the rule, a container
#   reaches the metadata service and gets nothing: that requires a token, which does not survive the hop to a container.
# - The agent's service makes a loopback address reachable from a container, for a rule of its own (route_localnet;
#   aws/amazon-ecs-agent 1.105.1, ecs-init/engine/engine.go).
# - A container cannot take the relay from the others: its connections are limited, and the trigger limit, which would
#   end the unit, is off (systemd.socket(5)).
_SOCKET = Template("""[Unit]
Description=Answer the requests of containers to the instance metadata service

[Socket]
ExecStartPre=/bin/bash -c 'iptables -w -t nat -C $rule 2> /dev/null || iptables -w -t nat -I $rule'
ListenStream=127.0.0.1:$port
Accept=yes
MaxConnectionsPerSource=8
TriggerLimitIntervalSec=0

[Install]
WantedBy=sockets.target
""").substitute(
    rule=f"PREROUTING -p tcp -d {_METADATA_SERVICE} --dport 80 -j DNAT --to-destination 127.0.0.1:{_PORT}",
    port=_PORT,
)

_SERVICE = f"""[Unit]
Description=Answer a request of a container to the instance metadata service
CollectMode=inactive-or-failed

[Service]
ExecStart={PROGRAM}
StandardInput=socket
StandardOutput=socket
StandardError=journal
RuntimeMaxSec=10s
"""

# The content of the relay's files by path.
FILES = {
    PROGRAM: _SCRIPT,
    f"/etc/systemd/system/{SOCKET_UNIT}": _SOCKET,
    "/etc/systemd/system/registry-credentials@.service": _SERVICE,
}
