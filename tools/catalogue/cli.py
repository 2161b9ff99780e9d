"""`wayside-tools catalogue`: make the table the device reads, and look into it."""

from __future__ import annotations

import argparse
from pathlib import Path

from device.catalogue.store import Catalogue
from device.errors import UserError
from device.values import KINDS
from tools.catalogue import show
from tools.catalogue.build import build

DEFAULT = Path("catalogue/example.sqlite")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb `catalogue` and what it does."""
    verbs = subparsers.add_parser(
        "catalogue", help="make the table the device reads, and look into it"
    ).add_subparsers(dest="catalogue_verb", required=True, metavar="VERB")

    builder = verbs.add_parser(
        "build",
        help="CSV files to a catalogue",
        description="Make a catalogue of CSV files. A broken row is named with file and line, and "
        "the old table stays. docs/catalogue.md lists the columns.",
        epilog="example: wayside-tools catalogue build --out my.sqlite places.csv films.csv",
    )
    builder.add_argument("csv", nargs="+", type=Path, metavar="CSV", help="files with items")
    builder.add_argument("--out", type=Path, default=DEFAULT, help=f"default: {DEFAULT}")
    builder.set_defaults(run=_build)

    shower = verbs.add_parser(
        "show",
        help="what a catalogue holds",
        description="A table of the items of a catalogue, or everything about one of them.",
        epilog="example: wayside-tools catalogue show --kind place --tag quiet",
    )
    shower.add_argument("id", nargs="?", help="everything about this item")
    shower.add_argument("--file", type=Path, default=DEFAULT, help=f"default: {DEFAULT}")
    shower.add_argument("--kind", choices=KINDS, help="only this kind")
    shower.add_argument("--tag", action="append", default=[], help="only items with this tag")
    shower.set_defaults(run=_show)


def _build(arguments: argparse.Namespace) -> int:
    count = build(arguments.csv, arguments.out)
    print(f"{arguments.out}: {count} items")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    catalogue = Catalogue.open(arguments.file)
    if arguments.id is not None:
        item = catalogue.get(arguments.id)
        if item is None:
            raise UserError(
                f"{arguments.file}: no item {arguments.id!r}; "
                "`wayside-tools catalogue show` lists them"
            )
        lines = show.card(item)
    else:
        items = catalogue.tagged(*arguments.tag)
        lines = show.table([item for item in items if arguments.kind in (None, item.kind)])
    print("\n".join(lines))
    return 0
