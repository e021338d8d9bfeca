"""Links from an alarm to its section in docs/operations.md."""


def with_runbook(sentence: str, runbook_url: str, section: str) -> str:
    """Return the sentence with the address of the section that says what to do.

    Args:
        sentence: what has happened.
        runbook_url: the address of docs/operations.md.
        section: the section's anchor.
    """
    return f"{sentence} What to do: {runbook_url}#{section}"
