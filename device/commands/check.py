"""`wayside check`: configuration, models, catalogue, camera, broker, clock: ok, or what to do.

Guarantees: every part is checked, whatever the others do, even if one fails by a bug; a live camera
is looked for but not opened, since no page shows the notice meanwhile; exit code 0 only if nothing
is wrong.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from datetime import datetime
from importlib.util import find_spec
from zoneinfo import ZoneInfo

from device.addresses import shown
from device.camera.images import load_scaled
from device.camera.picamera import PiCamera, picamera_attached
from device.camera.sources import NetworkCamera, is_network, open_source, resolve_source
from device.camera.usb import find_usb, source_of, usb_cameras
from device.catalogue.hours import lacking
from device.catalogue.pictures import picture_files
from device.catalogue.sources import load_sources
from device.commands.command_line import SubParsers, add_config
from device.commands.installed import INSTALLED, demo, is_installed
from device.commands.verdict import Part, Verdict, Warned, verdict
from device.config import Config
from device.display.made import made_files
from device.display.photographs import MOST_PIXELS, doubts, photographs
from device.display.server import PageServer, settings_script
from device.display.sizes import (
    NOTICED_FROM_M,
    TEXT_DEGREES,
    farthest_heading_m,
    farthest_text_m,
)
from device.errors import UserError
from device.faces.pipeline import FacePipeline
from device.hearing.microphone import deaf_because
from device.hearing.tone import ToneReader
from device.inference.litert import runtime_name
from device.matching.match import Matcher
from device.messaging.broker import EmbeddedBroker
from device.messaging.probe import probe
from device.messaging.tls import INSECURE
from device.overlay import load_running
from device.recognition.recognise import Recogniser
from device.setting_types import EMBEDDED
from device.speech.output import open_speaker, silent_because
from device.speech.visemes import visemes
from device.speech.voices import VOICES
from device.upkeep.board import backlights
from device.upkeep.buttons import MISSING
from device.upkeep.clock import synchronised
from device.words.words import load_words

ASK_S = 5.0
"""Longest wait for the answer of a network camera."""

TRIED = "1"
"""Said in every language, where nobody hears it."""

NO_PLACE = ("UTC", "GMT", "Etc/UTC", "Etc/GMT", "Zulu", "UCT", "Universal", "Greenwich")

FAR_FROM_THE_SUN_H = 4.25
"""Hours between local time and the sun's that no town exceeds: in the west of China it is 3.2, in
the west of Spain in summer 2.6."""


def add_parser(verbs: SubParsers) -> None:
    """Add `check` to the command line."""
    parser = verbs.add_parser(
        "check",
        help="check everything that the kiosk needs",
        description="Check every part that the kiosk needs; exit code 0 if all are ok. On an "
        "installed kiosk that includes its services, screen, fonts and disk.",
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
    config = load_running(arguments.config)
    found = f"{arguments.config} of {config.site}/{config.kiosk}"
    print(Verdict("configuration", "ok", found), flush=True)
    well = True
    parts = {**PARTS, **INSTALLED} if is_installed() else PARTS
    for name, part in parts.items():
        said = verdict(name, part, config)
        print(said, flush=True)
        well = well and said.result != "NO"
    return 0 if well else 1


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
    doubts = [f"some opening hours need {' and '.join(keys)}"] if keys else []
    if matcher.catalogue.network is not None and matcher.ways.walk is None:
        doubts.append("place: no footways of the catalogue are near, so distances are straight")
    if matcher.unknown:
        doubts.append(f"matching.hand: no such items: {', '.join(matcher.unknown)}")
    if config.matching.sources is not None:
        try:
            load_sources(config.matching.sources)
        except UserError as error:  # the kiosk runs, but its table grows old
            doubts.append(str(error))
    return Warned("; ".join([found, *doubts])) if doubts else found


def _cameras() -> list[str]:
    """A line for each camera: what `camera.source` takes, and the product."""
    ribbon = ["picamera    on the ribbon cable"] if picamera_attached() else []
    cameras = usb_cameras()
    return ribbon + [
        f"{source_of(one, cameras)}    {one.name}, now usb:{one.number}" for one in cameras
    ]


def _camera(config: Config) -> str:
    spec = resolve_source(config.camera.source)
    open_source(spec, config.camera)  # creates the source and does not open it
    if spec == "demo" and config.camera.source == "auto":
        return demo(is_installed())
    if spec == "picamera":
        PiCamera(config.camera).require()
        if not picamera_attached():
            raise UserError("camera.source: picamera: none is connected; see `rpicam-hello --list`")
    if spec.startswith("usb:"):
        found = find_usb(spec.removeprefix("usb:").strip(), usb_cameras())
        return f"{spec} ({found.name})"
    if is_network(spec):
        try:
            doubt = NetworkCamera(spec, config.camera).ask(ASK_S)
        except OSError as error:
            raise UserError(f"camera.source: {error}") from None
        if doubt:
            return Warned(f"{shown(spec)} {doubt}")
    return shown(spec)


def _broker(config: Config) -> str:
    if config.mqtt.broker != EMBEDDED:
        found = f"{shown(config.mqtt.broker)}, MQTT {probe(config.mqtt)}"
        unchecked = config.mqtt.tls is not None and config.mqtt.tls.insecure
        return Warned(f"{found}; {INSECURE}") if unchecked else found
    broker = EmbeddedBroker(config.mqtt)
    broker.start()
    try:
        found = f"{EMBEDDED}, MQTT {probe(broker.address)}"
    finally:
        broker.stop()
    given = config.mqtt.model_dump(include={"username", "password", "password_file", "tls"})
    if unused := [f"mqtt.{key}" for key, value in given.items() if value is not None]:
        return Warned(f"{found}; it asks for no login: {', '.join(unused)} has no effect")
    return found


def _page(config: Config) -> str:
    settings = settings_script(config)
    port = config.display.port
    found = "served by the broker" if port is None else _served(config, port, settings)
    missing = []
    if lacks := lacking([config.display.hours or ""], config.place):
        missing.append(f"display.hours need {' and '.join(lacks)}")
    if config.display.brightness is not None and backlights() is None:
        missing.append("display.brightness: this machine has no screen that it can dim")
    return Warned("; ".join([found, *missing])) if missing else found


def _text(config: Config) -> str:
    inches, metres = config.display.diagonal_inch, config.display.distance_m
    if (farthest := farthest_text_m(config)) < metres:
        raise UserError(
            f"display.distance_m: {metres:g} m: on {inches:g} inches there is no room for text of "
            f"{TEXT_DEGREES:g} degrees (EN 301 549); {_cut(farthest)} m at most, or a larger screen"
        )
    heading = farthest_heading_m(config)
    found = f"read from {metres:g} m, the notice's heading from {_cut(heading)} m"
    noticed = NOTICED_FROM_M[config.vision.range]
    if heading < noticed - 0.05:
        return Warned(f"{found}: nearer than the {noticed:g} m from which faces are found")
    return found


def _cut(metres: float) -> str:
    return f"{math.floor(100 * metres + 0.01) / 100:g}"


def _served(config: Config, port: int, settings: str) -> str:
    page = PageServer(port, settings, made_files(config))
    page.start()
    address = page.address
    page.stop()
    return address


def _speech(config: Config) -> str:
    if config.speech.output == "never":
        return "never: nothing is said aloud"
    if (why := silent_because(config.speech)) is not None:
        return Warned(f"nothing is said aloud: {why}; or `speech.output: never`")
    if config.display.port is None and config.speech.port == 0:
        raise UserError("speech.port: 0: a broker serves the page, which needs to know the port")
    if config.display.guide:
        visemes(TRIED, "en")
    speaker = open_speaker(config.speech)
    for language in VOICES:
        if speaker is not None:
            speaker.speak(TRIED, language)
    return f"{', '.join(VOICES)}, on port {config.speech.port or 'any'}"


def _hearing(config: Config) -> str:
    if not config.hearing.ask:
        return "hearing.ask: false: no microphone is opened"
    if (why := deaf_because(config.hearing)) is not None:
        return Warned(f"nobody can ask aloud: {why}; or `hearing.ask: false`")
    if config.hears_tone:
        ToneReader(config.models)
    told = ", and the tone of it" if config.hears_tone else ""
    return f"what is asked in English{told}, by the microphone {config.hearing.microphone!r}"


def _buttons(config: Config) -> str:
    pins = config.buttons
    if pins and find_spec("gpiozero") is None:
        raise UserError(f"display.buttons: {MISSING}")
    keys = config.display.keys.model_dump(exclude_none=True)
    given = [f"{name}: {key}" for name, key in keys.items()]
    given += [f"{name}: pin {pin}" for name, pin in pins.items()]
    return ", ".join(given) or "none: the screen is touched"


def _pictures(config: Config) -> str:
    words = load_words(config.display.languages[0], config.matching.catalogue)
    items = Matcher.open(config, words).catalogue  # with the operator's corrections
    named = {item.picture for item in items if item.picture}
    folder = config.display.pictures
    if folder is None and not named:
        return "the catalogue names none"
    if folder is None or not folder.is_dir():
        where = f"{folder}: no such folder" if folder else "missing"
        raise UserError(f"display.pictures: {where}; the catalogue names {len(named)} pictures")
    files = set(picture_files(folder))
    if missing := sorted(named - files):
        count = f"{len(missing)} of {len(named)}"
        raise UserError(
            f"display.pictures: {folder}: {count} pictures are missing: {_few(missing)}"
        )
    found = f"{len(named)} in {folder}"
    if spare := sorted(files - named):
        return Warned(f"{found}; no item's picture, by cell or by id: {_few(spare)}")
    return found


def _photographs(config: Config) -> str:
    folder = config.display.photographs
    if folder is None:
        return "none: the resting screen shows the streets, or hills"
    wrong = list(doubts(folder))
    for one in photographs(folder):
        try:
            picture, scale = load_scaled(one.file)
        except UserError as error:
            wrong.append(str(error))
        else:
            if picture.shape[0] * picture.shape[1] * scale**2 > MOST_PIXELS:
                wrong.append(f"{one.file}: more than {MOST_PIXELS // 10**6} megapixels: not shown")
    found = f"{len(photographs(folder))} in {folder}"
    return Warned("; ".join([found, *wrong])) if wrong else found


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _timezone(config: Config) -> str:
    place = config.place
    there = datetime.now(ZoneInfo(place.timezone))
    found = f"{place.timezone}, where it is {there:%H:%M}"
    if place.longitude is None:
        return found
    offset = there.utcoffset()
    hours = (offset.total_seconds() / 3600 if offset else 0.0) - place.longitude / 15
    apart = abs((hours + 12) % 24 - 12)
    if place.timezone in NO_PLACE:
        return Warned(
            f"place.timezone: {found}: that is no place's time; take one such as Europe/Rome"
        )
    if apart > FAR_FROM_THE_SUN_H:
        raise UserError(
            f"place.timezone: {found}: at longitude {place.longitude:g} the sun says otherwise by "
            f"{apart:.0f} hours; are place and time zone of one town?"
        )
    return found


def _clock(config: Config) -> str:
    answer = synchronised()
    if answer is False:
        raise UserError(
            "not synchronised: opening hours and TLS need the time; can a time server be reached? "
            "(`timedatectl timesync-status`)"
        )
    return "synchronised" if answer else "this system does not report whether it is synchronised"


PARTS: Mapping[str, Part] = {
    "detector": _detector,
    "models": _models,
    "catalogue": _catalogue,
    "camera": _camera,
    "broker": _broker,
    "page": _page,
    "text": _text,
    "speech": _speech,
    "hearing": _hearing,
    "buttons": _buttons,
    "pictures": _pictures,
    "photographs": _photographs,
    "timezone": _timezone,
    "clock": _clock,
}
"""What is checked, in the order of the corridor."""
