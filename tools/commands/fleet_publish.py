"""`wayside-tools fleet publish`: signed releases onto the hub, where kiosks fetch them."""

from __future__ import annotations

import argparse

from device.commands.command_line import SubParsers
from device.commands.progress import Progress
from tools.commands.fleet_hub import add_fleet, add_hub


def add_parser(verbs: SubParsers) -> None:
    """Add the verb to `wayside-tools fleet`."""
    parser = verbs.add_parser(
        "publish",
        help="signed releases onto the hub",
        description="Put what is signed on the hub: content first, each part read back, and then "
        "the metadata that lead kiosks to it.",
        epilog="example: wayside-tools fleet publish --fleet fleet --hub hub",
    )
    add_fleet(parser)
    add_hub(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--refresh", action="store_true", help="the metadata alone, such as a new timestamp"
    )
    what.add_argument(
        "--repair", action="store_true", help="send again what the hub has lost or changed"
    )
    parser.add_argument(
        "--prune", action="store_true", help="then remove what no release needs any more"
    )
    parser.set_defaults(run=_publish)


def _publish(arguments: argparse.Namespace) -> int:
    from tools.fleet import publish as publishing
    from tools.fleet.connection import operator_connection
    from tools.fleet.hub import Hub
    from tools.fleet.repository import Repository

    hub, repository = Hub.open(arguments.hub), Repository(arguments.fleet)
    bar = Progress("publish")
    with operator_connection(hub) as connection:
        if arguments.refresh:
            publishing.refresh(repository, connection)
            print("published the metadata")
        else:
            try:
                done = publishing.publish(
                    repository,
                    connection,
                    repair=arguments.repair,
                    progress=lambda _what, count, total: bar.show(count, total),
                )
            finally:
                bar.clear()
            print(
                f"published {done.written} of {done.parts} parts ({done.bytes / 1e6:.1f} MB), and "
                "the metadata; all of it was read back"
            )
        if arguments.prune:
            print(f"removed {publishing.prune(repository, connection)} parts")
        if hub.settings.save:
            hub.command(hub.settings.save)
            for _ in range(2):  # Mosquitto saves at the end of the turn after the signal
                connection.settle()
            print("the hub has been told to save")
        else:
            print("hub.yaml names no `save`: the hub saves within a minute")
    return 0
