"""`wayside run`: starts the kiosk, runs it until a signal or a time limit, and stops it cleanly."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from device.addresses import shown
from device.app import Kiosk
from device.camera.sources import is_live, open_source, resolve_source
from device.commands.command_line import SubParsers, add_config, stop_event
from device.config import Config
from device.errors import UserError
from device.fleet.trial import Trial
from device.overlay import load_running
from device.upkeep.buttons import watch
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
    trial = Trial.begun()
    try:
        config = _configuration(arguments.config, trial, watchdog)
        kiosk = _start(config, arguments.source or config.camera.source, watchdog)
    except UserError as error:
        notifier.refused(str(error))
        raise
    if trial is not None:
        trial.begin(kiosk.bus.inbox, kiosk.page_address)
    buttons = watch(config.buttons, kiosk.press)
    watchdog.ready()
    ends_at = time.monotonic() + (arguments.seconds or float("inf"))
    try:
        while not stop.is_set() and time.monotonic() < ends_at:
            screen = kiosk.turn()
            if trial is not None and trial.turn(screen, kiosk.frames):
                trial = None
    finally:
        if trial is not None:
            trial.close()
        watchdog.stop()
        kiosk.stop()
        del buttons
    return 0


def _configuration(file: Path, trial: Trial | None, watchdog: Watchdog) -> Config:
    """Read the configuration, and rehearse a release that is on trial with it. What is wrong here
    is wrong at the next start too, so that the release need not wait for it."""
    try:
        config = load_running(file)
        if trial is not None:
            watchdog.loading("the rehearsal of a new release")
            trial.rehearse(config)
    except UserError as error:
        if trial is not None:
            trial.refuse(str(error))
        raise
    return config


def _start(config: Config, source: str, watchdog: Watchdog) -> Kiosk:
    """Read every file and start the kiosk; a camera or broker that is not there is a state."""
    spec = resolve_source(source)
    camera = open_source(spec, config.camera)
    print(f"camera: {shown(spec)}", flush=True)
    return Kiosk(
        config, camera, watchdog, live=is_live(spec), announce=lambda line: print(line, flush=True)
    )
