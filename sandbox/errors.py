"""The one error that a person sees instead of a traceback."""


class SandboxError(Exception):
    """The sandbox cannot go on. The text says what is wrong, where, and what mends it."""
