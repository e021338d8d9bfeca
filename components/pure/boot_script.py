"""The script that turns a fresh ECS-optimized instance into a host of the registry."""

import json
import shlex
from collections.abc import Mapping

from .container import GROUP_ID, HOST_PATHS

# Every run takes all files or none: what is in use stays until sound ones are there. A rename within one file system
# is atomic, so that the registry never reads half a file, and an equal file keeps its modification time, which is
# what the registry looks at.
_SYNC = r"""#!/bin/bash
# Brings the registry's users and its backend certificate from S3.
set -euo pipefail
source /etc/registry-sync.conf

refuse() { echo "registry-sync: $1; the files in use stay as they are" >&2; exit 1; }

staging=$(mktemp -d /docker-registry/.sync.XXXXXX)
trap 'rm -rf "$staging"' EXIT

aws s3 cp --recursive --only-show-errors --region "$REGION" "s3://$BUCKET/" "$staging" \
  || refuse "s3://$BUCKET could not be read"
for file in htpasswd domain.crt domain.key; do
  [ -s "$staging/$file" ] || refuse "$file is missing or empty in s3://$BUCKET"
done
if grep -Evq '^[^:]+:\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$' "$staging/htpasswd"; then
  refuse "htpasswd in s3://$BUCKET has a line that is not NAME:BCRYPT-HASH"
fi

put() {
  if cmp -s "$staging/$1" "$2/$1"; then return; fi
  chown "root:$GROUP" "$staging/$1"
  chmod 0640 "$staging/$1"
  mv -f "$staging/$1" "$2/$1"
  echo "registry-sync: $1 is new"
}
put domain.key "$CERTS"
put domain.crt "$CERTS"
put htpasswd "$AUTH"
"""

_SERVICE = """[Unit]
Description=Bring the registry's users and backend certificate from S3

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/registry-sync
TimeoutStartSec=50s
"""

_TIMER = """[Unit]
Description=Every minute: registry-sync

[Timer]
OnActiveSec=60s
OnUnitInactiveSec=60s
AccuracySec=1s

[Install]
WantedBy=timers.target
"""

# ECS_CLUSTER comes last: an instance that lacks its files must never be given a task. An agent without it would join
# a cluster named "default", hence the mask when the boot fails.
_BOOT = r"""
instance=unknown

complete_launch() {
  local group
  group=$(aws autoscaling describe-auto-scaling-instances --region "$REGION" --instance-ids "$instance" \
    --query 'AutoScalingInstances[0].AutoScalingGroupName' --output text)
  aws autoscaling complete-lifecycle-action --region "$REGION" --auto-scaling-group-name "$group" \
    --lifecycle-hook-name "$LAUNCH_HOOK" --instance-id "$instance" --lifecycle-action-result "$1"
}

# Where the AWS CLI itself could not be installed, the hook's timeout abandons the launch.
fail() {
  trap - ERR
  set +e
  echo "registry-boot: failed in line $1 with exit status $2: $3" >&2
  systemctl mask --now ecs
  complete_launch ABANDON
  exit 1
}
trap 'fail "$LINENO" "$?" "$BASH_COMMAND"' ERR

metadata=http://169.254.169.254/latest
token=$(curl -sSf --retry 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 600' "$metadata/api/token")
instance=$(curl -sSf --retry 5 -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/instance-id")

command -v aws > /dev/null || dnf install -y -q awscli-2  # the ECS-optimized AMI has none

mkdir -p "$AUTH" "$CERTS"
chown "root:$GROUP" "$AUTH" "$CERTS"
chmod 0750 "$AUTH" "$CERTS"
chmod 0755 /usr/local/sbin/registry-sync
/usr/local/sbin/registry-sync

systemctl daemon-reload
systemctl enable --now registry-sync.timer
echo "ECS_INSTANCE_ATTRIBUTES=$ATTRIBUTES" >> /etc/ecs/ecs.config
echo "ECS_CLUSTER=$CLUSTER" >> /etc/ecs/ecs.config
complete_launch CONTINUE
echo "registry-boot: done"
"""


def _write_file(path: str, content: str) -> str:
    return f"cat > {path} <<'END_OF_FILE'\n{content}END_OF_FILE\n"


def _assign(**variables: str) -> str:
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def user_data(
    *, region: str, cluster: str, bootstrap_bucket: str, launch_hook: str, attributes: Mapping[str, str]
) -> str:
    """The boot script.

    Args:
        region: the region of the bucket, the cluster and the Auto Scaling Group.
        cluster: the ECS cluster's name.
        bootstrap_bucket: the bucket with the objects `htpasswd`, `domain.crt` and `domain.key`.
        launch_hook: the launch lifecycle hook that the script completes: CONTINUE at its end, ABANDON at any error.
        attributes: the container instance's ECS attributes, for placement constraints.
    """
    files = {"AUTH": HOST_PATHS["auth"], "CERTS": HOST_PATHS["certs"], "GROUP": str(GROUP_ID)}
    shared = _assign(REGION=region, BUCKET=bootstrap_bucket, **files)
    return "".join(
        (
            "#!/bin/bash\n",
            "set -Eeuo pipefail\n",
            shared,
            _assign(CLUSTER=cluster, LAUNCH_HOOK=launch_hook),
            _assign(ATTRIBUTES=json.dumps(attributes, separators=(",", ":"))),
            _write_file("/etc/registry-sync.conf", shared),
            _write_file("/usr/local/sbin/registry-sync", _SYNC),
            _write_file("/etc/systemd/system/registry-sync.service", _SERVICE),
            _write_file("/etc/systemd/system/registry-sync.timer", _TIMER),
            _BOOT,
        )
    )
