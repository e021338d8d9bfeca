"""The library under the name that it is installed by, for what runs in this folder without installing it."""

from components import *  # noqa: F403
