"""`wayside-tools fleet sign` and `refresh`: what kiosks are to run, and that it is the newest."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.fleet_keys import add_folders, finish, now, opened, take_in
from tools.commands.options import at_least
from tools.places import ROOT

if TYPE_CHECKING:
    from device.fleet.manifest import Manifest
    from tools.fleet.keys import Keyring
    from tools.fleet.repository import Repository


def add_parser(verbs: SubParsers) -> None:
    """Add the verbs to `wayside-tools fleet`."""
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
        "--again",
        type=at_least(1),
        metavar="N",
        help="the content of release N, as the next release",
    )
    what.add_argument(
        "--add-signature", action="store_true", help="sign code that somebody else has signed"
    )
    add_folders(sign)
    sign.add_argument("--version", default=None, metavar="TEXT", help="for people; default: today")
    sign.add_argument(
        "--alone",
        action="store_true",
        help="what the folder lacks is that of each kiosk's install, not of the rolled-out release",
    )
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
    add_folders(refresh)
    refresh.set_defaults(run=_refresh)


def _sign(arguments: argparse.Namespace) -> int:
    from device.fleet.installed import AGENT, UNITS
    from device.fleet.manifest import Needs
    from tools.fleet.packing import build, wheels
    from tools.fleet.releases import again, current, next_counter, sign_release

    repository, keys = opened(arguments)
    if arguments.add_signature:
        return _add_signature(repository, keys)
    at = now()
    if arguments.again is not None:
        manifest = again(repository, arguments.again)
    else:
        needs = Needs(
            agent=AGENT, wheels=wheels(arguments.source), units=UNITS,
            hardware=tuple(arguments.hardware),
        )  # fmt: skip
        version = arguments.version or f"{at:%Y-%m-%d}"
        counter = next_counter(repository)
        rest = None if arguments.alone else current(repository)
        manifest = build(repository, arguments.folder, counter, version, needs, rest)
    left = sign_release(repository, keys, manifest, at)
    print("\n".join(_described(repository, manifest)))
    return finish(repository, keys, left)


def _add_signature(repository: Repository, keys: Keyring) -> int:
    from tools.fleet.releases import unpublished
    from tools.fleet.signing import add_signature, waiting

    if not waiting(repository, "code"):
        raise UserError(f"{repository.folder}: no code waits for a signature")
    for manifest in unpublished(repository):
        print("\n".join(_described(repository, manifest)))
    return finish(repository, keys, add_signature(repository, keys, "code"))


def _refresh(arguments: argparse.Namespace) -> int:
    return take_in(*opened(arguments))


def _described(repository: Repository, manifest: Manifest) -> list[str]:
    """A release in words, and which files it changes against the one before."""
    from tools.fleet.releases import changes

    head = f"release {manifest.counter} ({manifest.kind}), version {manifest.version}"
    if manifest.base is not None:
        head += f", on the code of release {manifest.base}"
    size = f"files: {len(manifest.files)}, bytes: {manifest.size}"
    return [f"{head}; {size}", *(f"    {line}" for line in changes(repository, manifest))]
