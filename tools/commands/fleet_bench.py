"""`wayside-tools fleet bench`: the agent's memory and load, and downloads over bad links."""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from device.commands.command_line import SubParsers
from tools.commands.options import at_least

LINKS = {
    "no limit": (None, None),
    "64 kB/s, cut every 10 s": (64_000.0, 10.0),
    "8 kB/s": (8_000.0, None),
}
"""Bytes a second, and seconds until a connection is broken."""


def add_parser(verbs: SubParsers) -> None:
    """Add the verb to `wayside-tools fleet`."""
    parser = verbs.add_parser(
        "bench",
        help="the agent's memory and load, and downloads over bad links",
        description="Start a hub on loopback and measure: an idle agent, and 3 MB over links that "
        "are slow or break. It takes about nine minutes.",
        epilog="example: wayside-tools fleet bench --json",
    )
    parser.add_argument("--seconds", type=at_least(1), default=60, help="to look at an idle agent")
    parser.add_argument("--kilobytes", type=at_least(1), default=3000, help="to fetch")
    parser.add_argument("--json", action="store_true", help="one object instead of a table")
    parser.set_defaults(run=_bench)


def _bench(arguments: argparse.Namespace) -> int:
    from tools.fleet.bench import measure_fetch, measure_idle
    from tools.fleet.local_hub import local_hub

    with tempfile.TemporaryDirectory() as where, local_hub(Path(where) / "hub") as hub:
        idle = measure_idle(hub, Path(where) / "idle", arguments.seconds)
        figures: dict[str, object] = {"idle": asdict(idle)}
        if not arguments.json:
            print(
                f"idle agent       {idle.resident_mb:6.1f} MB (at most 60), "
                f"{idle.cpu:.2%} of a core (at most 1 %), {idle.written} bytes written (none)"
            )
        for number, (name, (rate, cut)) in enumerate(LINKS.items()):
            folder = Path(where) / f"fetch-{number}"
            size = arguments.kilobytes * 1000
            fetched = measure_fetch(hub, folder, size, rate=rate, cut_every_s=cut)
            figures[name] = asdict(fetched) | {"ratio": fetched.ratio, "bar": fetched.bar}
            if not arguments.json:
                print(
                    f"{name:24} {fetched.seconds:7.1f} s, {fetched.ratio:.4f} bytes for a byte of "
                    f"content (at most {fetched.bar:.2f}), {fetched.cuts} cuts"
                )
    if arguments.json:
        print(json.dumps(figures))
    return 0
