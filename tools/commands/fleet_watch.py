"""`wayside-tools fleet watch` and `history`: how the kiosks are, and how they were."""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.fleet_hub import add_hub
from tools.commands.options import at_least

if TYPE_CHECKING:
    from tools.fleet.history import History
    from tools.fleet.hub import Hub
    from tools.fleet.table import Row
    from tools.fleet.watch import Watch
    from tools.fleet.watcher import Watcher

HISTORY = "history.sqlite"
"""In the hub's folder."""

TURN_S = 1.0

PAGE_S = 60.0
"""Between two pages of `--html`."""


def add_parser(verbs: SubParsers) -> None:
    """Add the verbs to `wayside-tools fleet`."""
    watch = verbs.add_parser(
        "watch",
        help="how the kiosks are",
        description="Show all kiosks as the hub hears of them, until Ctrl-C, and keep their "
        "history. On a terminal a live table, elsewhere a line for each change.",
        epilog="example: wayside-tools fleet watch --notify 'mail -s wayside me@example.org'",
    )
    add_hub(watch)
    watch.add_argument(
        "--sort", type=_column, default="kiosk", metavar="COLUMN",
        help="such as temperature; default: kiosk",
    )  # fmt: skip
    watch.add_argument("--reverse", action="store_true", help="sort downwards")
    watch.add_argument("--json", action="store_true", help="once, one object a kiosk in each line")
    watch.add_argument(
        "--notify", metavar="COMMAND",
        help="run by sh for each alert that begins or ends, with JSON on its standard input",
    )  # fmt: skip
    watch.add_argument(
        "--html", type=Path, metavar="FILE", help="write one page with history, every minute"
    )
    watch.add_argument("--seconds", type=at_least(1), metavar="N", help="stop after this time")
    add_history(watch)
    watch.set_defaults(run=_watch)

    history = verbs.add_parser(
        "history",
        help="how the kiosks were",
        description="Print what `fleet watch` has kept: for each kiosk how long it was online and "
        "the course of its temperature and frame rate, and what has happened.",
        epilog="example: wayside-tools fleet history helsinki/kiosk-1 --days 30",
    )
    history.add_argument("kiosk", nargs="?", metavar="SITE/KIOSK", help="default: all")
    history.add_argument("--days", type=at_least(1, 400), default=7, metavar="N", help="default: 7")
    history.add_argument("--json", action="store_true", help="each sample and event as an object")
    add_hub(history)
    add_history(history)
    history.set_defaults(run=_history)


def add_history(parser: argparse.ArgumentParser) -> None:
    """Add `--history`."""
    parser.add_argument(
        "--history", type=Path, metavar="FILE",
        help=f"what `watch` keeps; default: {HISTORY} in the folder of --hub",
    )  # fmt: skip


def _column(text: str) -> str:
    from tools.fleet.columns import COLUMNS

    if text not in COLUMNS:
        raise argparse.ArgumentTypeError(f"got {text!r}, takes one of {', '.join(COLUMNS)}")
    return text


def _watch(arguments: argparse.Namespace) -> int:
    from tools.fleet.alerts import Alerts, Notify
    from tools.fleet.certificates import WATCHER
    from tools.fleet.columns import ordered
    from tools.fleet.history import History
    from tools.fleet.hub import Hub
    from tools.fleet.table import Table
    from tools.fleet.watch import Watch
    from tools.fleet.watcher import Watcher

    hub = Hub.open(arguments.hub)
    table = Table(hub.enrolled())
    if arguments.json:
        with Watcher(hub, WATCHER) as watcher:
            for message in watcher.settle():
                table.hear(message, _now())
        for row in ordered(table.rows(), arguments.sort, down=arguments.reverse):
            print(_json(row))
        return 0
    notify = Notify(arguments.notify, _complain) if arguments.notify else None
    with closing(History(_file(arguments, hub), make=True)) as history:
        watch = Watch(table, history, Alerts(history.open_alerts()), notify, _complain)
        try:
            with Watcher(hub, WATCHER) as watcher:
                _follow(arguments, watch, watcher, history)
        except KeyboardInterrupt:
            pass
        finally:
            if notify:
                notify.close()
    return 0


def _follow(
    arguments: argparse.Namespace, watch: Watch, watcher: Watcher, history: History
) -> None:
    """Show, keep and tell until the end."""
    from tools.fleet.columns import ordered
    from tools.fleet.page import write_page
    from tools.fleet.screen import Board

    ends = time.monotonic() + (arguments.seconds or float("inf"))
    page_at, messages = 0.0, watcher.settle()
    with Board() as board:
        while time.monotonic() < ends:
            for message in messages:
                watch.hear(message, _now())
            if watcher.connected:  # else all that is known is old
                watch.turn(_now())
            rows = ordered(watch.table.rows(), arguments.sort, down=arguments.reverse)
            board.table(rows, watch.table.expires)
            if arguments.html and time.monotonic() >= page_at:
                page_at = time.monotonic() + PAGE_S
                write_page(arguments.html, rows, watch.table.expires, history, _now())
            messages = watcher.messages(min(TURN_S, max(0.0, ends - time.monotonic())))


def _history(arguments: argparse.Namespace) -> int:
    from tools.fleet.courses import share_online, spark
    from tools.fleet.history import History
    from tools.fleet.hub import Hub

    path = arguments.history or _file(arguments, Hub.open(arguments.hub))
    since = _now() - timedelta(days=arguments.days)
    with closing(History(path)) as history:
        names = history.names()
        if arguments.kiosk is not None and arguments.kiosk not in names:
            raise UserError(f"{arguments.kiosk}: not in {path}, which has {', '.join(names)}")
        names = names if arguments.kiosk is None else [arguments.kiosk]
        if arguments.json:
            for name in names:
                for sample in history.samples(name, since):
                    print(json.dumps({"kiosk": name, **asdict(sample)}, default=_iso))
            for event in history.events(since, arguments.kiosk):
                print(json.dumps(asdict(event), default=_iso))
            return 0
        for name in names:
            samples = history.samples(name, since)
            print(f"{name}  online {share_online(samples):.1%}")
            for title, unit, least, values in (
                ("temperature", "°C", 15.0, [s.temperature_c for s in samples]),
                ("frame rate", "fps", 5.0, [s.fps for s in samples]),
                ("Wi-Fi", "dBm", 15.0, [s.wifi_dbm for s in samples]),
            ):
                if known := [value for value in values if value is not None]:
                    low, high = min(known), max(known)
                    print(f"    {title:12} {spark(values, least)}  {low:.0f} to {high:.0f} {unit}")
        for event in history.events(since, arguments.kiosk):
            how = {True: "began", False: "ended", None: ""}[event.began]
            when = f"{event.at.astimezone():%Y-%m-%d %H:%M}"
            print(f"{when}  {event.kiosk}  {event.kind} {how}  {event.text}".rstrip())
    return 0


def _file(arguments: argparse.Namespace, hub: Hub) -> Path:
    return Path(arguments.history or hub.folder / HISTORY)


def _json(row: Row) -> str:
    from tools.fleet.alerts import troubles

    return json.dumps(asdict(row) | {"wrong": troubles(row)}, default=_iso)


def _iso(value: object) -> str:
    from device.messaging.payloads import iso

    assert isinstance(value, datetime)
    return iso(value)


def _complain(text: str) -> None:
    print(f"wayside-tools: {text}", file=sys.stderr, flush=True)


def _now() -> datetime:
    return datetime.now(UTC)
