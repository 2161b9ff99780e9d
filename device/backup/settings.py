"""What a backup has of a kiosk's settings, and what of them belongs to this one kiosk alone.

In it: `config.yaml` as values, and the files and folders of pictures that it names. Left out: what
makes the kiosk itself (its name, its brokers, passwords, keys, certificates: another one is given
its own, and enrols anew), whatever may hold a password (addresses of cameras and calendars, the
comments of the file), and what touches taught, whose small numbers may not leave the kiosk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr

from device.backup.archive import is_inside
from device.camera.sources import is_network
from device.catalogue.pictures import picture_files
from device.catalogue.sources import load_sources
from device.config import Config
from device.display.photographs import CREDITS
from device.errors import UserError
from device.fleet.settings import AgentConfig
from device.typed_yaml import Section, read_yaml

OWN = ("kiosk", "mqtt", "diary", "display.port", "display.websocket_url", "display.username")
"""Keys that stay with the machine, besides every secret and every path that is not `CARRIED`."""

CARRIED = (
    "matching.catalogue", "matching.sources", "matching.rules", "matching.hand", "matching.touches",
    "display.pictures", "display.photographs", "display.guide",
)  # fmt: skip
"""Keys whose files and folders travel."""

FILES, FOLDERS = "files", "folders"
"""Where the files and the folders lie in the archive, each by its key."""

SETTINGS, AGENT = "settings.yaml", "agent.yaml"

QUIET = ("quiet_hours", "timezone")
"""What is taken of the agent's configuration; the rest is of this kiosk's enrolment."""

LOGIN = re.compile(r"://[^/\s]*@")
"""In an address."""

SOURCES = "matching.sources"
TABLE = "matching.catalogue"


def given(section: Section, before: str = "") -> dict[str, Any]:
    """The values that a file sets, as YAML takes them, by the dotted path of each."""
    found: dict[str, Any] = {}
    for name in type(section).model_fields:
        if name not in section.model_fields_set:
            continue
        value, key = getattr(section, name), f"{before}{name}"
        if isinstance(value, Section):
            found |= given(value, f"{key}.")
        elif isinstance(value, SecretStr):
            found[key] = value.get_secret_value()
        elif isinstance(value, Path):
            found[key] = str(value)
        else:
            found[key] = _plain(value)
    return found


def nested(values: dict[str, Any]) -> dict[str, Any]:
    """The same as the sections of a file."""
    tree: dict[str, Any] = {}
    for key, value in values.items():
        *sections, name = key.split(".")
        place = tree
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = value
    return tree


def is_own(key: str, value: object) -> bool:
    """Whether a value is of this kiosk alone, or may hold a secret."""
    if key in _keys(Config, SecretStr) or any(f"{key}.".startswith(f"{own}.") for own in OWN):
        return True
    if key in _keys(Config, Path) and key not in CARRIED:
        return True
    if key == "camera.source" and is_network(str(value)):
        return True
    return isinstance(value, str) and LOGIN.search(value) is not None


@dataclass(slots=True)
class Collected:
    """What a backup is made of. files: by their names in it. places: by key, what it names, there.
    left_out: in words."""

    config: Config
    files: dict[str, bytes | Path] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def collect(path: Path, *, pictures: bool = True) -> Collected:
    """The settings of the kiosk whose configuration is at `path`.

    Raises:
        UserError: the configuration, or a file that it names, cannot be read.
    """
    config = read_yaml(path, Config, named_by="--config")
    made = Collected(config)
    values = given(config)
    made.left_out = [key for key, value in values.items() if is_own(key, value)]
    kept = {key: value for key, value in values.items() if key not in made.left_out}
    folder = path.resolve().parent
    sources = kept.pop(SOURCES, None)
    if sources is not None:
        _add_sources(made, folder / sources)
    for key in [key for key in kept if is_path(config, key)]:
        there = folder / kept.pop(key)
        if key == TABLE and SOURCES in made.places:
            kept[key] = str(there)
            made.left_out.append(f"{key}: `wayside catalogue refresh` makes it")
        elif key == TABLE and sources is not None:
            made.left_out.append(key)
        else:
            _add(made, key, there, pictures=pictures)
    made.files[SETTINGS] = dumped(nested(kept))
    if (agent := folder / AGENT).is_file():
        quiet = given(read_yaml(agent, AgentConfig, named_by="the fleet"))
        if quiet := {key: quiet[key] for key in QUIET if key in quiet}:
            made.files[AGENT] = dumped(quiet)
    return made


def _add(made: Collected, key: str, there: Path, *, pictures: bool) -> None:
    """A file, or a folder of pictures, that the configuration names."""
    if there.is_file():
        made.places[key] = f"{FILES}/{key}{there.suffix}"
        made.files[made.places[key]] = there
        if key == TABLE:
            words = sorted(there.parent.glob("words.*.yaml"))
            made.files |= {f"{FILES}/{one.name}": one for one in words}
    elif there.is_dir():
        found = picture_files(there) if pictures else {}
        if found and (there / CREDITS).is_file():
            found[CREDITS] = there / CREDITS
        made.left_out += [
            f"{found.pop(name)}: its name" for name in list(found) if not is_inside(name)
        ]
        made.files |= {f"{FOLDERS}/{key}/{name}": file for name, file in found.items()}
        if found:
            made.places[key] = f"{FOLDERS}/{key}"
        else:
            made.left_out.append(key)
    else:
        raise UserError(f"{key}: {there}: no such file; bring it back, or leave the key out")


def _add_sources(made: Collected, there: Path) -> None:
    """The sources of the table, with absolute paths, since the file will lie elsewhere."""
    sources = load_sources(there)
    if any(calendar.address is not None for calendar in sources.calendars):
        made.left_out.append(f"{SOURCES}: the addresses of its calendars may hold passwords")
        return
    calendars = [given(one) for one in sources.calendars]
    tree = {"files": [str(one) for one in sources.files], "calendars": calendars}
    made.places[SOURCES] = f"{FILES}/{SOURCES}.yaml"
    made.files[made.places[SOURCES]] = dumped({name: some for name, some in tree.items() if some})
    named = [*sources.files, *(one.file for one in sources.calendars if one.file is not None)]
    made.left_out += [f"{one}, which {SOURCES} names" for one in named]


def is_path(config: Config, key: str) -> bool:
    """Whether a value is the name of a file or folder."""
    value: Any = config
    for name in key.split("."):
        value = getattr(value, name)
    return isinstance(value, Path)


def dumped(tree: dict[str, Any]) -> bytes:
    """A tree of values as the text of a YAML file."""
    text: str = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
    return text.encode()


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _keys(model: type[Section], wanted: type, before: str = "") -> Iterator[str]:
    """The keys of all values of a type, such as secrets."""
    for name, about in model.model_fields.items():
        kind: Any = about.annotation
        kinds = (kind, *getattr(kind, "__args__", ()))
        if wanted in kinds:
            yield f"{before}{name}"
        for section in kinds:
            if isinstance(section, type) and issubclass(section, Section):
                yield from _keys(section, wanted, f"{before}{name}.")
