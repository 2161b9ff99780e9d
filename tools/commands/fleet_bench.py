"""`wayside-tools fleet bench`: every bar of a fleet, measured on this machine."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from device.commands.command_line import SubParsers
from device.commands.progress import Progress
from tools.commands.options import at_least

NAMES = (
    "idle", "bytes", "cuts", "slow", "crowd", "stalled", "watch", "bad", "power-cut",
    "hub", "cluster",
)  # fmt: skip


def add_parser(verbs: SubParsers) -> None:
    """Add the verb to `wayside-tools fleet`."""
    parser = verbs.add_parser(
        "bench",
        help="every bar of a fleet, measured on this machine",
        description="Start hubs on loopback and measure what a fleet must keep to: the agent, "
        "downloads over bad links, a thousand kiosks at one Mosquitto, and what fails. It takes "
        "about fifteen minutes; exit code 1 where a bar is not met.",
        epilog="example: wayside-tools fleet bench --only crowd --only cluster",
    )
    parser.add_argument(
        "--only", action="append", choices=NAMES, metavar="NAME",
        help=f"one of {', '.join(NAMES)}; may be given more than once",
    )  # fmt: skip
    parser.add_argument(
        "--seconds", type=at_least(1), default=60, metavar="N", help="to look at an idle agent"
    )
    parser.add_argument(
        "--kilobytes", type=at_least(1), default=3000, metavar="N", help="of content"
    )
    parser.add_argument("--kiosks", type=at_least(2), default=1000, metavar="N", help="of `crowd`")
    parser.add_argument("--json", action="store_true", help="one object instead of a table")
    parser.set_defaults(run=_bench)


def _bench(arguments: argparse.Namespace) -> int:
    from tools.fleet.bars import BARS, Size

    size = Size(arguments.kiosks, arguments.kilobytes * 1000, seconds=arguments.seconds)
    chosen = [name for name in NAMES if name in (arguments.only or NAMES)]
    progress, figures, met = Progress("bench"), dict[str, object](), True
    for number, name in enumerate(chosen):
        progress.show(number, len(chosen))
        bar = BARS[name]
        with tempfile.TemporaryDirectory() as where:
            found = bar.measure(Path(where), size)
        progress.clear()
        figures[name] = found.figures | {"met": found.met}
        met = met and found.met
        if not arguments.json:
            verdict = "met" if found.met else "NOT MET"
            print(
                f"{name:10} {bar.what}: {found.words} (at most {bar.most}): {verdict}", flush=True
            )
    if arguments.json:
        print(json.dumps(figures))
    return int(not met)
