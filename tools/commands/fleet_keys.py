"""`wayside-tools fleet keys`, `sign` and `refresh`: what kiosks believe."""

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
from tools.places import ROOT

if TYPE_CHECKING:
    from device.fleet.manifest import Manifest
    from tools.fleet.keys import Keyring, Passphrase
    from tools.fleet.repository import Repository

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
    _add_folders(new)
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
        _add_folders(verb)
        verb.set_defaults(run=run)
    show = keys.add_parser(
        "show",
        help="who signs what, and for how long that holds",
        description="List the roles with their keys, and when their metadata expires.",
        epilog="example: wayside-tools fleet keys show --json",
    )
    _add_folders(show)
    show.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    show.set_defaults(run=_show)

    sign = verbs.add_parser(
        "sign",
        help="a folder into a release",
        description="Sign a folder of catalogue/, models/, pictures/, device/ and overlay.yaml as "
        "the next release. Content needs one key; program code needs those of two people.",
        epilog="example: wayside-tools fleet sign release   "
        "or: wayside-tools fleet sign --add-signature --keys /media/stick",
    )
    what = sign.add_mutually_exclusive_group(required=True)
    what.add_argument("folder", type=Path, nargs="?", metavar="FOLDER")
    what.add_argument(
        "--again", type=int, metavar="N", help="the content of release N, as the next release"
    )
    what.add_argument(
        "--add-signature", action="store_true", help="sign code that somebody else has signed"
    )
    _add_folders(sign)
    sign.add_argument("--version", default=None, metavar="TEXT", help="for people; default: today")
    sign.add_argument(
        "--hardware", action="append", default=[], metavar="MACHINE",
        help="such as aarch64: only machines whose `uname -m` says so; default: any",
    )  # fmt: skip
    sign.add_argument(
        "--source", type=Path, default=ROOT, metavar="DIR",
        help="the checkout whose `make install` the kiosks ran; default: this one",
    )  # fmt: skip
    sign.set_defaults(run=_sign)

    refresh = verbs.add_parser(
        "refresh",
        help="sign that this is the newest state",
        description="A new snapshot and timestamp, which take in what is signed. Needs the online "
        "key alone, and is to be run at least monthly.",
        epilog="example: wayside-tools fleet refresh --passphrase-file online.txt",
    )
    _add_folders(refresh)
    refresh.set_defaults(run=_refresh)


def _add_folders(parser: argparse.ArgumentParser) -> None:
    add_fleet(parser)
    parser.add_argument(
        "--keys",
        type=Path,
        default=Path("keys"),
        metavar="DIR",
        help="the folder or stick of the keys; default: keys",
    )
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="with the passphrase of all keys that are used; default: ask",
    )


def _opened(
    arguments: argparse.Namespace, choose: Passphrase | None = None
) -> tuple[Repository, Keyring]:
    """The repository, and the keys at hand. choose: asks for the passphrase of a new key."""
    from tools.fleet.keys import Keyring
    from tools.fleet.repository import Repository

    known = passphrase_of(arguments)
    asked = (_ask, choose or _choose) if known is None else (lambda name: known.decode(),) * 2
    return Repository(arguments.fleet), Keyring(arguments.keys, *asked)


def _new(arguments: argparse.Namespace) -> int:
    from tools.fleet.roles import KEEP, ROLES, roles_of
    from tools.fleet.signing import create

    repository, keys = _opened(arguments, _choose_once())
    create(repository, keys, _now())
    for name, place in KEEP.items():
        signs = ", ".join(ROLES[role].signs for role in roles_of(name))
        print(f"{keys.path(name)}: signs {signs}\n    keep it {place}")
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
    repository, keys = _opened(arguments)
    left = rotate(repository, keys, arguments.name, _now())
    print(
        f"{keys.path(arguments.name)}: new; the old one is in old/ and signs nothing any more: "
        "destroy it"
    )
    return _finish(repository, keys, left)


def _renew(arguments: argparse.Namespace) -> int:
    from tools.fleet.roles import ROLES
    from tools.fleet.signing import change

    _one_of(arguments.name, [role for role in ROLES if role not in ("snapshot", "timestamp")])
    repository, keys = _opened(arguments)
    return _finish(repository, keys, change(repository, keys, arguments.name, _now()))


def _show(arguments: argparse.Namespace) -> int:
    from tools.fleet.keys import NAME
    from tools.fleet.repository import Repository
    from tools.fleet.roles import ROLES
    from tools.fleet.signing import public_keys, waiting

    repository, now = Repository(arguments.fleet), _now()
    expires = repository.expires()
    rows = [
        {
            "role": role,
            "signs": ROLES[role].signs,
            "keys": {k.unrecognized_fields[NAME]: k.keyid for k in public_keys(repository, role)},
            "version": repository.published(role).signed.version,
            "expires": f"{expires[role]:%Y-%m-%dT%H:%M:%SZ}",
            "days": (expires[role] - now).days,
            "waits_for": list(waiting(repository, role)),
        }
        for role in ROLES
    ]
    if arguments.json:
        print(json.dumps({"roles": rows}))
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
    return 0


def _sign(arguments: argparse.Namespace) -> int:
    from device.fleet.installed import AGENT, UNITS
    from device.fleet.manifest import Needs
    from tools.fleet.packing import build, wheels
    from tools.fleet.releases import again, next_counter, sign_release

    repository, keys = _opened(arguments)
    if arguments.add_signature:
        return _add_signature(repository, keys)
    now = _now()
    if arguments.again is not None:
        manifest = again(repository, arguments.again)
    else:
        needs = Needs(
            agent=AGENT, wheels=wheels(arguments.source), units=UNITS,
            hardware=tuple(arguments.hardware),
        )  # fmt: skip
        version = arguments.version or f"{now:%Y-%m-%d}"
        counter = next_counter(repository)
        manifest = build(repository, arguments.folder, counter, version, needs)
    left = sign_release(repository, keys, manifest, now)
    print("\n".join(_described(repository, manifest)))
    return _finish(repository, keys, left)


def _add_signature(repository: Repository, keys: Keyring) -> int:
    from tools.fleet.releases import unpublished
    from tools.fleet.signing import add_signature, waiting

    if not waiting(repository, "code"):
        raise UserError(f"{repository.folder}: no code waits for a signature")
    for manifest in unpublished(repository):
        print("\n".join(_described(repository, manifest)))
    return _finish(repository, keys, add_signature(repository, keys, "code"))


def _refresh(arguments: argparse.Namespace) -> int:
    return _take_in(*_opened(arguments))


def _finish(repository: Repository, keys: Keyring, left: tuple[str, ...]) -> int:
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
    return _take_in(repository, keys)


def _take_in(repository: Repository, keys: Keyring) -> int:
    from tools.fleet.signing import refresh

    for role in refresh(repository, keys, _now()):
        print(f"{role}: its newest version waits for a signature; kiosks are given the one before")
    ends = min(repository.expires().items(), key=lambda one: one[1])
    print(f"signed; {ends[0]} expires first, on {ends[1]:%Y-%m-%d}")
    return 0


def _described(repository: Repository, manifest: Manifest) -> list[str]:
    """A release in words, and which files it changes against the one before."""
    from tools.fleet.releases import changes

    head = f"release {manifest.counter} ({manifest.kind}), version {manifest.version}"
    size = f"files: {len(manifest.files)}, bytes: {manifest.size}"
    return [f"{head}; {size}", *(f"    {line}" for line in changes(repository, manifest))]


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


def _now() -> datetime:
    return datetime.now(UTC)
