"""`wayside-tools fleet exporter` and `homeassistant`: the kiosks where operators look already."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

from device.commands.command_line import SubParsers
from tools.commands.fleet_hub import add_hub
from tools.commands.options import at_least

PORT = 9464
TURN_S = 1.0


def add_parser(verbs: SubParsers) -> None:
    """Add the verbs to `wayside-tools fleet`."""
    exporter = verbs.add_parser(
        "exporter",
        help="the table of `watch` for Prometheus",
        description="Answer Prometheus with the table of `watch`, until Ctrl-C. Alert rules are in "
        "docs/fleet/alerts.yaml.",
        epilog="example: wayside-tools fleet exporter --hub hub",
    )
    add_hub(exporter)
    exporter.add_argument(
        "--address", default="127.0.0.1", metavar="HOST", help="to listen on; default: loopback"
    )
    exporter.add_argument("--port", type=at_least(0, 65535), default=PORT, help=f"default: {PORT}")
    exporter.add_argument("--seconds", type=at_least(1), metavar="N", help="stop after this time")
    exporter.set_defaults(run=_exporter)

    home = verbs.add_parser(
        "homeassistant",
        help="the kiosks as devices of Home Assistant",
        description="Announce all enrolled kiosks to Home Assistant, and say how it connects to "
        "the hub. Run it again when a kiosk has been enrolled or revoked.",
        epilog="example: wayside-tools fleet homeassistant --hub hub",
    )
    add_hub(home)
    home.add_argument("--remove", action="store_true", help="take all kiosks away again")
    home.set_defaults(run=_home)


def _exporter(arguments: argparse.Namespace) -> int:
    from tools.fleet.certificates import EXPORTER
    from tools.fleet.exporter import Exporter, served
    from tools.fleet.hub import Hub
    from tools.fleet.table import Table
    from tools.fleet.watcher import Watcher

    hub = Hub.open(arguments.hub)
    exporter = Exporter(Table(hub.enrolled()))
    ends = time.monotonic() + (arguments.seconds or float("inf"))
    try:
        with Watcher(hub, EXPORTER) as watcher:
            messages = watcher.settle()
            with served(exporter, arguments.address, arguments.port) as port:
                print(f"http://{arguments.address}:{port}/metrics", flush=True)
                while time.monotonic() < ends:
                    for message in messages:
                        exporter.hear(message, datetime.now(UTC))
                    exporter.connected = watcher.connected
                    messages = watcher.messages(min(TURN_S, max(0.0, ends - time.monotonic())))
    except KeyboardInterrupt:
        pass
    return 0


def _home(arguments: argparse.Namespace) -> int:
    from tools.fleet.connection import operator_connection
    from tools.fleet.homeassistant import announce
    from tools.fleet.hub import Hub

    hub = Hub.open(arguments.hub)
    names = [] if arguments.remove else sorted(hub.enrolled())
    with operator_connection(hub) as connection:
        gone = announce(connection, names)
    folder = hub.folder
    print(f"{len(names)} kiosks announced, {gone} taken away")
    if names:
        print(
            "in Home Assistant: Settings, Devices, Add integration, MQTT, with advanced options\n"
            f"    broker {hub.settings.host}, port {hub.settings.port}\n"
            f"    client certificate {folder}/homeassistant.pem and .key, CA {folder}/ca.pem"
        )
    return 0
