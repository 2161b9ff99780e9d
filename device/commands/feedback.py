"""`wayside catalogue feedback`: what this kiosk has learned from touches, for its operator.

It prints what the ledger has told so far and nothing else: no number of it is below
`privacy.smallest_cell`, and what is missing is not known, which is not zero.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import get_args

from device.catalogue.store import Catalogue
from device.commands.command_line import SubParsers, add_config
from device.errors import UserError
from device.matching.feedback import Estimate, estimate
from device.overlay import load_running
from device.session.kept import Told, read_kept
from device.values import ItemVerdict

VERDICTS: tuple[ItemVerdict, ...] = get_args(ItemVerdict)

WIDEST = 36
"""Characters of a title in the table."""


@dataclass(frozen=True, slots=True)
class Learned:
    """Of one item. title: empty where the catalogue has it no more. Numbers: None: not known."""

    id: str
    title: str
    screens: int | None
    touches: dict[str, int | None]
    rate: Estimate | None


def add_parser(subparsers: SubParsers) -> None:
    """Add `feedback` to the commands of the catalogue."""
    parser = subparsers.add_parser(
        "feedback",
        help="what this kiosk has learned from touches",
        description="Print for each item its screens, its touches, and how often it is chosen or "
        "liked where it is shown, beside the mean. Numbers that are too small to be told are "
        "missing. They fade: after 90 days a touch counts half.",
        epilog="example: sudo wayside catalogue feedback --config /etc/wayside/config.yaml",
    )
    add_config(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    config = load_running(arguments.config)
    if config.state is None:
        raise UserError(
            f"{arguments.config}: state: not set, so what touches teach is forgotten at each "
            "restart; name a folder, such as var"
        )
    kept = read_kept(config.state)
    catalogue = Catalogue.open(config.matching.catalogue)
    mean, items = learned(kept.told, catalogue, config.privacy.smallest_cell)
    if arguments.json:
        print(json.dumps({"mean": mean, "items": [asdict(item) for item in items]}))
    else:
        print("\n".join(_lines(mean, items)))
    return 0


def learned(
    told: Mapping[str, Told], catalogue: Catalogue, smallest: int
) -> tuple[float | None, list[Learned]]:
    """The mean rate, and what was told of each item, the best liked first.

    The rates are touches that say yes, a screen, as far as they were told; the mean is that of all
    items. What has faded below `smallest` is not known any more.
    """
    known = {item: _large(one, smallest) for item, one in told.items()}
    known = {item: one for item, one in known.items() if one.screens or one.touches}
    shown = sum(one.screens or 0 for one in known.values())
    yes = sum(_liked(one) or 0 for one in known.values() if one.screens)
    mean = yes / shown if shown else None
    found = []
    for item_id, one in known.items():
        item, liked = catalogue.get(item_id), _liked(one)
        rate = None
        if one.screens and liked is not None and mean is not None:
            rate = estimate(one.screens, liked, mean)
        found.append(
            Learned(
                item_id,
                item.title if item else "",
                None if one.screens is None else round(one.screens),
                {v: round(one.touches[v]) if v in one.touches else None for v in VERDICTS},
                rate,
            )
        )
    found.sort(key=lambda one: (-(one.rate.rate if one.rate else -1), one.id))
    return mean, found


def _large(one: Told, smallest: int) -> Told:
    """The numbers that are still large enough."""
    return Told(
        screens=one.screens if one.screens and one.screens >= smallest else None,
        touches={verdict: n for verdict, n in one.touches.items() if n >= smallest},
    )


def _liked(one: Told) -> float | None:
    """Touches that say yes, as far as they are known, and at most one a screen."""
    known = [one.touches[verdict] for verdict in ("chosen", "liked") if verdict in one.touches]
    return min(sum(known), one.screens or sum(known)) if known else None


def _lines(mean: float | None, items: Sequence[Learned]) -> Iterator[str]:
    if not items:
        yield "nothing yet: no number is large enough to be told"
        return
    if mean is not None:
        yield f"chosen or liked on {_share(mean)} of the screens of an item, as far as is told"
    heads = ("screens", *(verdict.replace("_", " ") for verdict in VERDICTS))
    yield f"{'item':{WIDEST}}" + "".join(f"{head:>12}" for head in heads) + "   chosen or liked"
    for item in items:
        title = item.title or item.id
        title = title if len(title) < WIDEST else f"{title[: WIDEST - 2]}…"
        numbers = (item.screens, *item.touches.values())
        cells = "".join(f"{'–' if number is None else number:>12}" for number in numbers)
        rate = item.rate
        said = f"   {_share(rate.rate)} ({_share(rate.low)} to {_share(rate.high)})" if rate else ""
        yield f"{title:{WIDEST}}{cells}{said}"


def _share(share: float) -> str:
    return f"{100 * share:.0f} %"
