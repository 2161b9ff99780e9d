"""What `wayside check` asks of an installed kiosk, beside the parts that every kiosk needs.

Each part is a function of the configuration, as in `check.py`. They read the machine's state and
change nothing.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from device.commands.verdict import Part, Warned
from device.config import Config
from device.errors import UserError
from device.fleet.settings import FILE as AGENT
from device.fleet.settings import load_settings
from device.messaging.messages import Display
from device.messaging.payloads import decode
from device.messaging.probe import hear
from device.messaging.topics import Topics
from device.release import running
from device.session.awake import Awake

RELEASES = Path("/opt/wayside/releases")
"""Where `make install` puts each release."""

SERVICES = ("wayside-broker", "wayside", "wayside-display")

DEFAULT_NAME = "kiosk-1"
"""The name in the shipped example: of two kiosks that keep it, each disconnects the other."""

HEARTBEAT_S = 8.0
"""Longest wait for a heartbeat of the page, which sends one every three seconds."""

LEAST_FREE_MB = 800
"""Room for a release with new packages: those of a kiosk take some 650 MB."""

SCRIPTS = {
    "Chinese": ":lang=zh-cn",
    "Japanese": ":lang=ja",
    "Korean": ":lang=ko",
    "Thai": ":lang=th",
    "Devanagari": ":lang=hi",
    "Arabic": ":lang=ar",
    "Hebrew": ":lang=he",
    "emoji": ":lang=und-zsye",
}
"""Fontconfig's patterns of the scripts that a title may have."""


def is_installed(factory: Path | None = None, releases: Path = RELEASES) -> bool:
    """Whether this program is an installed release, or one of the fleet on an installed kiosk."""
    return (factory or running().factory).resolve().is_relative_to(releases)


def demo(installed: bool) -> Warned:
    """The camera is `auto` and there is none.

    Raises:
        UserError: at an installed kiosk, where the demo is no use to visitors.
    """
    found = "camera.source: auto: no camera found, so the kiosk plays the demo; is it plugged in?"
    if installed:
        raise UserError(f"{found} `wayside check --cameras` lists those that are")
    return Warned(found)


def name(config: Config, agent: Path = AGENT) -> str:
    """The kiosk has a name of its own, and the same in its fleet. agent: says which."""
    if config.kiosk == DEFAULT_NAME:
        raise UserError(
            f"kiosk: {DEFAULT_NAME} is the example's name; each kiosk needs its own, since two of "
            "one name disconnect each other; `kiosk: auto` gives it one"
        )
    found = f"{config.site}/{config.kiosk}"
    enrolled = _enrolled(agent)
    if enrolled not in (None, found):
        raise UserError(
            f"site, kiosk: {found}, and in its fleet it is {enrolled} ({agent}): what it says "
            "would not reach the hub; give it the same two names"
        )
    return found


def _enrolled(agent: Path) -> str | None:
    """The kiosk's name in its fleet; None: it is in none, or the file is not for this user."""
    try:
        settings = load_settings(agent)
    except UserError:
        return None
    return f"{settings.site}/{settings.kiosk}" if settings.mqtt else None


def operator(config: Config) -> str:
    """The notice says who answers for the kiosk, and how to reach them."""
    given = config.operator.model_dump()
    if empty := [f"operator.{key}" for key, value in given.items() if not value]:
        raise UserError(
            f"{' and '.join(empty)}: the notice must name who answers for the kiosk and how to "
            "reach them"
        )
    return ", ".join(given.values())


def release(config: Config) -> str:
    """The release that runs brings its own models and catalogue."""
    own, defaults = running(), Config()
    found = {
        "models": (config.models, defaults.models),
        "matching.catalogue": (config.matching.catalogue, defaults.matching.catalogue),
        "matching.rules": (config.matching.rules, defaults.matching.rules),
    }
    if config.matching.sources is not None:  # then the kiosk makes its own table
        del found["matching.catalogue"]
    kept = [key for key, (path, default) in found.items() if path != own.file(str(default))]
    if kept:
        return Warned(
            f"{own.name}; {', '.join(kept)} set in the configuration: no release changes that"
        )
    return own.name


def services(config: Config, systemctl: str = "systemctl") -> str:
    """The broker, the kiosk and its screen are running."""
    states = _said(systemctl, "is-active", *SERVICES).split()
    if len(states) != len(SERVICES):
        raise UserError("systemd does not report the state of the services")
    stopped = [f"{name} is {state}" for name, state in zip(SERVICES, states, strict=True)]
    stopped = [text for text in stopped if not text.endswith(" is active")]
    if stopped:
        which = stopped[0].partition(" ")[0]
        raise UserError(f"{', '.join(stopped)}; see `systemctl status {which}`")
    return ", ".join(SERVICES)


def screen(config: Config, within_s: float = HEARTBEAT_S) -> str:
    """The page on the screen sends heartbeats, and shows the notice."""
    payload = hear(config.mqtt, Topics(config.site, config.kiosk).topic("display"), within_s)
    if payload is None:
        raise UserError(
            f"the page has sent no heartbeat for {within_s:.0f} s; does the screen show it? "
            "(`systemctl status wayside-display`)"
        )
    page = decode(Display, payload)
    if page is None:
        raise UserError("the page's heartbeat cannot be read; is it of another release?")
    now = datetime.now(ZoneInfo(config.place.timezone))
    if not page.shows_notice and not Awake(config.display.hours, config.place).at(now):
        return "the page is alive; the screen is off now (display.hours)"
    if not page.shows_notice:
        raise UserError("the page does not show the notice, so the camera stays closed")
    return "the page is alive and shows the notice"


def fonts(config: Config, fc_list: str = "fc-list") -> str:
    """There is a font for every script that a title may have."""
    missing = [script for script, pattern in SCRIPTS.items() if not _said(fc_list, pattern)]
    if missing:
        raise UserError(f"no font for {', '.join(missing)}: `make install` brings them")
    return ", ".join(SCRIPTS)


def disk(config: Config, folder: Path = RELEASES, least_mb: int = LEAST_FREE_MB) -> str:
    """There is room for another release."""
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < least_mb:
        return Warned(f"{free_mb} MB free in {folder}; a new release may need {least_mb} MB")
    return f"{free_mb} MB free"


def _said(*command: str) -> str:
    """What a command prints, whatever its exit code.

    Raises:
        UserError: it cannot be run, or does not end.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        raise UserError(f"`{command[0]}` cannot be run on this machine") from None
    return done.stdout.strip()


INSTALLED: Mapping[str, Part] = {
    "name": name,
    "operator": operator,
    "release": release,
    "services": services,
    "screen": screen,
    "fonts": fonts,
    "disk": disk,
}
"""What is checked last on an installed kiosk."""
