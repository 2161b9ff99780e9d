"""`wayside catalogue refresh`: reads the sources of the table again, and takes what has changed.

Guarantees: the difference is printed before it is taken; the table is replaced in one step or stays
as it is; without a person at a terminal a table that loses more than a third is not taken; with a
clock that is behind the table nothing is read.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from device.catalogue.build import write
from device.catalogue.difference import SUSPICIOUS, difference
from device.catalogue.network import Network
from device.catalogue.sources import load_sources
from device.catalogue.store import Catalogue
from device.commands.command_line import SubParsers, add_config
from device.commands.progress import Progress
from device.config import load_config
from device.errors import UserError
from device.upkeep.clock import EARLIEST

NOT_TAKEN = 3
"""Exit code where there is a difference that was not taken."""


def add_parser(subparsers: SubParsers) -> None:
    """Add `refresh` to the commands of the catalogue."""
    parser = subparsers.add_parser(
        "refresh",
        help="read the sources of the catalogue again, and take what has changed",
        description="Read the files and calendars that matching.sources names, print the "
        "difference to the catalogue of the kiosk, and take it: on a terminal after a question, "
        "elsewhere at once, but for one that loses more than a third. An address that does not "
        f"answer is replaced by its last good copy. Exit code 0: up to date; {NOT_TAKEN}: not "
        "taken; 1: a source is broken, nothing has changed.",
        epilog="example: wayside catalogue refresh --config /etc/wayside/config.yaml",
    )
    add_config(parser)
    parser.add_argument("--yes", action="store_true", help="take any difference without asking")
    parser.set_defaults(run=_refresh)


def _refresh(arguments: argparse.Namespace) -> int:
    from device.catalogue.imports.importers import together  # which loads osmium
    from device.catalogue.refresh import Reader

    config = load_config(arguments.config)
    if config.matching.sources is None:
        print("matching.sources is not set: there is nothing to refresh")
        return 0
    sources, table = load_sources(config.matching.sources), config.matching.catalogue
    now = datetime.now(ZoneInfo(config.place.timezone))
    if now < (earliest := _earliest(table)):
        print(
            f"the clock says {now:%Y-%m-%d %H:%M}, and it was {earliest:%Y-%m-%d %H:%M} already: "
            f"nothing is read until it is right, and {table} stays as it is"
        )
        return NOT_TAKEN
    bar = Progress("reading the sources")
    try:
        read = Reader(table, ZoneInfo(config.place.timezone), now, bar.show, print).read(sources)
        items, network = together(read)
    finally:
        bar.clear()
    if not items:
        raise UserError(f"{config.matching.sources}: no item was found; {table} stays as it is")
    old = _present(table)
    ways = None if old is None else old.network
    change = difference(old or (), items, footways=_differ(ways, network))
    if old is not None and not change:
        print(f"{table}: nothing has changed, {len(items)} items")
        return 0
    print("\n".join(change.lines()))
    doubtful = change.suspicious(now)
    if not arguments.yes and not _agreed(table, doubtful):
        print(f"{table} stays as it is")
        return NOT_TAKEN
    write(items, table, network)
    print(f"{table}: {len(items)} items; a running kiosk takes it when nobody is there")
    return 0


def _earliest(table: Path) -> datetime:
    """When it is at least, UTC: a board may start in the past, where no event is near."""
    with suppress(OSError):
        return datetime.fromtimestamp(max(EARLIEST, table.stat().st_mtime), UTC)
    return datetime.fromtimestamp(EARLIEST, UTC)


def _present(table: Path) -> Catalogue | None:
    """The present table; None: there is none that can be read, which is said."""
    if not table.exists():
        return None
    try:
        return Catalogue.open(table)
    except UserError as error:
        print(f"{str(error).partition('; ')[0]}: all of it is new")
        return None


def _differ(old: Network | None, new: Network | None) -> bool:
    return (None if old is None else old.encode()) != (None if new is None else new.encode())


def _agreed(table: Path, doubtful: bool) -> bool:
    """Whether a difference may be taken."""
    if doubtful:
        print(f"more than {SUSPICIOUS:.0%} of {table} would be lost: is a source incomplete?")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        if doubtful:
            print("not taken without a person; look at it, and take it with --yes")
        return not doubtful
    print(f"replace {table}? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
