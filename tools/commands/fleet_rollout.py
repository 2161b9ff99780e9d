"""`wayside-tools fleet rollout`: a release onto the fleet, step by step."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.fleet_hub import add_hub
from tools.commands.fleet_keys import add_folders, opened
from tools.commands.options import at_least, share

if TYPE_CHECKING:
    from device.fleet.manifest import Rollout
    from tools.fleet.rollout import Desk, Result

INTERRUPTED = 130


def add_parser(verbs: SubParsers) -> None:
    """Add the verb to `wayside-tools fleet`."""
    parser = verbs.add_parser(
        "rollout",
        help="a release onto the kiosks, step by step",
        description="Roll a signed release out: to the canaries, to 10 % of the others, to all. "
        "Each step waits until enough kiosks have committed; failure or silence pauses it. What "
        "was interrupted goes on from its step.",
        epilog="example: wayside-tools fleet rollout 7 --canary helsinki/kiosk-1",
    )
    parser.add_argument("release", type=at_least(1), nargs="?", metavar="N", help="its number")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--all", action="store_true", help="to all kiosks at once")
    what.add_argument("--pause", action="store_true", help="no further kiosk moves")
    what.add_argument("--resume", action="store_true", help="go on with what was paused")
    what.add_argument(
        "--back",
        type=at_least(0),
        nargs="?",
        const=0,
        metavar="N",
        help="back to release N, or to the last that the whole fleet has taken: its content under "
        "a new number, of which kiosks need no byte",
    )
    parser.add_argument(
        "--canary", action="append", default=[], metavar="SITE/KIOSK",
        help="a kiosk that takes it first; default: those of the rollout before",
    )  # fmt: skip
    parser.add_argument(
        "--enough", type=share, default=0.9, metavar="SHARE",
        help="of a step's kiosks must have committed when its time is over; default: 0.9",
    )  # fmt: skip
    parser.add_argument(
        "--failing", type=share, default=0.0, metavar="SHARE",
        help="of a step's kiosks may fail; default: 0",
    )  # fmt: skip
    parser.add_argument(
        "--minutes", type=at_least(1), default=60, metavar="N",
        help="of a step; longer than to the end of the quiet hours, if there are any; default: 60",
    )  # fmt: skip
    add_hub(parser)
    add_folders(parser)
    parser.set_defaults(run=_rollout)


def _rollout(arguments: argparse.Namespace) -> int:
    from tools.fleet import rollout
    from tools.fleet.hub import Hub
    from tools.fleet.screen import Shown
    from tools.fleet.steps import Bounds

    if (arguments.release is None) != (
        arguments.pause or arguments.resume or arguments.back is not None
    ):
        raise UserError("give the number of a release, or one of --pause, --resume, --back")
    repository, keys = opened(arguments)
    shown = Shown()
    desk = rollout.Desk(repository, keys, Hub.open(arguments.hub), shown.step, shown.sent)
    bounds = Bounds(arguments.enough, arguments.failing, arguments.minutes)
    try:
        if arguments.pause:
            paused = rollout.pause(desk)
            print(f"release {paused.counter}: paused; no further kiosk moves")
            return 0
        first = _first(desk, arguments)
        result = rollout.roll_out(desk, first, bounds)
    except KeyboardInterrupt:
        shown.close()
        print(
            "interrupted: kiosks go on with this step, and no other begins; the same command goes "
            "on here, and --pause stops them"
        )
        return INTERRUPTED
    finally:
        shown.close()
    return _told(result)


def _first(desk: Desk, arguments: argparse.Namespace) -> Rollout:
    from tools.fleet import rollout

    if arguments.resume:
        return rollout.resume(desk)
    if arguments.back is not None:
        first = rollout.back(desk, arguments.back or None)
        print(f"release {first.counter}: the earlier content, to all kiosks")
        return first
    return rollout.begin(desk, arguments.release, arguments.canary, everywhere=arguments.all)


def _told(result: Result) -> int:
    """The end in words; exit code 1 where it was stopped."""
    found, counter = result.count, result.rollout.counter
    for name in result.away:
        print(f"{name}: was away; it takes the release when it is back")
    if result.verdict == "go on":
        for name, what in found.waiting.items():
            print(f"{name}: {what}")
        print(f"release {counter}: done, {len(found.committed)} of {found.total} kiosks run it")
        return 0
    for name, why in {**found.failed, **found.waiting}.items():
        print(f"{name}: {why}")
    print(
        f"release {counter}: stopped by {result.verdict}, and paused; "
        f"{len(found.committed)} of {found.total} kiosks of the step run it\n"
        "    wayside-tools fleet rollout --back      the release before, everywhere\n"
        "    wayside-tools fleet rollout --resume    go on, when it is mended"
    )
    return 1
