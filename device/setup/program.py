"""One opening of the set-up page, from its start to its end.

It opens the page on the local network for a quarter of an hour and shows its address and code on
the kiosk's screen. Guarantees: it changes nothing itself but the Wi-Fi; what is to be set it leaves
in its folder, for root; when it ends, whatever the reason, the port is closed. A kiosk that nobody
has set up yet does not start without answers: the screen then says how to open the page again.
"""

from __future__ import annotations

import math
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from device.catalogue.network import Network
from device.catalogue.store import Catalogue, read_footways
from device.config import load_config
from device.errors import UserError
from device.setup import answers, places, wifi
from device.setup.certificate import server_context
from device.setup.door import Door
from device.setup.screen import PORT as SCREEN_PORT
from device.setup.screen import ScreenServer
from device.setup.server import PORT, SetupServer
from device.upkeep.notify import Notifier
from device.words.table import LANGUAGES

SCREEN, CAMERA = "screen", "camera"
"""Files in the folder that are there while the screen shows the set-up, and while the camera test
is wanted (systemd/wayside-preview.path)."""

FIRST, ENROLLED, UNWRITABLE = "first", "enrolled", "unwritable"
"""Files in the folder that tell what this program cannot see (systemd/begin-setup)."""

CERTIFIED = ("site", "kiosk")
"""Keys that an enrolled kiosk's certificate has fixed."""

FAREWELL_S = 5
"""Seconds that the screen says how it ended."""

PREVIEW = "http://127.0.0.1:8090/"


class Setup:
    """One opening of the set-up page: what it knows, and what its paths do."""

    def __init__(self, config_file: Path, folder: Path, door: Door) -> None:
        """folder: in memory, this program's own.

        Raises:
            UserError: the configuration cannot be read.
        """
        self._config_file, self._folder, self.door = config_file, folder, door
        self._config = load_config(config_file)
        self.ended = threading.Event()
        self.saved = False
        self.first = (folder / FIRST).exists()
        """Whether nobody has set this kiosk up yet."""
        self._fixed = CERTIFIED if (folder / ENROLLED).exists() else ()
        chosen = self._config.display.languages
        others = [one for one in LANGUAGES if one not in chosen] if self.first else []
        self._languages = (*chosen, *others)
        self.fingerprint = self.address = ""
        self._table: Catalogue | None = None
        self._ways: Network | None = None
        with suppress(UserError, OSError, ValueError):  # a kiosk without a table can be set up too
            self._table = Catalogue.open(self._config.matching.catalogue)
            self._ways = read_footways(self._config.matching.catalogue)

    @property
    def reads(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """What GET of a path does."""
        return {
            "/settings": self._settings,
            "/places": self._places,
            "/streets": self._streets,
            "/networks": self._networks,
            "/left": self._left,
        }

    @property
    def changes(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """What POST of a path does."""
        return {"/save": self._save, "/join": self._join, "/camera": self._camera}

    def state(self) -> dict[str, Any]:
        """What the screen shows."""
        if not self.door.who:  # nobody is there to end the camera test
            (self._folder / CAMERA).unlink(missing_ok=True)
        return {
            "address": self.address,
            "code": self.door.code,
            "who": self.door.who,
            "minutes": math.ceil(self.door.left_s / 60),
            "fingerprint": self.fingerprint,
            "camera": PREVIEW if (self._folder / CAMERA).exists() else "",
            "saved": self.saved,
            "first": self.first,
            "languages": self._languages,
        }

    def _settings(self, query: Mapping[str, Any]) -> dict[str, Any]:
        towns = places.towns()
        return {
            "settings": answers.now(self._config),
            "timezones": sorted({town.timezone for town in towns}),
            "countries": sorted({town.country for town in towns if town.country}),
            "network": self._network(),
            "fixed": self._fixed,
        }

    def _places(self, query: Mapping[str, Any]) -> dict[str, Any]:
        found = places.search(str(query.get("q", ""))[:200], self._table or ())
        return {"found": [asdict(place) for place in found]}

    def _streets(self, query: Mapping[str, Any]) -> dict[str, Any]:
        try:
            latitude, longitude = float(query["latitude"]), float(query["longitude"])
        except (KeyError, ValueError):
            raise UserError("the map: takes latitude and longitude") from None
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            raise UserError("the map: takes degrees")
        return places.streets(self._ways, latitude, longitude)

    def _networks(self, query: Mapping[str, Any]) -> dict[str, Any]:
        found = wifi.networks()
        wifi.scan()  # for the next time
        return {"networks": [{"ssid": one.ssid, "bars": one.bars} for one in found]}

    def _left(self, query: Mapping[str, Any]) -> dict[str, Any]:
        return {"minutes": math.ceil(self.door.left_s / 60)}

    def _join(self, body: Mapping[str, Any]) -> dict[str, Any]:
        wifi.join(str(body.get("ssid", "")), str(body.get("passphrase", "")))
        return {"network": self._network()}

    def _camera(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if body.get("on"):
            (self._folder / CAMERA).touch()
        else:
            (self._folder / CAMERA).unlink(missing_ok=True)
        return {}

    def _save(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if (self._folder / UNWRITABLE).exists():
            raise UserError(
                "this kiosk's disk is read-only, so nothing can be saved; make it writable first "
                "(sudo raspi-config, Performance, Overlay File System)"
            )
        changed = answers.checked(self._config_file, body)
        for key in self._fixed:
            if key in changed:
                raise UserError(f"{key}: this kiosk's certificate has fixed it; enrol it anew")
        answers.leave(changed, self._folder)
        self.saved = True
        self.ended.set()
        return {}

    def _network(self) -> str:
        return ", ".join(filter(None, (wifi.current(), urlsplit(self.address).netloc)))


def local_address() -> str:
    """The kiosk's address in the network that leads out; empty: it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; the address is for documentation
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def serve(
    setup: Setup,
    stop: threading.Event,
    folder: Path,
    *,
    host: str = "0.0.0.0",
    port: int = PORT,
    address: Callable[[], str] = local_address,
    screen_port: int = SCREEN_PORT,
    notifier: Notifier | None = None,
) -> None:
    """Keep the page open until it is used, its time is over, or `stop` is set.

    host: the address to listen at. address: where the page can be reached; when that changes, since
    a Wi-Fi was joined, whoever is in comes in anew by the next code.
    """
    name = f"{socket.gethostname()}.local"
    own = address()
    context, setup.fingerprint = server_context([one for one in (own, name) if one], folder)
    server = SetupServer(
        setup.door, context, reads=setup.reads, changes=setup.changes, names=(name,),
        host=host, port=port,
    )  # fmt: skip
    screen = ScreenServer(setup.state, screen_port)
    port = server.start()
    try:
        screen.start()
        (folder / SCREEN).write_text(screen.address, encoding="utf-8")
        if notifier:
            notifier.ready("open")
        while not stop.is_set() and setup.door.left_s:
            if (now := address()) and now != own:
                own = now
                setup.door.leave()
            setup.address = f"https://{own}:{port}/" if now else ""
            if setup.ended.wait(1):
                break
        server.stop()
        stop.wait(None if setup.first and not setup.saved else FAREWELL_S)
    finally:
        server.stop()
        screen.stop()
        (folder / CAMERA).unlink(missing_ok=True)
        (folder / SCREEN).unlink(missing_ok=True)
