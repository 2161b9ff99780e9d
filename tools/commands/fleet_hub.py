"""`wayside-tools fleet hub`, `enrol`, `revoke` and `enrolled`: who may connect to the hub."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from device.fleet.enrolment import WARN_DAYS
from tools.commands.options import at_least


def add_parser(verbs: SubParsers) -> None:
    """Add the verbs to `wayside-tools fleet`."""
    hub = verbs.add_parser(
        "hub", help="make a hub", description="Make the hub of a fleet."
    ).add_subparsers(dest="hub_verb", required=True, metavar="VERB")
    new = hub.add_parser(
        "new",
        help="certificates and configuration of a new hub",
        description="Make a folder with the authority of a fleet, the operator's certificate, and "
        "server/, which makes another machine the hub.",
        epilog="example: wayside-tools fleet hub new hub hub.example.org 203.0.113.7",
    )
    new.add_argument("folder", type=Path, metavar="DIR")
    new.add_argument("hosts", nargs="+", metavar="HOST", help="what kiosks may connect to")
    new.add_argument("--port", type=at_least(1, 65535), default=8883)
    new.add_argument(
        "--nodes", nargs="+", default=[], metavar="NAME",
        help="host names of the three machines of a NATS cluster, for more than about 5,000 kiosks",
    )  # fmt: skip
    add_passphrase(new)
    new.set_defaults(run=_new)

    enrol = verbs.add_parser(
        "enrol",
        help="a kiosk's certificate, in one file",
        description="Certify a kiosk and write the one file to put on it.",
        epilog="example: wayside-tools fleet enrol helsinki kiosk-1",
    )
    add_kiosk(enrol)
    add_fleet(enrol)
    enrol.add_argument("--renew", action="store_true", help="a new certificate for an enrolled one")
    enrol.set_defaults(run=_enrol)

    revoke = verbs.add_parser(
        "revoke",
        help="take a kiosk's certificates away",
        description="Revoke all certificates of a kiosk. The hub must be restarted: a connection "
        "that is open outlives a list that is only read again.",
        epilog="example: wayside-tools fleet revoke helsinki kiosk-1",
    )
    add_kiosk(revoke)
    revoke.set_defaults(run=_revoke)

    enrolled = verbs.add_parser(
        "enrolled",
        help="which kiosks have a certificate, and until when",
        description="List the kiosks with a certificate, those that end first on top.",
        epilog="example: wayside-tools fleet enrolled --hub hub",
    )
    add_hub(enrolled)
    add_passphrase(enrolled)
    enrolled.set_defaults(run=_enrolled)


def add_hub(parser: argparse.ArgumentParser) -> None:
    """Add `--hub`."""
    parser.add_argument(
        "--hub",
        type=Path,
        default=Path("hub"),
        metavar="DIR",
        help="the folder that `fleet hub new` has made; default: hub",
    )


def add_fleet(parser: argparse.ArgumentParser) -> None:
    """Add `--fleet`."""
    parser.add_argument(
        "--fleet",
        type=Path,
        default=Path("fleet"),
        metavar="DIR",
        help="the folder of signed releases that `fleet keys new` has made; default: fleet",
    )


def add_kiosk(parser: argparse.ArgumentParser) -> None:
    """Add SITE, KIOSK, `--hub` and `--passphrase-file`."""
    parser.add_argument("site", metavar="SITE")
    parser.add_argument("kiosk", metavar="KIOSK")
    add_hub(parser)
    add_passphrase(parser)


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """Add `--passphrase-file`."""
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="with the passphrase of ca.key"
    )


def passphrase_of(arguments: argparse.Namespace) -> bytes | None:
    """What `--passphrase-file` names; None: no passphrase.

    Raises:
        UserError: the file cannot be read, or is empty.
    """
    if arguments.passphrase_file is None:
        return None
    try:
        words = arguments.passphrase_file.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise UserError(
            f"--passphrase-file: {arguments.passphrase_file}: {error.strerror}"
        ) from None
    if not words:
        raise UserError(f"--passphrase-file: {arguments.passphrase_file}: is empty")
    return bytes(words)


def _new(arguments: argparse.Namespace) -> int:
    from tools.fleet.hub import new_hub

    folder, nodes = arguments.folder, arguments.nodes
    new_hub(folder, arguments.hosts, arguments.port, passphrase_of(arguments), nodes)
    where = f"each of {', '.join(nodes)}" if nodes else "the hub's machine"
    print(
        f"{folder}/server: copy it to {where} and run `sudo ./install.sh` there\n"
        f"{folder}/ca.key: whoever has it can be any kiosk; keep one copy elsewhere\n"
        f"{folder}/hub.yaml: if the hub is another machine, put ssh before its commands\n"
        "next: wayside-tools fleet enrol SITE KIOSK --hub " + str(folder)
    )
    return 0


def _enrol(arguments: argparse.Namespace) -> int:
    from tools.fleet.enrol import enrol, root_of
    from tools.fleet.hub import Hub

    hub = Hub.open(arguments.hub)
    authority = hub.authority(passphrase_of(arguments))
    root = root_of(arguments.fleet)
    path = enrol(hub, authority, arguments.site, arguments.kiosk, root=root, renew=arguments.renew)
    if hub.settings.nodes:
        hub.write_access()
        if hub.settings.restart is None:
            print(
                f"copy {hub.folder}/server/users.conf to the nodes as /etc/wayside-hub/users.conf"
            )
        else:
            print(f"telling the nodes who may connect: {hub.settings.restart}")
            hub.command(hub.settings.restart)
    if not root:
        print(f"{arguments.fleet}: holds no signed root: this kiosk will take no releases")
    print(
        f"{path}: copy it to the kiosk and run there\n"
        f"    sudo wayside-enrol {path.name} && sudo systemctl restart wayside-agent\n"
        "then delete both copies: it holds the kiosk's private key"
    )
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    from tools.fleet.certificates import common_name
    from tools.fleet.hub import HUB_FILE, Hub

    hub = Hub.open(arguments.hub)
    name = common_name(arguments.site, arguments.kiosk)
    count = hub.authority(passphrase_of(arguments)).revoke(name)
    hub.write_access()
    print(f"{name}: revoked {count} certificate(s)")
    if hub.settings.nodes and hub.settings.restart is None:
        print(
            f"copy {hub.folder}/server/users.conf to the nodes as /etc/wayside-hub/users.conf and "
            "reload them, which ends its connection"
        )
        return 0
    if hub.settings.restart is None:
        print(
            f"copy {hub.folder}/server/crl.pem to the hub as /etc/wayside-hub/crl.pem and restart "
            "it: connections that are open outlive a reload"
        )
        return 0
    if hub.settings.nodes:
        print(f"telling the nodes, which end its connection: {hub.settings.restart}")
    else:
        print(
            f"restarting the hub, since open connections outlive a reload: {hub.settings.restart}"
        )
    try:
        hub.command(hub.settings.restart)
    except UserError as error:
        raise UserError(
            f"{error}; until that is done, {name} stays connected ({HUB_FILE})"
        ) from None
    return 0


def _enrolled(arguments: argparse.Namespace) -> int:
    from tools.fleet.hub import Hub

    enrolled = Hub.open(arguments.hub).authority(passphrase_of(arguments)).enrolled()
    now = datetime.now(UTC)
    for name, ends in sorted(enrolled.items(), key=lambda one: one[1]):
        days = (ends - now).days
        warning = "  ended" if ends < now else "  renew it" if days < WARN_DAYS else ""
        print(f"{name:40} {ends:%Y-%m-%d} {days:5} days{warning}")
    return 0
