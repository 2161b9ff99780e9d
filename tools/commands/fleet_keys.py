"""`wayside-tools fleet keys`: who may sign what kiosks believe."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection
from datetime import UTC, datetime
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.fleet_hub import add_fleet, passphrase_of

if TYPE_CHECKING:
    from tools.fleet.keys import Keyring, Passphrase
    from tools.fleet.repository import Repository

HERE = Path("keys")
"""Folder of the keys, where no other is named."""

WARN_DAYS = 7
"""So many days before metadata expires, `keys show` begins to warn."""


def add_parser(verbs: SubParsers) -> None:
    """Add the verbs to `wayside-tools fleet`."""
    keys = verbs.add_parser(
        "keys",
        help="who may sign what",
        description="Make, replace and show the keys of a fleet.",
        epilog="example: wayside-tools fleet keys new",
    ).add_subparsers(dest="keys_verb", required=True, metavar="VERB")
    new = keys.add_parser(
        "new",
        help="the keys of a new fleet",
        description="Make the keys of a fleet, encrypted by a passphrase, and the folder of what "
        "they sign, and say where to keep which key.",
        epilog="example: wayside-tools fleet keys new",
    )
    add_folders(new)
    new.set_defaults(run=_new)
    for name, run, line in (
        ("rotate", _rotate, "replace a key, because it may be in wrong hands or its holder leaves"),
        ("renew", _renew, "sign a role's metadata anew before they expire"),
    ):
        verb = keys.add_parser(
            name, help=line, description=line.capitalize() + ".",
            epilog=f"example: wayside-tools fleet keys {name} content",
        )  # fmt: skip
        verb.add_argument("name", metavar="KEY" if name == "rotate" else "ROLE")
        add_folders(verb)
        verb.set_defaults(run=run)
    show = keys.add_parser(
        "show",
        help="who signs what, and for how long that holds",
        description="List the roles with their keys, and when their metadata expires.",
        epilog="example: wayside-tools fleet keys show --json",
    )
    add_fleet(show)
    show.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    show.set_defaults(run=_show)


def add_folders(parser: argparse.ArgumentParser) -> None:
    """Add `--fleet`, `--keys` and `--passphrase-file`."""
    add_fleet(parser)
    parser.add_argument(
        "--keys",
        type=Path,
        metavar="DIR",
        help="a stick or another folder with keys, beside those in ./keys",
    )
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="with the passphrase of all keys that are used; default: ask",
    )


def opened(
    arguments: argparse.Namespace, choose: Passphrase | None = None
) -> tuple[Repository, Keyring]:
    """The repository, and the keys at hand.

    choose: for a new fleet: asks for its passphrases; its keys go where `--keys` says.
    """
    from tools.fleet.keys import Keyring
    from tools.fleet.repository import Repository

    known = passphrase_of(arguments)
    asked = (_ask, choose or _choose) if known is None else (lambda name: known.decode(),) * 2
    folders = [arguments.keys] if arguments.keys else []
    if choose is None or not folders:
        folders.append(HERE)
    return Repository(arguments.fleet), Keyring(folders, *asked)


def _new(arguments: argparse.Namespace) -> int:
    from tools.fleet.roles import KEEP, signs
    from tools.fleet.signing import create

    repository, keys = opened(arguments, _choose_once())
    create(repository, keys, now())
    for name, place in KEEP.items():
        print(f"{keys.path(name)}: signs {signs(name)}\n    keep it {place}")
    print(
        "Move root.pem and targets.pem away before kiosks are enrolled; about once a year they\n"
        "are needed: --keys DIR. Give code-2.pem to a second person and delete it here: whoever\n"
        "has both code keys can run any program on every kiosk.\n"
        "next: wayside-tools fleet sign FOLDER"
    )
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    from tools.fleet.roles import KEYS
    from tools.fleet.signing import rotate

    _one_of(arguments.name, KEYS)
    repository, keys = opened(arguments)
    left = rotate(repository, keys, arguments.name, now())
    print(
        f"{keys.path(arguments.name)}: new; the old one is in old/ and signs nothing any more: "
        "destroy it"
    )
    return finish(repository, keys, left)


def _renew(arguments: argparse.Namespace) -> int:
    from tools.fleet.roles import ROLES
    from tools.fleet.signing import change

    _one_of(arguments.name, [role for role in ROLES if role not in ("snapshot", "timestamp")])
    repository, keys = opened(arguments)
    return finish(repository, keys, change(repository, keys, arguments.name, now()))


def _show(arguments: argparse.Namespace) -> int:
    from tools.fleet.keys import NAME
    from tools.fleet.repository import Repository
    from tools.fleet.roles import ROLES
    from tools.fleet.signing import commanders, public_keys, waiting

    repository, at = Repository(arguments.fleet), now()
    commands = {k.unrecognized_fields[NAME]: k.keyid for k in commanders(repository)}
    expires = repository.expires()
    rows = [
        {
            "role": role,
            "signs": ROLES[role].signs,
            "keys": {k.unrecognized_fields[NAME]: k.keyid for k in public_keys(repository, role)},
            "version": repository.published(role).signed.version,
            "expires": f"{expires[role]:%Y-%m-%dT%H:%M:%SZ}",
            "days": (expires[role] - at).days,
            "waits_for": list(waiting(repository, role)),
        }
        for role in ROLES
    ]
    if arguments.json:
        print(json.dumps({"roles": rows, "commands": commands}))
        return 0
    for row in rows:
        days = row["days"]
        warning = " EXPIRED" if days < 0 else " renew it" if days < WARN_DAYS else ""
        print(
            f"{row['role']:9} {row['expires'][:10]} {days:5} days{warning}  version "
            f"{row['version']}  {', '.join(f'{n} {k[:8]}' for n, k in row['keys'].items())}"
        )
        if row["waits_for"]:
            print(f"{'':9} its newest version waits for {', '.join(row['waits_for'])}")
    for name, keyid in commands.items():
        print(f"{name:9} {'does not expire':21}  {name} {keyid[:8]}")
    return 0


def finish(repository: Repository, keys: Keyring, left: tuple[str, ...]) -> int:
    """Take in what is signed, where the online key is at hand, and say what is to be done."""
    from tools.fleet.roles import ROLES

    if left:
        print(
            f"{' and '.join(left)} still has to sign: give its holder a copy of "
            f"{repository.folder}/, to run there\n"
            "    wayside-tools fleet sign --add-signature\n"
            "and take the copy back"
        )
        return 0
    if not all(keys.has(name) for name in ROLES["timestamp"].keys):
        print("next, where the online key is: wayside-tools fleet refresh")
        return 0
    return take_in(repository, keys)


def take_in(repository: Repository, keys: Keyring) -> int:
    """Sign the newest state, and say until when it holds."""
    from tools.fleet.signing import refresh

    for role in refresh(repository, keys, now()):
        print(f"{role}: its newest version waits for a signature; kiosks are given the one before")
    ends = min(repository.expires().items(), key=lambda one: one[1])
    print(f"signed; {ends[0]} expires first, on {ends[1]:%Y-%m-%d}")
    return 0


def _one_of(name: str, names: Collection[str]) -> None:
    if name not in names:
        raise UserError(f"got {name!r}, takes one of {', '.join(names)}")


def _ask(name: str, prompt: str = "passphrase of {}.pem: ") -> str:
    try:
        return getpass(prompt.format(name))
    except EOFError:
        raise UserError(f"{name}.pem: no passphrase; give --passphrase-file") from None


def _choose(name: str) -> str:
    chosen = _ask(name, "new passphrase of {}.pem: ")
    if _ask(name, "the same again: ") != chosen:
        raise UserError(f"{name}.pem: two different passphrases; nothing was made")
    return chosen


def _choose_once() -> Passphrase:
    """Asks for one passphrase of the operator's keys, and for that of the second holder."""
    chosen: dict[bool, str] = {}

    def choose(name: str) -> str:
        from tools.fleet.keys import LEAST_PASSPHRASE

        second = name == "code-2"
        if second not in chosen:
            whose = "the second person's key" if second else "all of your keys"
            print(f"a passphrase for {whose}, of at least {LEAST_PASSPHRASE} characters")
            chosen[second] = _choose(name)
        return chosen[second]

    return choose


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
