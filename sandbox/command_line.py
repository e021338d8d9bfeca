"""The command line of the sandbox: python -m sandbox up | preview | drill | collection."""

from __future__ import annotations

import argparse
import errno
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import pulumi
from rich.console import Console
from rich.text import Text

from sandbox.acceptance import CHECKS, IMAGE
from sandbox.collection import command as collection
from sandbox.drill import command as drill
from sandbox.errors import SandboxError
from sandbox.evaluation.preview import preview
from sandbox.evaluation.project import ProjectError, evaluate_project
from sandbox.kept_folder import has_images, kept_folder, restore_images, save_images
from sandbox.local import CONTAINERS, Options, Sandbox, sandbox
from sandbox.machine import signals
from sandbox.machine.private_folder import private_folder
from sandbox.report import Report

_PREVIEW_WIDTH = 140


def main(arguments: Sequence[str]) -> int:
    """Run a command.

    Returns:
        The exit status: 0, also after Ctrl-C while the sandbox is ready; 1 after an error, or if a drill found one; 130
        after Ctrl-C before.
    """
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
    signals.interrupt_once()
    try:
        if options.command == "preview":
            declaration = evaluate_project(Path.cwd(), options.stack, notice=Report(console).notice)
            # Wide enough for every line: a type's name that is broken into two lines cannot be searched for.
            wide = Console(width=max(console.width, _PREVIEW_WIDTH), highlight=False)
            wide.print(preview(declaration, options.stack))
        elif options.command == "drill":
            return drill.run(options, console)
        elif options.command == "collection":
            return collection.run(options, console)
        else:
            _up(options, console)
    except (SandboxError, ProjectError, pulumi.RunError) as error:
        return _failed(str(error))
    except BrokenPipeError:
        # The reader of the output, such as `head`, has ended.
        signals.discard_output()
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return _failed(f"{error.strerror}; free some space, or set TMPDIR or --keep to a folder on another file system")
    except KeyboardInterrupt:
        console.print("interrupted; everything was stopped")
        return 130
    return 0


def _failed(message: str) -> int:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"error: {message}", style="red")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Run a stack of this Pulumi project on this machine, without AWS, or drill a restore.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_ in (("up", "run the stack"), ("preview", "show the resources of the stack, and start nothing")):
        command = commands.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
        command.add_argument("--stack", default="dev", help="the stack of Pulumi.STACK.yaml; default: %(default)s")
    help_ = "read every image of a registry, in AWS or elsewhere, and verify the digests"
    drill.add_arguments(commands.add_parser("drill", help=help_, description=f"{help_[0].upper()}{help_[1:]}."))
    help_ = "say what a garbage collection of a registry in AWS deleted, and undo it"
    collection.add_arguments(
        commands.add_parser("collection", help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
    )
    up = commands.choices["up"]
    up.add_argument("--check", action="store_true", help="stop after the checks, with exit status 0 or 1")
    up.add_argument(
        "--instances", type=_count, metavar="N", help="container instances; default: the desired capacity of the stack"
    )
    up.add_argument("--keep", type=Path, metavar="DIR", help="keep the files, logs and pushed images in this folder")
    up.add_argument("--engine", action="store_true", help="run `pulumi up`, which needs the Pulumi CLI")
    up.add_argument(
        "--containers", choices=CONTAINERS, default=CONTAINERS[0], help="what runs the containers; default: %(default)s"
    )
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
        with sandbox(settings, report) as running, _kept_images(running, report) if options.keep else nullcontext():
            _check(running, report)
            console.rule()
            # Without line breaks, so that commands can be copied.
            console.print(Text(_summary(running, report.total(), options.check)), soft_wrap=True)
            if not options.check:
                with suppress(KeyboardInterrupt):
                    # Not signal.pause(): it would miss a signal that arrives just before it.
                    while True:
                        time.sleep(1)


def _check(running: Sandbox, report: Report) -> None:
    for name, check in CHECKS.items():
        with report.step(name) as detail:
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
def _kept_images(running: Sandbox, report: Report) -> Iterator[None]:
    """Restore the images of the last run, and save those in the bucket at the end: the emulated S3 is in memory."""
    s3, bucket = running.stack.aws("s3"), running.stack.declaration.exports["bucketName"]
    if has_images(running.folder):
        with report.step("restore the kept images") as detail:
            detail(restore_images(running.folder, s3, bucket))
    try:
        yield
    finally:
        with signals.ignored(), report.step("save the pushed images") as detail:
            detail(save_images(running.folder, s3, bucket))


def _summary(running: Sandbox, seconds: float, check: bool) -> str:
    client = running.client
    options = ["--cert-dir", str(client.ca_folder), "--authfile", str(client.auth_file)]
    image = f"docker://{client.registry}/{IMAGE}"
    example = shlex.join([str(client.wrapper), "skopeo", "inspect", *options, image])
    return "\n".join(
        (
            f"Ready: all {len(CHECKS)} checks passed, {seconds:.1f} s after the start.",
            f"registry  {client.registry} ({running.balancer.address} for commands that {client.wrapper} runs)",
            f"user      {running.user}",
            f"password  in the file {running.password_file}",
            f"CA        {client.ca_folder}/ca.crt",
            f"try       {example}",
            f"stop      {'stops now, because of --check' if check else 'press Ctrl-C'}",
            "Not checked, since only AWS has them: IAM permissions, VPC routing and ECS scheduling.",
        )
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 200:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of instances; give one from 1 to 200")
    return int(text)
