"""A diary as one page for the person who keeps it: two lines and the WHO-5, without a verdict.

Guarantees: the page needs no network, no script and no other file; it has no limits, colours or
words that judge; a week without an answer is a gap, not a zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from html import escape
from pathlib import Path
from string import Template

from device.diary.diary import ANSWERS, Diary, weeks
from device.report.svg import WIDTH, svg, text

PAGE = Path(__file__).with_name("diary.html")

HEIGHT = 320
LEFT, RIGHT, TOP, BOTTOM = 90, 34, 16, 44
FEWEST_WEEKS = 8
"""That the plot is wide for, so that a diary of two days is not a line across the page."""

WELL_LEFT, SCORE_HEIGHT = 90, 190
MOST_LABELS = 8


def page(diary: Diary, today: date, help_words: str = "") -> str:
    """The page as HTML. help_words: where help is; empty: the owner has set none."""
    rows = list(weeks(diary.days))
    scores = [(day, one.score) for day, one in sorted(diary.days.items()) if one.score is not None]
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        today=today.isoformat(),
        days=_plot(rows),
        scores=_scores(scores) if scores else "",
        help=f'<p class="help">{escape(help_words)}</p>' if help_words else "",
    )


def line(values: Sequence[float | None], low: float, high: float) -> str:
    """The same as blocks for a terminal; a space where there is nothing."""
    blocks = "▁▂▃▄▅▆▇█"
    return "".join(
        " " if value is None else blocks[round((value - low) / (high - low) * (len(blocks) - 1))]
        for value in values
    )


def _plot(rows: Sequence[tuple[date, float | None, float | None]]) -> str:
    if not rows:
        return "<p>There is no day yet.</p>"
    step = (WIDTH - LEFT - RIGHT) / (max(len(rows), FEWEST_WEEKS) - 1)
    tall = HEIGHT - TOP - BOTTOM

    def y(value: float) -> float:
        return TOP + tall * (len(ANSWERS) - value) / (len(ANSWERS) - 1)

    parts = []
    for number, name in enumerate(ANSWERS, start=1):
        parts.append(f'<path class="grid" d="M{LEFT} {y(number):.1f}H{WIDTH - RIGHT}"/>')
        parts.append(text("answer", LEFT - 10, y(number) + 5, name))
    parts += _weeks([monday for monday, *_ in rows], step, HEIGHT - BOTTOM + 26)
    for name, place in (("read", 2), ("said", 1)):
        values = [row[place] for row in rows]
        points = [
            None if value is None else (LEFT + at * step, y(float(value)))
            for at, value in enumerate(values)
            if not isinstance(value, date)
        ]
        parts += _course(name, points)
    said = sum(row[1] is not None for row in rows)
    read = sum(row[2] is not None for row in rows)
    label = f"Means by week: {said} weeks with what was said, {read} with what the device read."
    return svg(HEIGHT, label, parts)


def _scores(scores: Sequence[tuple[date, int]]) -> str:
    first, last = scores[0][0], scores[-1][0]
    days = max((last - first).days, FEWEST_WEEKS * 7)
    tall = SCORE_HEIGHT - TOP - BOTTOM
    points: list[tuple[float, float] | None] = []
    parts = []
    for value in (0, 50, 100):
        height = TOP + tall * (100 - value) / 100
        parts.append(f'<path class="grid" d="M{WELL_LEFT} {height:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(text("answer", WELL_LEFT - 10, height + 5, str(value)))
    for day, score in scores:
        x = WELL_LEFT + (WIDTH - WELL_LEFT - RIGHT - 20) * (day - first).days / days
        points.append((x, TOP + tall * (100 - score) / 100))
        parts.append(text("value", x, TOP + tall * (100 - score) / 100 - 10, str(score)))
    parts += _course("well", points)
    for day in (first, last)[: len(scores)]:
        x = WELL_LEFT + (WIDTH - WELL_LEFT - RIGHT - 20) * (day - first).days / days
        parts.append(text("week", x, SCORE_HEIGHT - BOTTOM + 26, f"{day:%d %b}"))
    label = "WHO-5 by date: " + ", ".join(f"{day}: {score}" for day, score in scores)
    return (
        "<h2>WHO-5</h2>"
        + svg(SCORE_HEIGHT, label, parts)
        + "<p>0 to 100, of five statements about the two weeks before. The World Health "
        "Organization-Five Well-Being Index (WHO-5), World Health Organization, 2024, "
        "CC BY-NC-SA 3.0 IGO.</p>"
    )


def _weeks(mondays: Sequence[date], step: float, y: float) -> Iterator[str]:
    every = -(-len(mondays) // MOST_LABELS)
    for number, monday in enumerate(mondays[::every]):
        yield text("week", LEFT + number * every * step, y, f"{monday:%d %b}")
    last = mondays[-1] + timedelta(days=6)
    yield f"<title>{mondays[0]} to {last}</title>"


def _course(name: str, points: Sequence[tuple[float, float] | None]) -> Iterator[str]:
    """A line through the points that touch, and a dot at each."""
    path, pen = "", "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        path += f"{pen}{point[0]:.1f} {point[1]:.1f}"
        pen = "L"
    yield f'<path class="line {name}" d="{path}"/>'
    for point in points:
        if point is not None:
            yield f'<circle class="dot {name}" cx="{point[0]:.1f}" cy="{point[1]:.1f}" r="5"/>'
