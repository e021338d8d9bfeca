"""The sandbox's command line: python -m sandbox up | preview."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import pulumi
from rich.console import Console
from rich.text import Text

from sandbox.checks import CHECKS, IMAGE
from sandbox.errors import SandboxError
from sandbox.local import CONTAINERS, Options, Sandbox, sandbox
from sandbox.preview import preview
from sandbox.project import ProjectError, evaluate_project
from sandbox.report import Report

_PREVIEW_WIDTH = 140


def main(arguments: Sequence[str]) -> int:
    """Exit status 0, also after Ctrl-C once all is up; 1 after an error; 130 after Ctrl-C before."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
    # SIGTERM ends the sandbox as Ctrl-C does: by unwinding.
    signal.signal(signal.SIGTERM, _interrupt)
    # A shell's script starts what it puts into the background with this one ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if options.command == "preview":
            declaration = evaluate_project(Path.cwd(), options.stack, notice=Report(console).notice)
            # As wide as it is: a type's name in two lines could not be searched for.
            wide = Console(width=max(console.width, _PREVIEW_WIDTH), highlight=False)
            wide.print(preview(declaration, options.stack))
        else:
            _up(options, console)
    except (SandboxError, ProjectError, pulumi.RunError) as error:
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"error: {error}", style="red")
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; everything is stopped")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Runs what the stack declares, here.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_ in (("up", "run it"), ("preview", "show what would be created, and start nothing")):
        command = commands.add_parser(name, help=help_)
        command.add_argument("--stack", default="dev", help="Pulumi.STACK.yaml; default: %(default)s")
    up = commands.choices["up"]
    up.add_argument("--check", action="store_true", help="end after the checks instead of at Ctrl-C")
    up.add_argument("--instances", type=_count, metavar="N", help="default: the group's desired capacity")
    up.add_argument("--keep", type=Path, metavar="DIR", help="leave all files and logs in this new or empty folder")
    up.add_argument("--engine", action="store_true", help="declare by `pulumi up` instead of Pulumi's test runtime")
    up.add_argument("--containers", choices=CONTAINERS, default=CONTAINERS[0], help="default: %(default)s")
    return parser


def _up(options: argparse.Namespace, console: Console) -> None:
    report = Report(console)
    with _folder(options.keep) as folder:
        settings = Options(
            project=Path.cwd(),
            stack=options.stack,
            folder=folder,
            instances=options.instances,
            engine=options.engine,
            containers=options.containers,
        )
        with sandbox(settings, report) as running:
            for what, check in CHECKS.items():
                with report.step(what) as detail:
                    detail(check(running))
            console.rule()
            # One line each, however long, so that the command can be copied.
            console.print(Text(_summary(running, report.total(), options.check)), soft_wrap=True)
            if not options.check:
                with suppress(KeyboardInterrupt):
                    signal.pause()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
            yield Path(folder)
        return
    keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(keep.iterdir()):
        raise SandboxError(f"--keep {keep}: the folder is not empty; name a new one")
    yield keep.resolve()


def _summary(running: Sandbox, seconds: float, check: bool) -> str:
    client = running.client
    options = ["--cert-dir", str(client.ca_folder), "--authfile", str(client.auth_file)]
    image = f"docker://{client.registry}/{IMAGE}"
    example = shlex.join([str(client.wrapper), "skopeo", "inspect", *options, image])
    return "\n".join(
        (
            f"ready and checked in {seconds:.1f} s",
            f"address   {client.registry}, which is {running.balancer.address} for what {client.wrapper} runs",
            f"user      {running.user}",
            f"password  in {running.password_file}",
            f"CA        {client.ca_folder}/ca.crt",
            f"try       {example}",
            f"stop      {'it stops now' if check else 'Ctrl-C'}",
            "It cannot show IAM permissions, VPC routing or ECS scheduling: those are AWS's own.",
        )
    )


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 200:
        raise argparse.ArgumentTypeError("1 to 200 instances")
    return count


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
