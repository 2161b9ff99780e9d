"""The kiosk's one file of what touches have taught, so that a restart forgets none of it.

Guarantees: it is written at most every `EVERY_S`, and at the stop, and only if something was
counted since; in one step, so that a power cut leaves the old file or the new one; readable by the
kiosk's own user alone. A file that is cut, zeroed or of another version is set aside with one line,
and a folder that cannot be written is one line: the kiosk goes on, and learns in memory.
"""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from device.errors import UserError
from device.replacing import replacing
from device.values import ItemVerdict

log = logging.getLogger(__name__)

FILE = "touches.json"

EVERY_S = 600.0
"""A file that changes more often wears an SD card out."""

Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


class Told(BaseModel):
    """What has been told of an item so far. A verdict that is missing is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    screens: Number | None = None
    touches: dict[ItemVerdict, Number] = {}


class Kept(BaseModel):
    """The tables of the ledger that outlive a restart.

    tried: by item, screens and those with a touch. told: what `touches` messages have told. screens
    and touches: what is still to be told; touches by daypart, verdict and item. day: the one being
    counted. since: the day on which the first of what is still to be told was counted. faded: the
    day until which `tried` and `told` have faded.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    day: date | None = None
    since: date | None = None
    faded: date | None = None
    tried: dict[str, tuple[Number, Number]] = {}
    told: dict[str, Told] = {}
    screens: dict[str, Count] = {}
    touches: tuple[tuple[str, ItemVerdict, str, Count], ...] = ()


class KeptFile:
    """The file in a folder; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / FILE
        self._written_at: float | None = None
        self._failed = False

    def read(self) -> Kept | None:
        """What was kept; None: nothing, or nothing that can be read."""
        if self._path is None:
            return None
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("%s: cannot be read (%s); touches start anew", self._path, error.strerror)
            return None
        try:
            return Kept.model_validate_json(content)
        except ValidationError:
            aside = self._path.with_suffix(".broken")
            log.warning("%s: damaged; touches start anew, and it is now %s", self._path, aside.name)
            try:
                self._path.replace(aside)
            except OSError as error:
                log.warning("%s: cannot be renamed (%s)", self._path, error.strerror)
            return None

    def due(self, at: float) -> bool:
        """Whether it may be written again. at: monotonic seconds, of which the first call is the
        start."""
        if self._written_at is None:
            self._written_at = at
        return self._path is not None and at - self._written_at >= EVERY_S

    def write(self, kept: Kept, at: float) -> bool:
        """Replace the file. Whether that was done, or nothing is kept at all."""
        if self._path is None:
            return True
        self._written_at = at
        try:
            with replacing(self._path, "state", mode=0o600) as file:
                file.write_text(kept.model_dump_json(), encoding="utf-8")
            self._failed = False
        except UserError as error:
            if not self._failed:
                log.warning("%s", error)
            self._failed = True
        return not self._failed


def read_kept(folder: Path) -> Kept:
    """What a kiosk has kept in its folder, for the operator.

    Raises:
        UserError: there is no file, or it cannot be read, or is damaged.
    """
    path = folder / FILE
    try:
        return Kept.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such file; the kiosk writes it ten minutes after the first screen"
        ) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); try it with sudo") from None
    except ValidationError:
        raise UserError(f"{path}: damaged; the kiosk sets it aside at its next start") from None
