"""A kiosk of a fleet on this machine, without root and without systemd: for demonstrations, tests.

Guard, agent, kiosk and embedded broker are the real ones, each in a process as its service runs it.
`turn` does what systemd does: it starts what has ended, and switches when the guard or the agent
asks for it (systemd/wayside-switch.path). In the place of a browser is `StandInPage`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import yaml
from paho.mqtt.enums import CallbackAPIVersion

from device.fleet import guard
from device.fleet.disk import Disk
from device.fleet.enrolment import install
from device.fleet.installed import Installed
from device.fleet.states import Journal, State
from tools.fleet.local_hub import LOOPBACK, free_port
from tools.places import ROOT

RESTART_S = 2.0
"""Until a program that has ended is started again."""

STOP_S = 10.0

FPS = 5
"""Frames a second: several kiosks share this machine."""

KEEPALIVE_S = 15


def make_factory(folder: Path) -> Path:
    """A factory's release made of links to this checkout, with the Python that runs this."""
    folder.mkdir(parents=True)
    for name in ("device", "models", "catalogue"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


class LocalKiosk:
    """One kiosk in a folder. `start` starts it, `turn` looks after it, `stop` ends it."""

    def __init__(self, folder: Path, enrolment: Path, factory: Path, wheels: str) -> None:
        """enrolment: the file of `fleet enrol`. wheels: of the packages that releases may need.

        Raises:
            UserError: the enrolment cannot be used.
        """
        self._folder, self._factory = folder, factory
        folder.mkdir(parents=True)
        self.fleet = folder / "fleet"
        enrolled = install(enrolment, folder / "etc")
        self.name = f"{enrolled.site}/{enrolled.kiosk}"
        broker, web, page = free_port(), free_port(), free_port()
        self._installed = folder / "installed.json"
        self._installed.write_bytes(guard.seal(asdict(Installed(wheels))))
        config = {
            "site": enrolled.site,
            "kiosk": enrolled.kiosk,
            "state": str(folder / "state"),
            "camera": {"fps": FPS},
            "mqtt": {"port": broker, "websocket_port": web},
            "display": {"port": page},
            "speech": {"output": "never"},
            "upkeep": {"health_every_s": 5},
        }
        self._config = folder / "etc" / "config.yaml"
        self._config.write_text(yaml.safe_dump(config), encoding="utf-8")
        self._agent = folder / "etc" / "agent.yaml"
        settings = yaml.safe_load(self._agent.read_text(encoding="utf-8"))
        settings["own"] = {
            "broker": LOOPBACK,
            "port": broker,
            "reconnect_first_s": 0.2,
            "reconnect_longest_s": 2.0,
        }
        settings["mqtt"]["keepalive_s"] = KEEPALIVE_S
        settings["folder"] = str(self.fleet)
        self._agent.write_text(yaml.safe_dump(settings), encoding="utf-8")
        self._page = StandInPage(broker, f"http://{LOOPBACK}:{page}/")
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._again: dict[str, float] = {}
        self._switched: int | None = None

    @property
    def state(self) -> State:
        """What the agent's journal says."""
        return Journal(self.fleet, Disk()).state

    def start(self) -> None:
        """Start agent, kiosk and page."""
        self.fleet.mkdir(exist_ok=True)
        for name in ("agent", "kiosk"):
            self._start(name)
        self._page.start()

    def turn(self) -> None:
        """Start again what has ended, and switch where that is asked for."""
        for name, process in tuple(self._processes.items()):
            if process.poll() is not None:
                due = self._again.setdefault(name, time.monotonic() + RESTART_S)
                if time.monotonic() >= due:
                    self._start(name)
        with suppress(OSError):
            asked = (self.fleet / guard.SWITCH).stat().st_mtime_ns
            if asked != self._switched:
                self._switched = asked
                self._end("kiosk")
                self._start("kiosk")

    def stop(self) -> None:
        """End everything."""
        self._page.stop()
        for name in tuple(self._processes):
            self._end(name)

    def _start(self, name: str) -> None:
        self._again.pop(name, None)
        release: list[str | Path] = ["--installed", self._installed, "--factory", self._factory]
        program: list[str | Path]
        if name == "agent":
            program = ["-m", "device.fleet.agent", "--config", self._agent, *release]
        else:
            kiosk: list[str | Path] = [
                "device",
                "run",
                "--config",
                self._config,
                "--source",
                "demo",
            ]
            program = [guard.__file__, "--folder", self.fleet, *release, "start", *kiosk]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, *program],
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _end(self, name: str) -> None:
        process = self._processes.pop(name, None)
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class StandInPage:
    """Answers as the page in a browser does: it loads what the kiosk serves, and says by which
    release that is and what it shows."""

    def __init__(self, port: int, address: str) -> None:
        """port: of the kiosk's broker. address: of its page."""
        self._port, self._address = port, address
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="page", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Close the page."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(0.5):
            with suppress(OSError, ValueError, KeyError):
                self._show()

    def _show(self) -> None:
        """One connection, until it ends."""
        client = paho.Client(
            CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311, reconnect_on_failure=False
        )
        client.connect(LOOPBACK, self._port)
        settings = self._loaded()
        root, release = settings["root"], settings["release"]

        def on_connect(client: paho.Client, *_: Any) -> None:
            client.subscribe(f"{root}/suggestions", 1)

        def on_message(client: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
            if message.topic != f"{root}/suggestions":
                return  # the embedded broker was seen to send the retained `status` too
            screen = json.loads(message.payload)
            beat = {"state": screen["state"], "serial": screen["serial"], "shows_notice": True}
            client.publish(f"{root}/display", json.dumps(beat | {"release": release}))

        client.on_connect, client.on_message = on_connect, on_message
        while not self._stopping.is_set() and client.loop(0.5) == paho.MQTT_ERR_SUCCESS:
            pass
        client.disconnect()

    def _loaded(self) -> dict[str, Any]:
        """The settings that the page loads; the page itself is loaded too."""
        for name in ("", "page.js"):
            urllib.request.urlopen(self._address + name, timeout=5).close()
        with urllib.request.urlopen(self._address + "settings.js", timeout=5) as answer:
            text = answer.read().decode()
        settings: dict[str, Any] = json.loads(text.partition("= ")[2].rstrip(";\n"))
        return settings
