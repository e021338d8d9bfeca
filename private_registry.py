"""The library under its installed name, for programs that run in this folder without installing it."""

# The public names are those of `components.__all__`.
from components import *  # noqa: F403
