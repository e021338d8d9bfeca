"""Commands of docs/pulumi-commands.md on a deployed stack. The tests build on each other; the last one moves it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from pulumi import automation as auto

from tests.engine.commands import run
from tests.engine.configuring import configured, environment
from tests.engine.stacks import DeployedStack

_REGISTRY = "private-registry:index:PrivateRegistry"
_NEW_USER = {"users.alice": "lantern orbit velvet canyon drum"}


def test_target_updates_only_what_it_names(dev: DeployedStack) -> None:
    with configured(dev.stack, {"logRetentionDays": "60"}):
        changes = run(dev.stack.up, target=["**LogGroup::registry-log"]).changes
        rest = run(dev.stack.preview).changes
    assert changes == {"LogGroup registry-log": "update"}
    assert rest == {"BucketLifecycleConfiguration registry-logs": "update"}


def test_exclude_updates_everything_else(dev: DeployedStack) -> None:
    changes = run(dev.stack.up, exclude=["**BucketLifecycleConfiguration::registry-logs"]).changes
    assert changes == {"LogGroup registry-log": "update"}


def test_users_are_changed_alone_by_two_patterns(dev: DeployedStack) -> None:
    with configured(dev.stack, {**_NEW_USER, "desiredCount": "3"}):
        changes = run(dev.stack.up, target=["**::registry-user-*", "**registry-bootstrap-htpasswd"]).changes
    assert changes == {
        "BucketObjectv2 registry-bootstrap-htpasswd": "update",
        "RandomPassword registry-user-docker": "delete",
    }
    run(dev.stack.up)


def test_refresh_of_a_target_reads_only_it(dev: DeployedStack) -> None:
    name = dev.declaration.exports["serviceName"]
    dev.aws("ecs").update_service(cluster=dev.declaration.exports["clusterName"], service=name, desiredCount=5)
    assert run(dev.stack.refresh, target=["**LogGroup::registry-log"]).changes == {}
    assert run(dev.stack.refresh, target=["**ecs/service:Service::**"]).changes == {
        "Service registry-service": "update"
    }


def test_destroyed_target_is_created_by_the_next_up(dev: DeployedStack) -> None:
    service = {"Service registry-service"}
    assert run(dev.stack.destroy, target=["**ecs/service:Service::**"]).changes.keys() == service
    assert run(dev.stack.up).changes.keys() == service


def test_resource_that_the_state_lost_is_imported(dev: DeployedStack) -> None:
    lost = dev.declaration.one("aws:s3/bucketOwnershipControls:BucketOwnershipControls", "registry-images")
    _pulumi(dev.stack, "state", "delete", "--yes", lost.urn)
    assert run(dev.stack.preview).changes == {"BucketOwnershipControls registry-images": "create"}

    arguments = [lost.type, lost.name, lost.id, "--parent", f"bucket={lost.parent}"]
    _pulumi(dev.stack, "import", "--yes", "--skip-preview", "--protect=false", "--generate-code=false", *arguments)

    assert run(dev.stack.preview).changes == {}


def test_renamed_stack_has_no_changes(dev: DeployedStack) -> None:
    _pulumi(dev.stack, "stack", "rename", "renamed")
    _pulumi(dev.stack, "preview", "--expect-no-changes", stack="renamed")
    _pulumi(dev.stack, "stack", "rename", "dev", stack="renamed")


def test_environments_need_pulumi_cloud(dev: DeployedStack) -> None:
    file = Path(dev.stack.workspace.work_dir) / "Pulumi.dev.yaml"
    before = file.read_text()
    file.write_text(f"environment:\n  - registries/dev\n{before}")
    failed = _pulumi(dev.stack, "preview", check=False)
    file.write_text(before)
    assert "Pulumi ESC environments require the Pulumi Cloud backend" in failed.stderr


def test_registry_moves_to_another_stack_without_changes(dev: DeployedStack) -> None:
    folder = Path(dev.stack.workspace.work_dir)
    registry = dev.declaration.one(_REGISTRY).urn
    _pulumi(dev.stack, "stack", "init", "moved", stack=None)
    shutil.copy(folder / "Pulumi.dev.yaml", folder / "Pulumi.moved.yaml")

    _pulumi(dev.stack, "state", "move", "--yes", "--source", "dev", "--dest", "moved", registry, stack=None)

    _pulumi(dev.stack, "preview", "--expect-no-changes", stack="moved")


def _pulumi(
    deployed: auto.Stack, *arguments: str, stack: str | None = "dev", check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run the CLI in the stack's folder, for a stack of its project."""
    command = ["pulumi", *arguments, "--non-interactive", *(["--stack", stack] if stack else [])]
    ran = subprocess.run(
        command,
        cwd=deployed.workspace.work_dir,
        env=environment(deployed),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or ran.returncode == 0, ran.stdout + ran.stderr
    return ran
