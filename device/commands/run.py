"""`wayside run`: starts the kiosk, runs it until a signal or a time limit, and stops it cleanly."""

from __future__ import annotations

import argparse
import time

from device.addresses import shown
from device.app import Kiosk
from device.camera.sources import is_live, open_source, resolve_source
from device.commands.command_line import SubParsers, add_config, stop_event
from device.config import Config, load_config
from device.errors import UserError
from device.session.world import watch_button
from device.upkeep.notify import Notifier
from device.upkeep.watchdog import Watchdog


def add_parser(verbs: SubParsers) -> None:
    """Add `run` to the command line."""
    parser = verbs.add_parser(
        "run",
        help="run the kiosk",
        description="Run the kiosk: watch the camera, suggest, and serve the page.",
        epilog="example: wayside run --source demo --seconds 60",
    )
    add_config(parser)
    parser.add_argument(
        "--source", help="instead of camera.source: picamera, usb:0, a file, a folder, rtsp, demo"
    )
    parser.add_argument("--seconds", type=float, help="stop after this many seconds")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until SIGTERM, SIGINT or the end of `--seconds`.

    Raises:
        UserError: the kiosk cannot start, and the user can fix the reason.
    """
    stop = stop_event()
    notifier = Notifier.from_environment()
    watchdog = Watchdog(notifier)
    try:
        config = load_config(arguments.config)
        kiosk = _start(config, arguments.source or config.camera.source, watchdog)
    except UserError as error:
        notifier.refused(str(error))
        raise
    pin = config.privacy.opt_out_gpio
    button = None if pin is None else watch_button(pin, kiosk.world.press)
    watchdog.ready()
    ends_at = time.monotonic() + (arguments.seconds or float("inf"))
    try:
        while not stop.is_set() and time.monotonic() < ends_at:
            kiosk.turn()
    finally:
        watchdog.stop()
        kiosk.stop()
        del button
    return 0


def _start(config: Config, source: str, watchdog: Watchdog) -> Kiosk:
    """Read every file and start the kiosk; a camera or broker that is not there is a state."""
    spec = resolve_source(source)
    camera = open_source(spec, config.camera)
    print(f"camera: {shown(spec)}", flush=True)
    return Kiosk(
        config, camera, watchdog, live=is_live(spec), announce=lambda line: print(line, flush=True)
    )
