"""The library under the name that it is installed by, for what runs in this folder without installing it."""

# A star, so that a name that becomes public there is here too. Which names those are, which the linter misses here, is
# said by `components.__all__`; a test compares the two.
from components import *  # noqa: F403
