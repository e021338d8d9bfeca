"""How wrong input is told: all of it at once, in the user's own terms."""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        key: the argument, such as "min_size".
        found: what it is now and why that cannot be. Never a secret's value.
        allowed: what is allowed.
        example: a value or a command that mends it.
    """

    key: str
    found: str
    allowed: str
    example: str

    def __str__(self) -> str:
        return f"{self.key}: {self.found}\n      allowed: {self.allowed}\n      example: {self.example}"


class InvalidInput(pulumi.RunError):
    """Input that cannot be used. The Pulumi CLI shows a RunError's message without a traceback."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        listed = "".join(f"\n  {problem}" for problem in self.problems)
        super().__init__(f"the private registry cannot be declared, {count}:{listed}")
