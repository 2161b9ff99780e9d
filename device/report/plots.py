"""The plots of a month as SVG, drawn without a plotting library.

Guarantees: what a plot shows by colour or length stands in it as a number too, and in words in its
`aria-label`; too few to be told and not counted look different from each other and from a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from device.report.month import Month
from device.report.svg import WIDTH, svg, text

LEFT, RIGHT, TOP = 64, 132, 84
CELL = 18
"""Height of an hour."""

DAY_LETTERS = "MTWTFSS"
WEEKEND = 5
"""The first day of the weekend, as `date.weekday` counts."""

OPENING = 8, 20
"""Hours that are drawn at least."""

ROW = 46
"""Height of the plot of one count by day."""


def visitors(month: Month) -> str:
    """A map of days by hours, with the sum of each day above it and of each hour beside it."""
    days = month.all_days
    told = [hour for _, hour in month.visitors]
    hours = range(min([*told, OPENING[0]]), max([*told, OPENING[1]]) + 1)
    wide = (WIDTH - LEFT - RIGHT) / len(days)
    most = max([number or 0 for number in month.visitors.values()], default=0)
    of_day, of_hour = Counter[date](), Counter[int]()
    for (day, hour), number in month.visitors.items():
        of_day[day] += number or 0
        of_hour[hour] += number or 0
    parts: list[str] = []
    for column, day in enumerate(days):
        x = LEFT + column * wide
        parts += _day_label(x + wide / 2, TOP + len(hours) * CELL, day.day, day.weekday())
        for row, hour in enumerate(hours):
            if (day, hour) in month.visitors:
                number = month.visitors[day, hour]
                parts.append(_cell(x, TOP + row * CELL, wide, number, most))
    for column, day in enumerate(days):
        if total := of_day[day]:
            high = 48 * total / max(of_day.values())
            x = LEFT + column * wide
            parts.append(_rect("bar", x + 2, TOP - 8 - high, wide - 4, high))
            parts.append(text("sum", x + wide / 2, TOP - 13 - high, str(total)))
    for row, hour in enumerate(hours):
        middle = TOP + row * CELL + CELL / 2 + 4
        parts.append(text("hour", LEFT - 8, middle, f"{hour}:00"))
        if total := of_hour[hour]:
            long = (RIGHT - 60) * total / max(of_hour.values())
            parts.append(_rect("bar", WIDTH - RIGHT + 8, middle - 11, long, CELL - 4))
            parts.append(text("end", WIDTH - RIGHT + 14 + long, middle, f"{total:,}"))
    height = TOP + len(hours) * CELL + 40
    label = (
        f"Visitors by day and hour: at least {month.visitors_told:,}; "
        f"{month.hours_hidden} hours had too few to be told."
    )
    return svg(height, label, parts)


def by_day(month: Month, rows: Sequence[tuple[str, str]]) -> str:
    """Bars by day, a row for each count. rows: what is counted, and its name."""
    days = month.all_days
    wide = (WIDTH - LEFT * 2 - RIGHT) / len(days)
    parts: list[str] = []
    for number, (what, name) in enumerate(rows):
        told = [month.days.get((day, what), 0) for day in days]
        base = (number + 1) * ROW
        parts.append(text("name", 0, base - 8, name))
        parts.append(text("end", WIDTH - RIGHT + 8, base - 4, f"{sum(told):,}"))
        parts.append(f'<path class="base" d="M{LEFT * 2} {base}H{WIDTH - RIGHT}"/>')
        for column, one in enumerate(told):
            if one:
                high = (ROW - 20) * one / max(told)
                x = LEFT * 2 + column * wide
                parts.append(_rect("bar", x + 2, base - high, wide - 4, high))
                parts.append(text("sum", x + wide / 2, base - high - 4, str(one)))
    bottom = len(rows) * ROW
    for column, day in enumerate(days):
        x = LEFT * 2 + (column + 0.5) * wide
        parts += _day_label(x, bottom, day.day, day.weekday())
    said = ", ".join(f"{name} {month.total(what):,}" for what, name in rows)
    return svg(bottom + 40, f"By day, as far as was told: {said}.", parts)


def share(part: float, whole: float) -> str:
    """A bar for a row of a table."""
    return f'<i class="share"><i style="width:{100 * part / max(whole, 1):.1f}%"></i></i>'


def _cell(x: float, y: float, wide: float, number: int | None, most: int) -> str:
    if number is None:
        return f'<circle class="few" cx="{x + wide / 2:.1f}" cy="{y + CELL / 2:.1f}" r="2.5"/>'
    strength = number / most
    name = "cell strong" if strength > 0.55 else "cell"
    rect = _rect(name, x + 0.75, y + 0.75, wide - 1.5, CELL - 1.5, 0.14 + 0.86 * strength)
    inside = "in strong" if strength > 0.55 else "in"
    return rect + text(inside, x + wide / 2, y + CELL / 2 + 3.5, str(number))


def _day_label(x: float, y: float, day: int, weekday: int) -> Iterator[str]:
    name = "day weekend" if weekday >= WEEKEND else "day"
    yield text(name, x, y + 16, str(day))
    yield text(name, x, y + 31, DAY_LETTERS[weekday])


def _rect(name: str, x: float, y: float, w: float, h: float, opacity: float = 1) -> str:
    shade = "" if opacity == 1 else f' fill-opacity="{opacity:.2f}"'
    place = f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"'
    return f'<rect class="{name}" {place} rx="1.5"{shade}/>'
