"""`wayside catalogue`: import or build the kiosk's catalogue, check files, show what it has."""

from __future__ import annotations

import argparse
from pathlib import Path
from zoneinfo import ZoneInfo

from device.addresses import shown
from device.catalogue import show
from device.catalogue.build import build, each_item, is_footways
from device.catalogue.network import Network
from device.catalogue.store import SOURCE_SUFFIXES, Catalogue
from device.commands import explain, feedback, refresh, survey
from device.commands.command_line import SubParsers, add_config
from device.commands.progress import Progress
from device.config import load_config
from device.errors import UserError
from device.values import KINDS

DEFAULT = Path("catalogue/example.sqlite")


def add_parser(verbs: SubParsers) -> None:
    """Add `catalogue` and its own commands to the command line."""
    subparsers = verbs.add_parser(
        "catalogue", help="build the kiosk's catalogue, check it and list its items"
    ).add_subparsers(dest="catalogue_verb", required=True, metavar="VERB")

    builder = subparsers.add_parser(
        "build",
        help="build a catalogue from CSV files",
        description="Build a catalogue from CSV files, and from the footways that `import` writes "
        "beside one (.footways). A broken row is reported with its file and line, and the old "
        "catalogue stays. docs/catalogue.md lists the columns.",
        epilog="example: wayside catalogue build --out my.sqlite places.csv films.csv",
    )
    builder.add_argument("file", nargs="+", type=Path, metavar="FILE", help=".csv or .footways")
    builder.add_argument("--out", type=Path, default=DEFAULT, help=f"default: {DEFAULT}")
    add_config(builder)
    builder.set_defaults(run=_build)

    importer = subparsers.add_parser(
        "import",
        help="make a catalogue of places, films, music, activities and events",
        description="Make a catalogue of OpenStreetMap extracts (.osm.pbf), folders of MovieLens, "
        "of Last.fm and of playlists, songs with valence and energy (.csv), activities (.txt), "
        "calendars of events (.ics, or their addresses) and tables of your own (.csv), of one or "
        "several together. What cannot be used is left out and counted; if a file is broken or an "
        "address does not answer, nothing is written, and the old catalogue stays.",
        epilog="example: wayside catalogue import helsinki.osm.pbf ml-100k/ --out helsinki.sqlite",
    )
    importer.add_argument(
        "source", nargs="+", metavar="SOURCE", help="a file, folder or address, see above"
    )
    importer.add_argument(
        "--out",
        type=Path,
        required=True,
        help="the catalogue to make, or a .csv file to edit and build",
    )
    add_config(importer)
    importer.set_defaults(run=_import)

    checker = subparsers.add_parser(
        "check",
        help="check CSV files or a catalogue",
        description="Read CSV files as `build` does, or a catalogue as the kiosk does, and write "
        "nothing. Exit code 0 if nothing is wrong.",
        epilog="example: wayside catalogue check places.csv my.sqlite",
    )
    checker.add_argument("file", nargs="+", type=Path, metavar="FILE", help=".csv or .sqlite")
    add_config(checker)
    checker.set_defaults(run=_check)

    shower = subparsers.add_parser(
        "show",
        help="list the items of a catalogue",
        description="List the items of a catalogue, or print everything about one of them, or what "
        "all of them have and lack at this kiosk, as text or as a page with a map.",
        epilog="example: wayside catalogue show --kind place --tag quiet   "
        "or: wayside catalogue show --file helsinki.sqlite --html helsinki.html",
    )
    add_config(shower)
    shower.add_argument("id", nargs="?", help="everything about this item")
    shower.add_argument(
        "--file", type=Path, help=f"default: {DEFAULT}, or the kiosk's for counts and page"
    )
    shower.add_argument("--kind", choices=KINDS, help="only this kind")
    shower.add_argument("--tag", action="append", default=[], help="only items with this tag")
    shower.add_argument("--counts", action="store_true", help="counts and gaps, no items")
    shower.add_argument(
        "--html", type=Path, metavar="OUT.html", help="counts, gaps and a map as one page"
    )
    shower.set_defaults(run=_show)
    explain.add_parser(subparsers)
    refresh.add_parser(subparsers)
    feedback.add_parser(subparsers)


def zone_of(path: Path) -> ZoneInfo | None:
    """`place.timezone` of a configuration; None: there is no such file.

    Raises:
        UserError: it cannot be read.
    """
    return ZoneInfo(load_config(path).place.timezone) if path.exists() else None


def _build(arguments: argparse.Namespace) -> int:
    progress = Progress("building")
    zone = zone_of(arguments.config)
    try:
        count = build(arguments.file, arguments.out, print, progress.show, zone)
    finally:
        progress.clear()
    print(f"{arguments.out}: {count} items")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from device.catalogue.imports import importers  # which loads osmium
    from device.catalogue.imports.fetch import is_address
    from device.catalogue.imports.ical import Calendars

    calendars = Calendars(zone_of(arguments.config))
    names = [shown(each) if is_address(each) else Path(each).name for each in arguments.source]
    parts = []
    for name, source in zip(names, arguments.source, strict=True):
        progress = Progress(f"reading {name}")
        try:
            parts.append(importers.read(source, progress.show, calendars))
        finally:
            progress.clear()
    try:
        written = importers.combine(parts, arguments.out)
    finally:  # where nothing is written, it says why
        for name, part in zip(names, parts, strict=True):
            print("\n".join(part.report(name)))
    print(written.report())
    return 0


def _check(arguments: argparse.Namespace) -> int:
    tables = [path for path in arguments.file if path.suffix.lower() in SOURCE_SUFFIXES]
    footways = [path for path in arguments.file if is_footways(path)]
    if tables:
        items = each_item(tables, print, zone_of(arguments.config))
        print(f"{', '.join(map(str, tables))}: {sum(1 for _ in items)} items")
    for path in footways:
        print(f"{path}: {len(Network.read(path))} footways")
    for path in arguments.file:
        if path not in tables + footways:
            print(f"{path}: {len(Catalogue.open(path))} items")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    if arguments.counts or arguments.html is not None:
        if arguments.id or arguments.kind or arguments.tag:
            raise UserError("--counts and --html are of all items: leave out id, --kind and --tag")
        print("\n".join(survey.run(arguments.config, arguments.file, arguments.html)))
        return 0
    file = arguments.file or DEFAULT
    catalogue = Catalogue.open(file)
    if arguments.id is not None:
        item = catalogue.get(arguments.id)
        if item is None:
            raise UserError(
                f"{file}: no item {arguments.id!r}; `wayside catalogue show` lists them"
            )
        lines = show.card(item)
    else:
        items = catalogue.tagged(*arguments.tag)
        lines = show.table([item for item in items if arguments.kind in (None, item.kind)])
    print("\n".join(lines))
    return 0
