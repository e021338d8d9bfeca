"""The page that the measurements yield."""

from bench.report import Chapter, Goal, Part, Picture, Table, markdown

CHAPTER = Chapter(
    title="Speed",
    method="By a watch.",
    tables=[Table(("Side", "Seconds"), [("A", "1.0"), ("B", "2.0")])],
    findings="A is faster.",
    goals=[Goal("1.5 times", "2.0 x", met=True), Goal("3 times", "2.0 x", met=False)],
    pictures=[Picture("speed", "A is faster than B", lambda axes: None)],
)


def test_the_page_has_goals_tables_and_pictures() -> None:
    assert markdown("# Page\n", [Part("Serving", [CHAPTER])], "page") == (
        "# Page\n\n## Goals\n\n"
        "| Goal | Found | Met | Chapter |\n| --- | --- | --- | --- |\n"
        "| 1.5 times | 2.0 x | yes | Speed |\n| 3 times | 2.0 x | **no** | Speed |\n\n"
        "## Serving\n\n### Speed\n\nBy a watch.\n\n"
        "| Side | Seconds |\n| --- | --- |\n| A | 1.0 |\n| B | 2.0 |\n\n"
        "![A is faster than B](page/speed.png)\n\nA is faster.\n"
    )
