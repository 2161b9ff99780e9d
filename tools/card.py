"""A card that becomes a kiosk by itself: what is put onto its boot partition.

Raspberry Pi Imager writes the card, with a user and a network. This adds a folder with the program
and a script (systemd/firstboot/), and one line to what the Imager has left for the first start:
`firstrun.sh`, or the `user-data` of cloud-init. Guarantees: it changes nothing before it has
checked all, and writing a card twice is as good as once.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import yaml

from device.errors import UserError
from device.fleet.enrolment import Enrolment
from device.setup.answers import ANSWERS
from device.typed_yaml import read_yaml

FOLDER = "wayside"
"""On the boot partition."""

SOURCES = ("LICENSE", "device", "systemd", "docs", "catalogue", "models", "requirements",
           "config.yaml", "pyproject.toml")  # fmt: skip
"""What `systemd/install.sh` installs from, and installs."""

MOUNTED = "/boot/firmware"
"""Where Raspberry Pi OS has the boot partition from version 12 on."""

HOOK = f'sh "$(dirname "$0")/{FOLDER}/plant"  # Wayside\n'
"""The line of firstrun.sh, which may be below /boot or /boot/firmware."""

COMMAND = ["sh", f"{MOUNTED}/{FOLDER}/plant", "now"]
"""The line of cloud-init."""

SPARE_BYTES = 8_000_000
"""That must be free besides what is written."""


def prepare(boot: Path, sources: Path, enrolment: Path | None = None) -> list[str]:
    """Put the folder onto a mounted boot partition; which files of it were written or changed.

    sources: a checkout of this project.

    Raises:
        UserError: this is no boot partition of a card that the Imager has customised, it is full,
            or the enrolment has a mistake.
    """
    if not (boot / "cmdline.txt").is_file():
        raise UserError(
            f"{boot}: has no cmdline.txt; takes the boot partition of a card that Raspberry Pi "
            "Imager has written, such as /media/me/bootfs"
        )
    enrolled = read_yaml(enrolment, Enrolment, named_by="--enrolment") if enrolment else None
    hooks = _hooked(boot)
    folder, new = boot / FOLDER, boot / f"{FOLDER}.new"
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        _pack(sources, new / "wayside.tar.gz")
        if shutil.disk_usage(boot).free < SPARE_BYTES:
            raise UserError(f"{boot}: is full")
        for file in (sources / "systemd" / "firstboot").iterdir():
            shutil.copyfile(file, new / file.name)
        if enrolment and enrolled:
            shutil.copyfile(enrolment, new / "enrolment.yaml")
            names = {"site": enrolled.site, "kiosk": enrolled.kiosk}
            (new / ANSWERS).write_text(json.dumps(names), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
        for file, text in hooks.items():
            file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UserError(f"{error.filename or boot}: {error.strerror}") from None
    finally:
        shutil.rmtree(new, ignore_errors=True)
    written = [f"{FOLDER}/{file.name}" for file in sorted(folder.iterdir())]
    return [*written, *(file.name for file in hooks)]


def _hooked(boot: Path) -> dict[Path, str]:
    """The files of the Imager with the line that calls `plant`."""
    found = {}
    firstrun, user_data = boot / "firstrun.sh", boot / "user-data"
    if firstrun.is_file():
        found[firstrun] = _with_hook(firstrun.read_text(encoding="utf-8"))
    if user_data.is_file() and (text := _with_command(user_data)):
        found[user_data] = text
    if not found:
        raise UserError(
            f"{boot}: this card has neither a user nor a network; write it again, and in Raspberry "
            "Pi Imager edit the settings before you write"
        )
    return found


def _with_hook(script: str) -> str:
    """The line before the script removes itself, or where it ends."""
    lines = [line for line in script.splitlines(keepends=True) if line != HOOK]
    ends = [n for n, line in enumerate(lines) if line.startswith(("rm -f /boot", "exit 0"))]
    lines.insert(ends[0] if ends else len(lines), HOOK)
    return "".join(lines)


def _with_command(file: Path) -> str:
    """The file with the command among those of the first start; empty: nothing is set in it."""
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError:
        raise UserError(f"{file}: not valid YAML; write the card again") from None
    if not isinstance(settings, dict):
        return ""
    commands = [one for one in settings.get("runcmd") or [] if one != COMMAND]
    text = yaml.safe_dump(
        {**settings, "runcmd": [*commands, COMMAND]}, sort_keys=False, allow_unicode=True
    )
    return f"#cloud-config\n{text}"


def _pack(sources: Path, out: Path) -> None:
    """The program as an archive, owned by root."""

    def kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        name = member.name
        if name.endswith(("__pycache__", ".keras", ".sqlite")) or name == "models/soft_targets":
            return None
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        return member

    with tarfile.open(out, "w:gz", dereference=True) as archive:
        for name in SOURCES:
            archive.add(sources / name, name, filter=kept)
