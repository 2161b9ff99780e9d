"""The fleet as one static page: what is, what was in the last week, and what has happened.

Guarantee: the page needs nothing but itself, and is replaced by a rename, so that nobody ever reads
half of one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from pathlib import Path

from device.errors import UserError
from device.messaging.payloads import iso
from tools.fleet.alerts import COOL_C, FLEET, HOT_C, expiring, troubles
from tools.fleet.columns import COLUMNS, wrong
from tools.fleet.courses import Hours, hourly, lines, strip
from tools.fleet.history import Event, History, Sample
from tools.fleet.table import Row

HOURS = 7 * 24

COLDEST_C, HOTTEST_C = 30.0, 90.0
"""Of the courses of temperature."""

MOST_EVENTS = 200

WIDTH, HEIGHT = 336, 26
"""Of a course, in units of its own."""

STYLE = Path(__file__).with_name("page.css")

OF_HEALTH = ("temperature", "voltage", "fps", "camera", "wifi", "disk", "catalogue")
"""Columns that say nothing of now where the kiosk does not run."""

HOW = {True: "began", False: "ended", None: "changed"}


def write_page(
    path: Path,
    rows: Sequence[Row],
    expires: Mapping[str, datetime],
    history: History,
    now: datetime,
) -> None:
    """Write the page.

    Raises:
        UserError: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(page(rows, expires, history, now), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise UserError(f"--html: {path}: cannot be written ({error.strerror})") from None


def page(
    rows: Sequence[Row], expires: Mapping[str, datetime], history: History, now: datetime
) -> str:
    """The text of the page."""
    since = now - timedelta(hours=HOURS)
    body = "".join(
        _row(row, hourly(history.samples(row.name, since), since, HOURS), now) for row in rows
    )
    heads = "".join(
        f'<th{_right(column.right)}>{escape(column.title)}' + (_COURSES if name == "state" else "")
        for name, column in COLUMNS.items()
    )  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta http-equiv="refresh" content="60">\n<title>Fleet</title>\n'
        f"<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n"
        f"<header><h1>Fleet</h1>{_time(now)}</header>\n{_figures(rows, expires, now)}\n"
        f"{_wrongs(rows, expires, now)}"
        f'<h2>Kiosks</h2>\n<div class="sheet"><table>\n<tr>{heads}\n{body}</table></div>\n'
        f"{_events(history.events(since)[:MOST_EVENTS])}"
    )


_COURSES = "<th>online, 7 days<th>temperature, 7 days"


def _figures(rows: Sequence[Row], expires: Mapping[str, datetime], now: datetime) -> str:
    online = sum(row.state == "online" for row in rows)
    releases = Counter("factory" if r.release is None else str(r.release) for r in rows if r.told)
    most = releases.most_common(1)
    cards = [_figure("online", online, f"of {len(rows)}", bad=online < len(rows))]
    if most:
        cards.append(_figure("release", most[0][0], f"on {most[0][1]}"))
    attention = sum(bool(troubles(row)) for row in rows)
    cards.append(_figure("need attention", attention, "", bad=bool(attention)))
    if expires:
        days = (min(expires.values()) - now).days
        cards.append(_figure("signatures", days, "days left", bad=bool(expiring(expires, now))))
    return f'<dl class="figures">{"".join(cards)}</dl>'


def _figure(title: str, value: object, small: str, *, bad: bool = False) -> str:
    mark = ' class="bad"' if bad else ""
    return f"<div{mark}><dt>{title}<dd>{escape(str(value))} <small>{small}</small></div>"


def _wrongs(rows: Sequence[Row], expires: Mapping[str, datetime], now: datetime) -> str:
    found = [(row.name, text) for row in rows for text in troubles(row).values()]
    if text := expiring(expires, now):
        found.insert(0, (FLEET, text))
    if not found:
        return ""
    items = "".join(f"<li><b>{escape(name)}</b>{escape(text)}" for name, text in found)
    return f'<h2>What is wrong</h2>\n<ul class="sheet wrongs">{items}</ul>\n'


def _row(row: Row, hours: Hours, now: datetime) -> str:
    marked, cells, old = wrong(row), [], row.state != "online"
    for name, column in COLUMNS.items():
        kinds = [kind for kind, holds in (
            ("right", column.right), ("name", name == "kiosk"),
            ("wrong", name in marked and name != "state"), ("old", name in OF_HEALTH and old),
        ) if holds]  # fmt: skip
        hint = f' title="{escape(marked[name])}"' if name in marked else ""
        text = escape(column.text(row, now))
        if name == "state":
            text = f'<span class="state {row.state}">{text}</span>'
        cells.append(f'<td class="{" ".join(kinds)}"{hint}>{text}')
        if name == "state":
            cells.append(f'<td class="course">{_online(hours)}')
            cells.append(f'<td class="course">{_temperature(hours)}')
    return f"<tr>{''.join(cells)}\n"


def _online(hours: Hours) -> str:
    """When the kiosk was online, as a band."""
    width = WIDTH / HOURS
    bars = "".join(
        f'<rect class="{kind}" x="{begin * width:g}" y="8" width="{count * width:g}" height="10"/>'
        for begin, count, kind in strip(hours)
    )
    ground = f'<rect class="none" y="8" width="{WIDTH}" height="10" rx="2"/>'
    return _svg(f"{ground}{bars}")


def _temperature(hours: Hours) -> str:
    """The hottest of each hour, and where a board throttles itself."""

    def value(sample: Sample) -> float | None:
        return sample.temperature_c

    step = WIDTH / HOURS
    drawn = ""
    for line in lines(hours, value, COLDEST_C, HOTTEST_C):
        points = " ".join(f"{x * step:.1f},{(1 - y) * HEIGHT:.1f}" for x, y in line)
        drawn += f'<polyline points="{points}"/>'
    limit = (1 - (HOT_C - COLDEST_C) / (HOTTEST_C - COLDEST_C)) * HEIGHT
    seen = [s.temperature_c for hour in hours for s in hour if s.temperature_c is not None]
    near = max(seen, default=0.0) >= COOL_C
    rule = f'<line class="limit" x2="{WIDTH}" y1="{limit:.1f}" y2="{limit:.1f}"/>' if near else ""
    return _svg(f"{rule}{drawn}")


def _svg(content: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none">{content}</svg>'


def _events(events: Sequence[Event]) -> str:
    if not events:
        return ""
    items = "".join(
        f"<li>{_time(event.at)}<b>{escape(event.kiosk)}</b><i>{HOW[event.began]}</i>"
        f"{escape(event.text)}"
        for event in events
    )
    return f'<h2>What has happened</h2>\n<ul class="sheet">{items}</ul>\n'


def _time(at: datetime) -> str:
    return f'<time datetime="{iso(at)}">{at.astimezone():%Y-%m-%d %H:%M}</time>'


def _right(right: bool) -> str:
    return ' class="right"' if right else ""
