"""The library under its installed name, for programs that run in this folder without installing it."""

from components import *  # noqa: F403 (the public names, which are those of components.__all__)
