"""Tables in Markdown, and the blocks of a page that are generated."""

from collections.abc import Iterable, Mapping


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table. Each row has as many cells as there are headings."""
    cells = [tuple(headings), ("---",) * len(tuple(headings)), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def with_blocks(text: str, blocks: Mapping[str, str]) -> str:
    """Replace what is between the markers of each block.

    Raises:
        ValueError: the page lacks the markers of a block.
    """
    for name, block in blocks.items():
        start, end = f"<!-- generated: {name} -->\n\n", "\n<!-- end -->\n"
        before, start_found, rest = text.partition(start)
        _, end_found, after = rest.partition(end)
        if not (start_found and end_found):
            raise ValueError(f"the page lacks the lines {start.strip()} and {end.strip()}")
        text = f"{before}{start}{block}{end}{after}"
    return text
