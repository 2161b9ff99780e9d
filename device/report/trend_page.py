"""Moods of a place over weeks as one page: shares with their intervals, and how many came.

Guarantees: the page needs no network, no script and no other file; every share stands with its
interval; a week of which nothing was told is a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path
from string import Template

from device.report.svg import WIDTH, svg, text
from device.report.weeks import Week

FOLDER = Path(__file__).parent / "page"

LEFT, RIGHT, TOP, TALL = 70, 30, 20, 300
BARS = 110
"""Height of the plot of how many came."""

FEWEST_WEEKS = 6
MOST_LABELS = 9


def page(weeks: Sequence[Week | None], site: str, kiosk: str, smallest: int, today: date) -> str:
    """The page as HTML. weeks: as `weeks_of` gives them."""
    template = Template((FOLDER / "trend.html").read_text(encoding="utf-8"))
    return template.substitute(
        site=escape(site),
        kiosk=escape(kiosk),
        today=today.isoformat(),
        smallest=smallest,
        style=(FOLDER / "report.css").read_text(encoding="utf-8"),
        plot=plot(weeks) if weeks else '<p class="none">Nothing has been told yet.</p>',
    )


def plot(weeks: Sequence[Week | None]) -> str:
    """Shares with their intervals, and bars of how many came below them."""
    step = (WIDTH - LEFT - RIGHT) / max(len(weeks), FEWEST_WEEKS)
    known = [(at, week) for at, week in enumerate(weeks) if week is not None]
    most = max(week.came for _, week in known)
    base = TOP + TALL + 60 + BARS
    parts = []
    for percent in range(0, 101, 25):
        y = _height(percent / 100)
        parts.append(f'<path class="base" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(text("hour", LEFT - 10, y + 4, f"{percent} %"))
    parts.append(f'<path class="base" d="M{LEFT} {base}H{WIDTH - RIGHT}"/>')
    parts.append(text("hour", LEFT - 10, base - BARS / 2, "came"))
    path, before = "", -2
    for at, week in known:
        x = LEFT + (at + 0.5) * step
        low, high = week.interval
        path += f"{'L' if at == before + 1 else 'M'}{x:.1f} {_height(week.share):.1f}"
        before = at
        parts.append(
            f'<path class="interval" d="M{x:.1f} {_height(low):.1f}V{_height(high):.1f}"/>'
        )
        tall = BARS * week.came / most
        parts.append(
            f'<rect class="bar" x="{x - step * 0.3:.1f}" y="{base - tall:.1f}"'
            f' width="{step * 0.6:.1f}" height="{tall:.1f}" rx="1.5"/>'
        )
        parts.append(text("sum", x, base - tall - 6, f"{week.came:,}"))
    parts.append(f'<path class="course" d="{path}"/>')
    for at, week in known:
        x = LEFT + (at + 0.5) * step
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{_height(week.share):.1f}" r="5"/>')
        if at % (-(-len(weeks) // MOST_LABELS)) == 0:
            parts.append(text("day", x, base + 22, f"{week.monday:%d %b}"))
    label = "Share of pleasant moods by week: " + "; ".join(
        f"{week.monday}: {week.share:.0%} of {week.came}" for _, week in known
    )
    return svg(base + 40, label, parts)


def _height(share: float) -> float:
    return TOP + TALL * (1 - share)
