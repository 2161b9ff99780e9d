"""Which release this program is of, and where its files are.

The guard that starts an installed kiosk says so in the environment (device/fleet/guard.py). Without
it, as in a checkout, the files are those beside the code.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from device import RELEASE

CODE = Path(__file__).resolve().parent.parent
"""The folder that the running `device` package is in."""


@dataclass(frozen=True, slots=True)
class Release:
    """folder: of a release of the fleet; None: this is the factory's, or a checkout. factory: of
    the installed one, which has what a release lacks."""

    folder: Path | None = None
    factory: Path = CODE

    @property
    def counter(self) -> int | None:
        """Of the fleet's release; None: it is the factory's."""
        return None if self.folder is None else int(self.folder.name)

    @property
    def name(self) -> str:
        """As in the messages: the version of the program, and the release's counter."""
        return RELEASE if self.counter is None else f"{RELEASE}+{self.counter}"

    def file(self, path: str) -> Path:
        """A file or folder of the release; what it lacks is the factory's."""
        places = [place for place in (self.folder, CODE, self.factory) if place]
        return next((place / path for place in places if (place / path).exists()), CODE / path)


def running(environment: Mapping[str, str] = os.environ) -> Release:
    """The release that this program is of."""
    folder, factory = environment.get("WAYSIDE_RELEASE"), environment.get("WAYSIDE_FACTORY")
    return Release(Path(folder) if folder else None, Path(factory) if factory else CODE)
