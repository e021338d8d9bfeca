"""The error that a user sees as a message, without a traceback."""


class SandboxError(Exception):
    """The sandbox cannot continue. The message says what is wrong, then what to do."""
