"""`wayside report`: a month of a kiosk as one page for its town, or as lines.

It reads what the ledger has told so far and nothing else, so that no two reports can be subtracted
from each other.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from device.commands.command_line import SubParsers, add_config
from device.errors import UserError
from device.overlay import load_running
from device.replacing import replacing
from device.report.month import Month, days_of, month_of
from device.report.report_page import COLUMNS, page
from device.session.archive import SHOWN, read_hours, read_items

MOST = 10
"""Items in the lines."""


def add_parser(verbs: SubParsers) -> None:
    """Add `report` to the command line."""
    parser = verbs.add_parser(
        "report",
        help="a month of this kiosk, for its town",
        description="Print how many visitors came, and what was shown, opened, liked, refused and "
        "whose code was touched in a month, or write it as one page that prints on A4. Numbers "
        "that are too small to be told are missing.",
        epilog="example: sudo wayside report --month 2026-11 --html november.html "
        "--config /etc/wayside/config.yaml",
    )
    add_config(parser)
    parser.add_argument(
        "--month", type=_month, metavar="YYYY-MM", help="default: the month of yesterday"
    )
    parser.add_argument("--html", type=Path, metavar="OUT.html", help="write it as a page")
    parser.set_defaults(run=_run)


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text}, takes a month such as 2026-11") from None


def _run(arguments: argparse.Namespace) -> int:
    html: Path | None = arguments.html
    if html is not None and html.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"--html: got {html}, takes the page to write, such as november.html")
    config = load_running(arguments.config)
    if config.state is None:
        raise UserError(
            f"{arguments.config}: state: not set, so nothing that was counted is kept; name a "
            "folder, such as var"
        )
    zone, smallest = ZoneInfo(config.place.timezone), config.privacy.smallest_cell
    today = datetime.now(zone).date()
    wanted = arguments.month or today - timedelta(days=1)
    first, last = days_of(wanted.year, wanted.month)
    told = read_items(config.state, first, last)
    month = month_of(first, last, read_hours(config.state), told, zone, smallest)
    if html is None:
        print("\n".join(_lines(month, smallest)))
        return 0
    with replacing(html, "--html") as path:
        text = page(month, config.site, config.kiosk, smallest, today)
        path.write_text(text, encoding="utf-8")
    print(f"{html}: the page of {month.first:%B %Y}")
    return 0


def _lines(month: Month, smallest: int) -> Iterator[str]:
    yield f"{month.first:%B %Y}, as far as was told: numbers under {smallest} are missing"
    hidden = f"{month.hours_hidden} of {len(month.visitors)} hours had too few to be told"
    yield f"visitors: {month.visitors_told:,}; {hidden}"
    yield f"{'':40}" + "".join(f"{name:>14}" for _, name in COLUMNS)
    yield f"{'all items':40}" + "".join(f"{month.total(what):14,}" for what, _ in COLUMNS)
    for item in month.most(SHOWN, MOST):
        numbers = (item.told.get(what) for what, _ in COLUMNS)
        cells = "".join(f"{'–' if number is None else number:>14}" for number in numbers)
        title = item.title if len(item.title) < 40 else f"{item.title[:37]}…"
        yield f"{title:40}{cells}"
