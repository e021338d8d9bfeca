"""Checks of the registry image: what cannot be used, and what should not."""

from collections.abc import Iterator

from ..args import PrivateRegistryArgs
from ..problems import Problem, audience
from ..pure.image import SUPPORTED_MAJORS, contains_upstream_login, registry_version, with_major_version

_MAINTAINED = max(SUPPORTED_MAJORS)


def image_problems(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    """Find the problems with the image and what it is used for."""
    try:
        version = registry_version(args.image)
    except ValueError as error:
        majors = " or ".join(map(str, SUPPORTED_MAJORS))
        yield Problem(
            key="image",
            found=f"{args.image!r}: {error}",
            allowed=f"an official registry image, from any container registry, with a tag of major version {majors}",
        )
        return
    if version.regions is not None and region not in ("", *version.regions):
        yield Problem(
            key="image",
            found=f"{args.image!r} does not know the region {region} and would crash there",
            allowed=f"another major version, or one of the regions {', '.join(sorted(version.regions))}",
        )
    if has_upstream_login(args) and not contains_upstream_login(args.image):
        yield Problem(
            key="image",
            found=f"{args.image!r} sends the login for `upstream` to any host that the upstream names (CVE-2026-33540)",
            allowed="with `upstream_username`, version 3.1 or newer; the tag 3 is the newest one",
            example={"image": with_major_version(args.image, _MAINTAINED)},
        )


def has_upstream_login(args: PrivateRegistryArgs) -> bool:
    """Return whether a part of the login for the upstream registry is set."""
    return args.upstream_username is not None or args.upstream_password is not None


def image_warning(args: PrivateRegistryArgs) -> str | None:
    """Return why a valid image should not be used and what to do, for the current audience. None if it may be used."""
    version, to = registry_version(args.image), audience.get()
    if version.unmaintained is None:
        return None
    newer = to.setting("image", with_major_version(args.image, _MAINTAINED))
    return (
        f"{to.prefix}{to.spell('image')}: {args.image!r} gets no security fixes: {version.unmaintained}."
        f" To move to version {_MAINTAINED}: {newer}"
    )
