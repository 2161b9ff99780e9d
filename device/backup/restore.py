"""Puts a backup in the place of a kiosk's settings.

Guarantees: everything is checked before anything is touched, by what will read it; then one rename
puts the new `config.yaml` in its place. It names files in a folder of its own, so that nothing of
the old settings is overwritten: the old file stays beside it, and a power cut leaves the old
settings or the new (a fleet's quiet hours follow, in a file of the agent's). What belongs to this
kiosk alone stays as it is.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.backup.archive import MANIFEST, Manifest, extract
from device.backup.settings import (
    AGENT,
    FILES,
    QUIET,
    SETTINGS,
    SOURCES,
    TABLE,
    dumped,
    given,
    is_own,
    is_path,
    nested,
)
from device.catalogue.sources import load_sources
from device.config import Config, load_config
from device.errors import UserError
from device.fleet.disk import Disk
from device.fleet.settings import AgentConfig
from device.matching.match import Matcher
from device.session.awake import Awake
from device.typed_yaml import read_yaml
from device.words.words import load_words

HEADER = """\
# This kiosk's configuration, restored from a backup of {kiosk} of {made}. Comments are
# in no backup; the configuration that ships describes every key. The one before is {aside}.
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and where the old settings are; None: there were none."""

    manifest: Manifest
    folder: Path
    aside: Path | None


def restore(
    archive: Path,
    path: Path,
    stamp: str,
    shown: Callable[[int, int], None] = lambda done, total: None,
    disk: Disk | None = None,
) -> Restored:
    """Restore into the configuration at `path`. stamp: of the time, for the names of what is new.

    Raises:
        UserError: the backup or what is in it cannot be used; nothing has changed.
        OSError: the disk refuses.
    """
    disk = disk or Disk()
    path = path.resolve()
    folder = path.with_name(f"restored-{stamp}")
    aside = path.with_name(f"{path.name}.before-{stamp}") if path.exists() else None
    own = given(read_yaml(path, Config, named_by="--config")) if path.exists() else {}
    own = {key: value for key, value in own.items() if is_own(key, value)}
    trial = path.with_name(f".restored-{stamp}")
    trial.mkdir(mode=0o755)
    try:
        manifest = extract(archive, trial, shown)
        (trial / MANIFEST).unlink(missing_ok=True)
        values = _values(archive, trial)
        _same_site(archive, values, path.with_name(AGENT))
        _try(archive, trial, nested({**values, **_places(archive, manifest, trial), **own}))
        _allow(trial, path)
        quiet = _quiet(archive, trial, path.with_name(AGENT))
        before = "none" if aside is None else aside.name
        content = HEADER.format(kiosk=manifest.kiosk, made=manifest.made, aside=before).encode()
        content += dumped(nested({**values, **_places(archive, manifest, folder), **own}))
        for name in (SETTINGS, AGENT):
            (trial / name).unlink(missing_ok=True)
        os.sync()  # the files, once for all of them, before anything names them
        disk.rename(trial, folder)
    finally:
        shutil.rmtree(trial, ignore_errors=True)
    _replace(disk, path, content, stamp, like=path)
    if quiet is not None:
        _replace(disk, path.with_name(AGENT), quiet, stamp, like=path)
    return Restored(manifest, folder, aside)


def _values(archive: Path, trial: Path) -> dict[str, Any]:
    """The values that the archive has; what is another kiosk's own is not taken, even if it is
    there."""
    try:
        config = read_yaml(trial / SETTINGS, Config, named_by="the backup")
    except UserError as error:
        raise UserError(f"{archive}: {_said(error, trial)}") from None
    values = {key: value for key, value in given(config).items() if not is_own(key, value)}
    if strange := [key for key in values if is_path(config, key) and key != TABLE]:
        raise UserError(f"{archive}: not a backup: {strange[0]} is not among its files")
    return values


def _same_site(archive: Path, values: dict[str, Any], agent: Path) -> None:
    """A kiosk of a fleet is known there by the site that it was enrolled with."""
    if agent.exists():
        enrolled = read_yaml(agent, AgentConfig, named_by="the fleet")
        site = values.get("site", Config().site)
        if enrolled.mqtt is not None and enrolled.site != site:
            raise UserError(
                f"{archive}: of the site {site}, and this kiosk is enrolled in {enrolled.site}; "
                f"enrol it anew for {site} first"
            )


def _places(archive: Path, manifest: Manifest, folder: Path) -> dict[str, str]:
    """By key, where the archive's files and folders will be."""
    for key, place in manifest.places.items():
        known = place in manifest.sha256 or any(n.startswith(f"{place}/") for n in manifest.sha256)
        if not known or is_own(key, place):
            raise UserError(f"{archive}: damaged: it has no {key}")
    return {key: str(folder / place) for key, place in manifest.places.items()}


def _try(archive: Path, trial: Path, tree: dict[str, Any]) -> None:
    """Read everything as the kiosk will.

    Raises:
        UserError: the kiosk would refuse it.
    """
    file = trial / "config.yaml"
    file.write_bytes(dumped(tree))
    try:
        config = load_config(file)
        Awake(config.display.hours, config.place)
        if config.matching.sources is not None:
            load_sources(config.matching.sources)
        if config.matching.catalogue.exists():  # else the kiosk makes it of its sources
            Matcher.open(config, load_words(config.display.languages[0], config.matching.catalogue))
        elif config.matching.sources is None:
            raise UserError(f"matching.catalogue: {config.matching.catalogue}: no such file")
    except UserError as error:
        raise UserError(f"{archive}: {_said(error, trial)}") from None
    finally:
        file.unlink()


def _said(error: UserError, trial: Path) -> str:
    """An error without the name of the folder that will be gone."""
    return str(error).replace(f"{trial}/", "")


def _quiet(archive: Path, trial: Path, agent: Path) -> bytes | None:
    """The agent's configuration with the quiet hours of the backup; None: it has none."""
    if not (trial / AGENT).exists():
        return None
    try:
        quiet = given(read_yaml(trial / AGENT, AgentConfig, named_by="the backup"))
        own = given(read_yaml(agent, AgentConfig, named_by="the fleet")) if agent.exists() else {}
    except UserError as error:
        raise UserError(f"{archive}: {_said(error, trial)}") from None
    if set(quiet) - set(QUIET):
        raise UserError(f"{archive}: {AGENT}: has more than quiet hours")
    return dumped(nested({**own, **quiet}))


def _allow(trial: Path, path: Path) -> None:
    """The broker's user reads the pictures and words too, and the kiosk's the rest."""
    for place in (trial, *trial.rglob("*")):
        place.chmod(0o755 if place.is_dir() else 0o644)
    like = path if path.exists() else path.parent
    for private in (trial / FILES).glob(f"{SOURCES}*"):
        private.chmod(0o640)
        _owned(private, like)


def _owned(file: Path, like: Path) -> None:
    found = like.stat()
    if os.geteuid() == 0:
        os.chown(file, found.st_uid, found.st_gid)


def _replace(disk: Disk, path: Path, content: bytes, stamp: str, like: Path) -> None:
    """Replace a file in one step, for the users that could read `like`; the old one stays aside."""
    if path.exists():
        aside = path.with_name(f"{path.name}.before-{stamp}")
        shutil.copy2(path, aside)
        _owned(aside, path)
    beside = path.with_name(f".{path.name}.restored")
    disk.write(beside, content)
    if like.exists():
        beside.chmod(like.stat().st_mode & 0o777)
        _owned(beside, like)
    else:
        beside.chmod(0o600)
    disk.rename(beside, path)
