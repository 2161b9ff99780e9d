"""A month of a kiosk as one page that its town can print, in one file.

Guarantees: the page needs no network, no script and no other file; every text of the catalogue is
escaped, so that none becomes markup; a number that is not known is a dash, never a zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from pathlib import Path
from string import Template

from device.report import plots
from device.report.month import ItemMonth, Month
from device.session.archive import SHOWN

FOLDER = Path(__file__).parent / "page"

MOST_SHOWN = 15
MOST_LISTED = 5

COLUMNS = (
    (SHOWN, "shown"),
    ("chosen", "opened"),
    ("liked", "liked"),
    ("scanned", "code touched"),
    ("not_for_me", "not for me"),
)
"""What is counted of items, and what the page calls it."""

LISTS = (
    ("chosen", "Most opened"),
    ("liked", "Most liked"),
    ("scanned", "Most codes touched"),
    ("not_for_me", "Most “not for me”"),
)

GONE = "gone from the table"
"""Instead of the kind of an item that was not in the table when a number of it was told."""

UNKNOWN = "–"


def page(month: Month, site: str, kiosk: str, smallest: int, today: date) -> str:
    """The page as HTML. smallest: number from which a count may be told. today: of the page."""
    template = Template((FOLDER / "report.html").read_text(encoding="utf-8"))
    return template.substitute(
        month=f"{month.first:%B %Y}",
        site=escape(site),
        kiosk=escape(kiosk),
        today=today.isoformat(),
        smallest=smallest,
        style=(FOLDER / "report.css").read_text(encoding="utf-8"),
        figures="".join(_figures(month)),
        visitors=_visitors(month, smallest),
        items=_items(month, smallest),
        lists="".join(_lists(month)),
        kinds=_kinds(month),
        days=plots.by_day(month, COLUMNS) if month.items else "",
    )


def _figures(month: Month) -> Iterator[str]:
    yield _figure(month.visitors_told, "visitors")
    for what, name in COLUMNS:
        yield _figure(month.total(what), "cards shown" if what == SHOWN else name)


def _figure(number: int, name: str) -> str:
    return (
        f"<li><b>{number:,}</b><span>{name}</span></li>"
        if number
        else (f"<li><b>{UNKNOWN}</b><span>{name}</span></li>")
    )


def _visitors(month: Month, smallest: int) -> str:
    if not month.visitors:
        return '<p class="none">No hour of this month was counted.</p>'
    counted = len(month.visitors)
    return (
        f"{plots.visitors(month)}<p class=note>{_times(counted)} counted; of "
        f"{month.hours_hidden} of them (<i class=few></i>) it is known only that there were fewer "
        f"than {smallest} visitors, or none. Blank: not counted.</p>"
    )


def _times(hours: int) -> str:
    return "1 hour was" if hours == 1 else f"{hours} hours were"


def _items(month: Month, smallest: int) -> str:
    most = month.most(SHOWN, MOST_SHOWN) or sorted(month.items, key=lambda item: item.title)
    if not most:
        return (
            f'<p class="none">Nothing was told of any item: no number has reached {smallest}.</p>'
        )
    heads = "".join(f"<th class=n>{name}</th>" for _, name in COLUMNS)
    whole = max(item.told.get(SHOWN, 0) for item in most)
    rows = "".join(_row(item, whole) for item in most[:MOST_SHOWN])
    left = len(month.items) - len(most[:MOST_SHOWN])
    more = f"<p class=note>Of {left} more items something was told.</p>" if left else ""
    return (
        f"<table><thead><tr><th>item</th><th></th>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>{more}"
    )


def _row(item: ItemMonth, whole: int) -> str:
    bar = plots.share(item.told.get(SHOWN, 0), whole)
    kind = f"<small>{item.kind or GONE}</small>"
    cells = "".join(f"<td class=n>{_number(item.told.get(what))}</td>" for what, _ in COLUMNS)
    return f'<tr><th scope="row">{escape(item.title)} {kind}</th><td class=bar>{bar}</td>{cells}'


def _lists(month: Month) -> Iterator[str]:
    for what, name in LISTS:
        most = month.most(what, MOST_LISTED)
        yield f"<section><h3>{name}</h3>{_list(most, what)}</section>"


def _list(items: Sequence[ItemMonth], what: str) -> str:
    if not items:
        return '<p class="none">nothing was told</p>'
    most = items[0].told[what]
    lines = (
        f"<li><span>{escape(item.title)}</span><b>{item.told[what]:,}</b>"
        f"{plots.share(item.told[what], most)}</li>"
        for item in items
    )
    return f"<ol>{''.join(lines)}</ol>"


def _kinds(month: Month) -> str:
    heads = "".join(f"<th class=n>{name}</th>" for _, name in COLUMNS)
    rows = []
    for kind, told in month.by_kind().items():
        items = sum(item.kind == kind for item in month.items)
        cells = "".join(f"<td class=n>{_number(told.get(what))}</td>" for what, _ in COLUMNS)
        rows.append(f'<tr><th scope="row">{kind or GONE}</th><td class=n>{items}</td>{cells}</tr>')
    if not rows:
        return ""
    return (
        f"<table><thead><tr><th>kind</th><th class=n>items</th>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _number(number: int | None) -> str:
    return UNKNOWN if number is None else f"{number:,}"
