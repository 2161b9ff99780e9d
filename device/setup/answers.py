"""What the set-up page may set, and how it gets into `config.yaml`.

Guarantees: nothing but `KEYS` is set, so that the page can neither move the broker, nor open the
camera elsewhere, nor change what is noticed of people; values are checked by `device.config` before
they go anywhere; the file is replaced in one step, with its owner, mode and comments.

The program that talks to the network may not write there. It leaves the answers in a folder of its
own, and root puts them into the configuration when it has ended (device/setup/apply.py).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from device.config import Config, load_config
from device.errors import UserError
from device.replacing import replacing
from device.setup.edit import Value, with_settings
from device.words.table import LANGUAGES

KEYS = (
    "site",
    "kiosk",
    "place.latitude",
    "place.longitude",
    "place.timezone",
    "place.country",
    "display.languages",
    "display.rotate",
    "display.hours",
    "operator.name",
    "operator.contact",
)

ANSWERS = "answers.json"
"""Its name in the folder of the set-up program."""

MOST_BYTES = 16_384
"""Of the answers, by far more than they have."""


def now(config: Config) -> dict[str, Value]:
    """What the configuration says now, by key."""
    return {key: _plain(_at(config, key)) for key in KEYS}


def checked(config_file: Path, answers: object) -> dict[str, Value]:
    """The answers that differ from the configuration, once that takes them.

    Raises:
        UserError: an unknown key, or a value that the configuration does not take; in the words
            that it has for a mistake in the file.
    """
    given = _of_keys(answers)
    spoken = given.get("display.languages")
    for code in spoken if isinstance(spoken, list) else ():
        if code not in LANGUAGES:
            raise UserError(f"display.languages: got {code!r}, takes {', '.join(LANGUAGES)}")
    text = _read(config_file)
    before = now(load_config(config_file))
    # `auto` is written as it is, and read as the name that it stands for.
    changed = {key: value for key, value in given.items() if value != before[key]}
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "config.yaml"
        trial.write_text(with_settings(text, changed), encoding="utf-8")
        try:
            load_config(trial)
        except UserError as error:
            raise UserError(str(error).removeprefix(f"{trial}: ")) from None
    return changed


def leave(answers: Mapping[str, Value], folder: Path) -> None:
    """Write checked answers for root."""
    new = folder / f"{ANSWERS}.new"
    new.write_text(json.dumps(answers), encoding="utf-8")
    new.replace(folder / ANSWERS)


def apply(folder: Path, config_file: Path) -> tuple[str, ...] | None:
    """Put the answers that were left in a folder into the configuration; which keys. None: there
    are no answers, and nothing is done.

    Raises:
        UserError: they are not what `leave` writes, or the configuration cannot be written.
    """
    path = folder / ANSWERS
    try:
        # Its writer is not trusted: no link to a file that it may not read, and no endless one.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise UserError(f"{path}: too large")
        answers = _of_keys(json.loads(content))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    _replace(config_file, with_settings(_read(config_file), answers))
    return tuple(answers)


def _of_keys(answers: object) -> dict[str, Value]:
    """The same, if they are values of `KEYS` and of the types that a configuration has."""
    if not isinstance(answers, dict):
        raise UserError("the answers: takes keys and values")
    for key, value in answers.items():
        if key not in KEYS:
            raise UserError(f"{key}: not for the set-up page to set")
        parts = value if isinstance(value, list) else [value]
        if not all(part is None or isinstance(part, str | int | float) for part in parts):
            raise UserError(f"{key}: takes a text, a number or a list of them")
    return answers


def _replace(file: Path, text: str) -> None:
    """Write a file anew, in one step; owner and mode stay."""
    try:
        status = file.stat()
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from None
    with replacing(file, "--config", mode=status.st_mode & 0o777) as new:
        new.write_text(text, encoding="utf-8")
        if os.geteuid() == 0:
            os.chown(new, status.st_uid, status.st_gid)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: cannot be read ({error})") from None


def _at(config: Config, key: str) -> Any:
    found: Any = config
    for name in key.split("."):
        found = getattr(found, name)
    return found


def _plain(value: Any) -> Value:
    return list(value) if isinstance(value, tuple) else value
