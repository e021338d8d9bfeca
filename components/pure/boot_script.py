"""The user data of an instance: a script that turns an ECS-optimized AMI into a host of the registry."""

import shlex
import string

from . import credentials_relay
from .bootstrap_files import BOOTSTRAP_FILES, HTPASSWD, VOLUMES, Volume
from .container import GROUP_ID
from .htpasswd import HTPASSWD_LINE


class _Script(string.Template):
    """A shell script with placeholders such as @files, since "$" belongs to the shell."""

    delimiter = "@"


# A run installs all files or none, so a broken file in the bucket leaves the present ones in use. A rename within a
# file system is atomic: the registry never reads half a file. An unchanged file keeps its modification time, by which
# the registry decides whether to read it again.
_SYNC = _Script(r"""#!/bin/bash
# Copies the registry's users and its backend certificate from S3.
set -euo pipefail
source /etc/registry-sync.conf

refuse() { echo "registry-sync: $1; the files in use stay as they are" >&2; exit 1; }

staging=$(mktemp -d /docker-registry/.sync.XXXXXX)
trap 'rm -rf "$staging"' EXIT

aws s3 cp --recursive --only-show-errors --region "$REGION" "s3://$BUCKET/" "$staging" \
  || refuse "s3://$BUCKET could not be read"
for file in @files; do
  [ -s "$staging/$file" ] || refuse "$file is missing or empty in s3://$BUCKET"
done
if grep -Evq '^@htpasswd_line$' "$staging/@htpasswd"; then
  refuse "@htpasswd in s3://$BUCKET has a line that is not NAME:BCRYPT-HASH of cost 4 to 12"
fi

put() {
  if cmp -s "$staging/$1" "$2/$1"; then return; fi
  chown "root:$GROUP" "$staging/$1"
  chmod 0640 "$staging/$1"
  mv -f "$staging/$1" "$2/$1"
  echo "registry-sync: $1 is new"
}
@put_files
""")

_SERVICE = """[Unit]
Description=Copy the registry's users and backend certificate from S3

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

# ECS_CLUSTER is written last, because an instance without its files must not get a task. When the boot fails, the ECS
# agent is masked: without ECS_CLUSTER it would join the cluster named "default".
_BOOT = _Script(r"""
instance=unknown

complete_launch() {
  local group
  group=$(aws autoscaling describe-auto-scaling-instances --region "$REGION" --instance-ids "$instance" \
    --query 'AutoScalingInstances[0].AutoScalingGroupName' --output text)
  aws autoscaling complete-lifecycle-action --region "$REGION" --auto-scaling-group-name "$group" \
    --lifecycle-hook-name "$LAUNCH_HOOK" --instance-id "$instance" --lifecycle-action-result "$1"
}

# If even the AWS CLI could not be installed, the launch is abandoned when the hook times out.
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

mkdir -p @folders
chown "root:$GROUP" @folders
chmod 0750 @folders
chmod 0755 /usr/local/sbin/registry-sync @credentials_program
/usr/local/sbin/registry-sync

systemctl daemon-reload
systemctl enable --now registry-sync.timer
systemctl enable --now @credentials_relay
echo "ECS_CLUSTER=$CLUSTER" >> /etc/ecs/ecs.config
complete_launch CONTINUE
echo "registry-boot: done"
""")


def _folder(volume: Volume) -> str:
    """Return the shell variable with a volume's folder on the instance."""
    return f'"${volume.name.upper()}"'


def _sync_script() -> str:
    return _SYNC.substitute(
        files=" ".join(file.name for file in BOOTSTRAP_FILES),
        htpasswd=HTPASSWD.name,
        # POSIX regular expressions have no \s.
        htpasswd_line=HTPASSWD_LINE.replace(r"\s", "[:space:]"),
        put_files="\n".join(f"put {file.name} {_folder(file.volume)}" for file in BOOTSTRAP_FILES),
    )


def _write_file(path: str, content: str) -> str:
    return f"cat > {path} <<'END_OF_FILE'\n{content}END_OF_FILE\n"


def _assign(**variables: str) -> str:
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def user_data(*, region: str, cluster: str, bootstrap_bucket: str, launch_hook: str) -> str:
    """Return the boot script.

    Args:
        region: the region of the bucket, the cluster and the Auto Scaling group.
        cluster: the ECS cluster's name.
        bootstrap_bucket: the name of the bucket with the bootstrap files.
        launch_hook: the name of the launch lifecycle hook. The script completes it with CONTINUE at its end and with
            ABANDON at any error.
    """
    folders = {volume.name.upper(): volume.host_path for volume in VOLUMES}
    shared = _assign(REGION=region, BUCKET=bootstrap_bucket, **folders, GROUP=str(GROUP_ID))
    return "".join(
        (
            "#!/bin/bash\n",
            "set -Eeuo pipefail\n",
            shared,
            _assign(CLUSTER=cluster, LAUNCH_HOOK=launch_hook),
            _write_file("/etc/registry-sync.conf", shared),
            _write_file("/usr/local/sbin/registry-sync", _sync_script()),
            _write_file("/etc/systemd/system/registry-sync.service", _SERVICE),
            _write_file("/etc/systemd/system/registry-sync.timer", _TIMER),
            *(_write_file(path, content) for path, content in credentials_relay.FILES.items()),
            _BOOT.substitute(
                folders=" ".join(map(_folder, VOLUMES)),
                credentials_program=credentials_relay.PROGRAM,
                credentials_relay=credentials_relay.SOCKET_UNIT,
            ),
        )
    )
