"""`wayside check`: configuration, models, catalogue, camera, broker, clock: ok, or what to do.

A part is a function of the configuration that returns what it found, and raises a `UserError` where
the kiosk would not work. Guarantees: every part is checked, whatever the others do, even a part
that fails by a bug; a live camera is looked for but not opened, since no page shows the notice
meanwhile; exit code 0 only if nothing is wrong.
"""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from device.addresses import shown
from device.camera.picamera import picamera_attached
from device.camera.sources import NetworkCamera, is_network, open_source, resolve_source
from device.camera.usb import find_usb, usb_cameras
from device.catalogue.hours import lacking
from device.commands.command_line import SubParsers, add_config
from device.config import Config, load_config
from device.display.server import PageServer, settings_script, words_script
from device.errors import UserError
from device.faces.pipeline import FacePipeline
from device.inference.litert import runtime_name
from device.matching.match import Matcher
from device.messaging.broker import EmbeddedBroker
from device.messaging.probe import probe
from device.recognition.recognise import Recogniser
from device.upkeep.clock import synchronised
from device.words.words import load_words

ASK_S = 5.0
"""Longest wait for the answer of a network camera."""

Part: TypeAlias = Callable[[Config], str]
Result: TypeAlias = Literal["ok", "!!", "NO"]


class Warned(str):
    """What a part found that works, but should not stay so."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `check` says of a part. result: ok, !! (it works, with a warning), or NO."""

    name: str
    result: Result
    words: str

    def __str__(self) -> str:
        return f"{self.result:3} {self.name:14} {self.words}"


def add_parser(verbs: SubParsers) -> None:
    """Add `check` to the command line."""
    parser = verbs.add_parser(
        "check",
        help="check everything that the kiosk needs",
        description="Check every part that the kiosk needs; exit code 0 if all are ok.",
        epilog="example: wayside check --config /etc/wayside/config.yaml",
    )
    add_config(parser)
    parser.add_argument(
        "--cameras",
        action="store_true",
        help="list the cameras of this machine, by names that survive a restart, and end",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each part; 0 if all are ok, else 1.

    Raises:
        UserError: the configuration cannot be read.
    """
    if arguments.cameras:
        print("\n".join(_cameras()) or "no camera found: is it plugged in?")
        return 0
    config = load_config(arguments.config)
    print(Verdict("configuration", "ok", str(arguments.config)), flush=True)
    well = True
    for name, part in PARTS.items():
        found = verdict(name, part, config)
        print(found, flush=True)
        well = well and found.result != "NO"
    return 0 if well else 1


def verdict(name: str, part: Part, config: Config) -> Verdict:
    """Check one part; a bug in it is its own verdict, and the next part is checked."""
    try:
        found = part(config)
    except UserError as error:
        return Verdict(name, "NO", str(error))
    except Exception as error:  # its words may hold a password
        at = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(at.filename).name}:{at.lineno}"
        return Verdict(name, "NO", f"could not be checked: {type(error).__name__} at {where}")
    return Verdict(name, "!!" if isinstance(found, Warned) else "ok", found)


def _detector(config: Config) -> str:
    faces = FacePipeline.open(config.vision, config.models / "third_party")
    faces.close()
    return f"{faces.choice.name}: {faces.choice.reason}"


def _models(config: Config) -> str:
    recogniser = Recogniser(config.models, config.vision, config.recognise)
    backend = recogniser.backend
    why = f" ({backend.reason})" if backend.reason else ""
    return f"{', '.join(recogniser.models)} by {runtime_name()} on {backend.name}{why}"


def _catalogue(config: Config) -> str:
    words = load_words(config.display.languages[0], config.matching.catalogue)
    matcher = Matcher.open(config, words)
    keys = lacking(matcher.catalogue.arrays.hours_texts, config.place)
    found = f"{len(matcher.catalogue)} items, preset {config.matching.preset}"
    return Warned(f"{found}; some opening hours need {' and '.join(keys)}") if keys else found


def _cameras() -> list[str]:
    """A line for each camera: what `camera.source` takes, and the product."""
    ribbon = ["picamera    on the ribbon cable"] if picamera_attached() else []
    return ribbon + [f"{one.stable}    {one.name}, now usb:{one.number}" for one in usb_cameras()]


def _camera(config: Config) -> str:
    spec = resolve_source(config.camera.source)
    open_source(spec, config.camera)  # creates the source and does not open it
    if spec == "picamera" and not picamera_attached():
        raise UserError("camera.source: picamera: none is connected; see `rpicam-hello --list`")
    if spec.startswith("usb:"):
        found = find_usb(spec.removeprefix("usb:"), usb_cameras())
        return f"{spec} ({found.name})"
    if is_network(spec):
        try:
            NetworkCamera(spec, config.camera).ask(ASK_S)
        except OSError as error:
            raise UserError(f"camera.source: {error}") from None
    return shown(spec)


def _broker(config: Config) -> str:
    if config.mqtt.broker != "embedded":
        return f"{shown(config.mqtt.broker)}, MQTT {probe(config.mqtt)}"
    broker = EmbeddedBroker(config.mqtt)
    broker.start()
    try:
        return f"embedded, MQTT {probe(broker.address)}"
    finally:
        broker.stop()


def _page(config: Config) -> str:
    settings = settings_script(config)
    if config.display.port is None:
        return "served by the broker"
    page = PageServer(config.display.port, settings, words_script(config))
    page.start()
    address = page.address
    page.stop()
    return address


def _clock(config: Config) -> str:
    answer = synchronised()
    if answer is False:
        raise UserError(
            "not synchronised: opening hours and TLS need the time; can a time server be reached? "
            "(`timedatectl timesync-status`)"
        )
    return "synchronised" if answer else "this system does not report whether it is synchronised"


PARTS: dict[str, Part] = {
    "detector": _detector,
    "models": _models,
    "catalogue": _catalogue,
    "camera": _camera,
    "broker": _broker,
    "page": _page,
    "clock": _clock,
}
"""What is checked, in the order of the corridor."""
