"""The table of known failures in docs/operating.md lists the tests that cover each."""

from __future__ import annotations

import re
from pathlib import Path


def table(root: Path) -> dict[int, tuple[set[str], bool]]:
    """Number of each row: the test files that it names, and whether it is marked as open."""
    rows = re.findall(
        r"^\| (\d+) \| .+ \| (.+) \|$", (root / "docs/operating.md").read_text(), re.MULTILINE
    )
    return {int(n): (set(re.findall(r"`(tests/.+?)`", text)), "open:" in text) for n, text in rows}


def marks(root: Path) -> dict[int, set[str]]:
    """Number of each failure: the test files with a comment that they cover it."""
    found: dict[int, set[str]] = {}
    for file in (root / "tests").rglob("test_*.py"):
        for numbers in re.findall(r"# failures? (\d+(?:, \d+)*)", file.read_text(encoding="utf-8")):
            for number in numbers.split(", "):
                found.setdefault(int(number), set()).add(file.relative_to(root).as_posix())
    return found


def test_every_known_failure_has_a_test_or_is_marked_as_open(root: Path) -> None:
    rows = table(root)
    assert list(rows) == list(range(1, len(rows) + 1))
    for number, (tests, is_open) in rows.items():
        assert tests or is_open, number


def test_the_table_names_exactly_the_tests_that_cover_a_failure(root: Path) -> None:
    covered = marks(root)
    for number, (tests, _) in table(root).items():
        assert tests == covered.get(number, set()), f"row {number}"
