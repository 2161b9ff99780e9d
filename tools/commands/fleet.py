"""`wayside-tools fleet`: one hub, many kiosks. Each group of its verbs is a module `fleet_*.py`."""

from __future__ import annotations

from importlib import import_module

from device.commands.command_line import SubParsers

GROUPS = (
    "fleet_hub", "fleet_keys", "fleet_sign", "fleet_publish", "fleet_rollout", "fleet_watch",
    "fleet_command", "fleet_seen", "fleet_simulate", "fleet_bench", "fleet_demo",
)  # fmt: skip


def add_parser(verbs: SubParsers) -> None:
    """Add the command and its own verbs."""
    subparsers = verbs.add_parser(
        "fleet",
        help="a hub, certificates and releases for many kiosks",
        description="Look after a fleet of kiosks from one laptop, over MQTT.",
        epilog="example: wayside-tools fleet hub new hub hub.example.org",
    ).add_subparsers(dest="fleet_verb", required=True, metavar="VERB")
    for group in GROUPS:
        import_module(f"tools.commands.{group}").add_parser(subparsers)
