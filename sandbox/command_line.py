"""The sandbox's command line: python -m sandbox up | preview."""

from __future__ import annotations

import argparse
import errno
import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import pulumi
from rich.console import Console
from rich.text import Text

from sandbox.acceptance import CHECKS, IMAGE
from sandbox.errors import SandboxError
from sandbox.evaluation.preview import preview
from sandbox.evaluation.project import ProjectError, evaluate_project
from sandbox.kept_folder import has_images, kept_folder, restore_images, save_images
from sandbox.local import CONTAINERS, Options, Sandbox, sandbox
from sandbox.machine import interruption
from sandbox.machine.private_folder import private_folder
from sandbox.report import Report

_PREVIEW_WIDTH = 140


def main(arguments: Sequence[str]) -> int:
    """Exit status 0, also after Ctrl-C once all is up; 1 after an error; 130 after Ctrl-C before."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
    interruption.raise_first()
    try:
        if options.command == "preview":
            declaration = evaluate_project(Path.cwd(), options.stack, notice=Report(console).notice)
            # As wide as it is: a type's name in two lines could not be searched for.
            wide = Console(width=max(console.width, _PREVIEW_WIDTH), highlight=False)
            wide.print(preview(declaration, options.stack))
        else:
            _up(options, console)
    except (SandboxError, ProjectError, pulumi.RunError) as error:
        return _failed(str(error))
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has gone.
        interruption.close_output()
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return _failed(f"{error.strerror}; make space, or name another file system by TMPDIR or --keep")
    except KeyboardInterrupt:
        console.print("interrupted; everything is stopped")
        return 130
    return 0


def _failed(message: str) -> int:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"error: {message}", style="red")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Runs what the stack declares, here.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_ in (("up", "run it"), ("preview", "show what would be created, and start nothing")):
        command = commands.add_parser(name, help=help_)
        command.add_argument("--stack", default="dev", help="Pulumi.STACK.yaml; default: %(default)s")
    up = commands.choices["up"]
    up.add_argument("--check", action="store_true", help="end after the checks instead of at Ctrl-C")
    up.add_argument("--instances", type=_count, metavar="N", help="default: the group's desired capacity")
    up.add_argument("--keep", type=Path, metavar="DIR", help="keep files, logs and pushed images in this folder")
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
        with sandbox(settings, report) as running, _images_kept(running, report) if options.keep else nullcontext():
            _check(running, report)
            console.rule()
            # One line each, however long, so that the command can be copied.
            console.print(Text(_summary(running, report.total(), options.check)), soft_wrap=True)
            if not options.check:
                with suppress(KeyboardInterrupt):
                    signal.pause()


def _check(running: Sandbox, report: Report) -> None:
    for what, check in CHECKS.items():
        with report.step(what) as detail:
            detail(check(running))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep:
        with kept_folder(keep) as folder:
            yield folder
    else:
        with private_folder("sandbox-") as (folder, _):
            yield folder


@contextmanager
def _images_kept(running: Sandbox, report: Report) -> Iterator[None]:
    """The S3 here keeps objects in memory: what was pushed is written to the folder at the end."""
    s3, bucket = running.stack.aws("s3"), running.stack.declaration.exports["bucketName"]
    if has_images(running.folder):
        with report.step("restore the kept images") as detail:
            detail(restore_images(running.folder, s3, bucket))
    try:
        yield
    finally:
        with interruption.undisturbed(), report.step("keep the pushed images") as detail:
            detail(save_images(running.folder, s3, bucket))


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
    if not text.isdecimal() or not 1 <= int(text) <= 200:
        raise argparse.ArgumentTypeError(f"{text!r}; 1 to 200 instances are allowed")
    return int(text)
