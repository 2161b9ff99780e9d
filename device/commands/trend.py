"""`wayside trend`: the moods of a place over weeks, from what the ledger has told."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from device.commands.command_line import SubParsers, add_config
from device.errors import UserError
from device.overlay import load_running
from device.replacing import replacing
from device.report.trend_page import page
from device.report.weeks import Week, weeks_of
from device.session.archive import read_spans

BAR = 40
"""Width of a share of 100 % in characters."""


def add_parser(verbs: SubParsers) -> None:
    """Add `trend` to the command line."""
    parser = verbs.add_parser(
        "trend",
        help="the moods of this place over weeks",
        description="Print how many came and how many of them were in a pleasant mood, by week, "
        "with what chance alone may do, or write it as a page. `privacy.trend` switches it on.",
        epilog="example: sudo wayside trend --html trend.html --config /etc/wayside/config.yaml",
    )
    add_config(parser)
    parser.add_argument("--html", type=Path, metavar="OUT.html", help="write it as a page")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    html: Path | None = arguments.html
    config = load_running(arguments.config)
    if config.state is None:
        raise UserError(
            f"{arguments.config}: state: not set, so nothing that was counted is kept; name a "
            "folder, such as var"
        )
    weeks = weeks_of(read_spans(config.state))
    if not weeks and not config.privacy.trend:
        raise UserError(f"{arguments.config}: privacy.trend: off, so there is no trend")
    if html is None:
        print("\n".join(map(_line, weeks)) or "nothing has been told yet")
        return 0
    today = datetime.now(ZoneInfo(config.place.timezone)).date()
    with replacing(html, "--html") as path:
        smallest = config.privacy.smallest_cell
        path.write_text(page(weeks, config.site, config.kiosk, smallest, today), encoding="utf-8")
    print(f"{html}: {len(weeks)} weeks")
    return 0


def _line(week: Week | None) -> str:
    if week is None:
        return "            nothing was told"
    low, high = week.interval
    bar = "".join(
        "|" if at == round(week.share * BAR) else "-" if low * BAR <= at <= high * BAR else " "
        for at in range(BAR + 1)
    )
    return f"{week.monday}  {week.came:6,}  {week.share:4.0%} ({low:.0%} to {high:.0%})  {bar}"
