"""`wayside-tools fleet simulate`: a thousand kiosks on this machine take a release."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from device.commands.command_line import SubParsers
from device.commands.progress import Progress
from device.errors import UserError
from tools.commands.options import at_least, share

if TYPE_CHECKING:
    from tools.fleet.rollout import Progress as Step

SELDOM_S = 5.0
"""Between two lines, where the output is no terminal."""

SHARES = {
    "failing": "refuse the release in its trial",
    "silent": "are connected and do nothing about releases",
    "slow": "have a slow line",
    "power-cut": "have their power cut once while they fetch",
}


def add_parser(verbs: SubParsers) -> None:
    """Add the verb to `wayside-tools fleet`."""
    parser = verbs.add_parser(
        "simulate",
        help="a thousand kiosks on this machine take a release",
        description="Start a hub on loopback, and kiosks with the real code of updates, each "
        "with a folder in memory and a connection of its own, and roll a release out to them. "
        "Exit code 1 where the rollout was paused.",
        epilog="example: wayside-tools fleet simulate --kiosks 200 --failing 0.05 --slow 0.1",
    )
    parser.add_argument("--kiosks", type=at_least(2), default=1000, metavar="N")
    parser.add_argument("--canaries", type=at_least(1), default=5, metavar="N")
    for name, what in SHARES.items():
        parser.add_argument(
            f"--{name}", type=share, default=0.0, metavar="SHARE",
            help=f"of the kiosks that are no canaries {what}; default: 0",
        )  # fmt: skip
    parser.add_argument(
        "--bad", action="store_true", help="every kiosk refuses the release: it must stop at once"
    )
    parser.add_argument(
        "--kilobytes", type=at_least(1), default=1000, metavar="N", help="of content"
    )
    parser.add_argument(
        "--slow-rate", type=at_least(1), default=32, metavar="N", help="kB/s of a slow line"
    )
    parser.add_argument(
        "--all", action="store_true", help="to all kiosks at once, without canaries and steps"
    )
    parser.add_argument(
        "--enough", type=share, default=0.85, metavar="SHARE",
        help="of a step's kiosks must have committed when its time is over; default: 0.85",
    )  # fmt: skip
    parser.add_argument(
        "--may-fail", type=share, default=0.15, metavar="SHARE",
        help="of a step's kiosks may fail; default: 0.15",
    )  # fmt: skip
    parser.add_argument(
        "--seconds", type=at_least(1), default=120, metavar="N", help="of a step; default: 120"
    )
    parser.add_argument(
        "--by", choices=("plain", "tls", "nats"), default="plain",
        help="the hub that is started: one Mosquitto without TLS, or with, or three NATS servers",
    )  # fmt: skip
    parser.add_argument(
        "--hub", type=Path, metavar="DIR",
        help="instead a hub of yours that serves no fleet yet",
    )  # fmt: skip
    parser.add_argument("--seed", type=at_least(0), default=1, metavar="N")
    parser.add_argument("--json", action="store_true", help="one object at the end")
    parser.set_defaults(run=_simulate)


class Seldom:
    """Shows a rollout now and then: of a thousand kiosks one answers at every moment."""

    def __init__(self, show: Callable[[Step], None], never: bool) -> None:
        """never: programs read the end alone."""
        self._show, self._due = show, math.inf if never else 0.0

    def show(self, step: Step) -> None:
        """Show a step as it goes on, unless that was done just before."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + (0.2 if sys.stdout.isatty() else SELDOM_S)
            self._show(step)


def _simulate(arguments: argparse.Namespace) -> int:
    from tools.fleet.hub import Hub
    from tools.fleet.screen import Shown
    from tools.fleet.simulate import Plan, simulate
    from tools.fleet.steps import Bounds

    if arguments.canaries > arguments.kiosks:
        raise UserError(f"--canaries {arguments.canaries}: more than there are kiosks")
    plan = Plan(
        kiosks=arguments.kiosks,
        canaries=arguments.canaries,
        failing=arguments.failing,
        silent=arguments.silent,
        slow=arguments.slow,
        power_cut=arguments.power_cut,
        bad=arguments.bad,
        rate=arguments.slow_rate * 1000.0,
        size=arguments.kilobytes * 1000,
        seed=arguments.seed,
        everywhere=arguments.all,
        bounds=Bounds(arguments.enough, arguments.may_fail, arguments.seconds / 60),
    )
    connecting, shown = Progress("connecting"), Shown()
    hub = Hub.open(arguments.hub) if arguments.hub else None
    try:
        told = simulate(
            plan, Seldom(shown.step, arguments.json).show, connecting.show, arguments.by, hub
        )
    finally:
        connecting.clear()
        shown.close()
    if arguments.json:
        figures = {"verdict": told.verdict, "percent": told.percent, "paused": told.paused}
        figures |= {"kiosks": told.tally(), "seconds": told.seconds, "bytes": told.carried}
        figures |= {"kiosks_s": told.kiosks_s, "broker_s": told.broker_s}
        print(json.dumps(figures | {"broker_mb": told.broker_mb}))
        return int(told.paused)
    print(", ".join(f"{count} {name}" for name, count in told.tally().items() if count))
    content = plan.size * told.tally()["committed"] / 1e6
    print(
        f"{told.seconds:.1f} s; {told.carried / 1e6:.1f} MB carried, for {content:.1f} MB of "
        "content committed"
    )
    print(f"processor time of the kiosks: {told.kiosks_s:.1f} s")
    if told.broker_mb is not None:
        print(f"broker: {told.broker_mb:.1f} MB at most, {told.broker_s:.1f} s of processor time")
    if told.paused:
        where = "within the canaries" if told.stopped else f"at {told.percent} %"
        print(f"the rollout was stopped {where}, by {told.verdict}")
    return int(told.paused)
