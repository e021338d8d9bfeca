"""The command of the restore drill: python -m sandbox drill."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from sandbox.drill.bucket import BucketSource
from sandbox.drill.check import THREADS, Drill, Source
from sandbox.drill.registry import RegistrySource
from sandbox.errors import SandboxError
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from sandbox.report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--registry", type=_address, metavar="HOST[:PORT]", help="read through this registry, as its clients do"
    )
    what.add_argument("--bucket", help="read this bucket, with the AWS credentials of the environment")
    parser.add_argument(
        "--user", default="docker", help="with --registry: whose password comes from stdin; default: %(default)s"
    )
    parser.add_argument("--ca", type=_text, metavar="FILE", help="with --registry: the certificate to trust, PEM")
    parser.add_argument("--region", help="with --bucket: its Region; default: the environment's")


def run(options: argparse.Namespace, console: Console) -> int:
    """Read everything, and print what is missing or corrupt.

    Returns:
        The exit status: 0 if everything is restorable, else 1.

    Raises:
        SandboxError: nothing could be read, or there is nothing.
    """
    report, name = Report(console), options.bucket or options.registry[0]
    try:
        with _source(options) as source:
            drill = Drill(source)
            with report.step("read the manifests") as detail:
                drill.read_manifests()
                detail(f"{drill.manifests}")
            with report.step("read the blobs") as detail:
                drill.read_blobs()
                detail(f"{drill.blobs}, {drill.bytes / 1_000_000:.1f} MB with the manifests")
    except (RequestFailed, ClientError, BotoCoreError) as error:
        raise SandboxError(f"{name} cannot be read: {error}") from error
    if not drill.manifests:
        raise SandboxError(f"{name} has no images; name a registry, or its images bucket")
    for line in drill.report():
        console.print(Text(line), soft_wrap=True)
    console.print(f"restorable {drill.restorable} of {drill.manifests} manifests")
    return 0 if drill.restorable == drill.manifests else 1


@contextmanager
def _source(options: argparse.Namespace) -> Iterator[Source]:
    if options.bucket:
        yield BucketSource(boto3.client("s3", region_name=options.region), options.bucket)
        return
    host, port = options.registry
    endpoint = Endpoint(
        host,
        port,
        certificates=options.ca,
        name=host,
        # The password must not be in the command line, which all users of the machine can see.
        login=(options.user, getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")),
    )
    with RegistryClient(endpoint, connections=THREADS) as client:
        yield RegistrySource(client)


def _address(text: str) -> tuple[str, int]:
    if match := re.fullmatch(r"([\w.-]+)(?::(\d{1,5}))?", text):
        return match[1], int(match[2] or 443)
    raise argparse.ArgumentTypeError(f"{text!r} is not HOST or HOST:PORT; leave out https:// and paths")


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path!r} cannot be read: {error.strerror}") from error
