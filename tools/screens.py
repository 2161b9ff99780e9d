"""The pictures of the page in `docs/images`: two of it in full, and contact sheets.

Each sheet is one state of the screen: a row of it for every language, in every size of `SIZES`. A
new mode of the page is a line in `SHEETS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from device.errors import UserError
from device.words.table import LANGUAGES
from tools.page import Behind, Page, Picture, open_page

SIZES = ((1920, 1080), (1080, 1920), (800, 480), (3840, 2160))
"""Landscape, portrait, the smallest screen and the largest, width and height in pixels."""

UPRIGHT = ((1080, 1920), (480, 800))
"""Where a low reach changes something."""

FULL = SIZES[0]

TILE_PX, GAP_PX, ABREAST = 160, 6, 2
"""Height of a picture on a sheet, the space around it, and languages side by side."""

QUALITY = {".jpg": (cv2.IMWRITE_JPEG_QUALITY, 62), ".png": (cv2.IMWRITE_PNG_COMPRESSION, 9)}
"""By the end of a file's name."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One state of the screen. state: how the page comes there. touch, leave: selectors of what is
    touched then, and to leave it; empty: nothing. sizes: of the windows."""

    name: str
    state: Callable[[Page], None]
    touch: str = ""
    leave: str = ""
    sizes: tuple[tuple[int, int], ...] = SIZES


def _opened(page: Page) -> None:
    page.show()
    page.touch(".choose")


SHEETS = (
    Sheet("resting", Page.rest),
    Sheet("cards", Page.show),
    Sheet("opened", _opened, leave="#back"),
    Sheet("cards-large-text", Page.show, touch="#large", leave="#large"),
    Sheet("cards-low-reach", Page.show, touch="#low", leave="#low", sizes=UPRIGHT),
    Sheet("resting-large-text", Page.rest, touch="#large", leave="#large"),
)


def write_pictures(folder: Path, say: Callable[[str], None]) -> None:
    """Write `resting.jpg`, of photographs, `streets.jpg` and `suggestions.png`."""
    scenes: tuple[tuple[Behind, str], ...] = (("photographs", "resting"), ("streets", "streets"))
    for behind, name in scenes:
        with open_page(behind, FULL) as page:
            page.speak("en")
            _write(folder / f"{name}.jpg", page.picture(), say)
            if behind == "streets":
                page.show()
                page.speak("en")
                _write(folder / "suggestions.png", page.picture(), say)


def write_sheets(folder: Path, names: tuple[str, ...], say: Callable[[str], None]) -> None:
    """Write `screens-NAME.jpg` for these sheets, or for all of them.

    Raises:
        UserError: there is no such sheet.
    """
    known = [sheet.name for sheet in SHEETS]
    if unknown := set(names) - set(known):
        raise UserError(f"no sheet {min(unknown)!r}; takes {', '.join(known)}")
    with open_page("streets", FULL) as page:
        for sheet in SHEETS:
            if names and sheet.name not in names:
                continue
            columns = [_tiles(page, sheet, size) for size in sheet.sizes]
            _write(folder / f"screens-{sheet.name}.jpg", composed(columns), say)


def _tiles(page: Page, sheet: Sheet, size: tuple[int, int]) -> list[Picture]:
    """The screen in each language, small."""
    page.resize(size)
    tiles = []
    for language in LANGUAGES:
        sheet.state(page)
        page.speak(language)
        if sheet.touch:
            page.touch(sheet.touch)
        picture = page.picture()
        if sheet.leave:
            page.touch(sheet.leave)
        width = picture.shape[1] * TILE_PX // picture.shape[0]
        small = cv2.resize(picture, (width, TILE_PX), interpolation=cv2.INTER_AREA)
        tiles.append(np.asarray(small, np.uint8))
    return tiles


def composed(columns: list[list[Picture]]) -> Picture:
    """One picture of many. columns: for each size that of each language, BGR."""
    edges = ((GAP_PX, GAP_PX), (GAP_PX, GAP_PX), (0, 0))
    framed = [[np.pad(one, edges, constant_values=255) for one in column] for column in columns]
    strips = [np.hstack(pictures) for pictures in zip(*framed, strict=True)]
    strips += [np.full_like(strips[0], 255)] * (-len(strips) % ABREAST)
    lines = [np.hstack(strips[n : n + ABREAST]) for n in range(0, len(strips), ABREAST)]
    return np.asarray(np.vstack(lines), np.uint8)


def _write(file: Path, picture: Picture, say: Callable[[str], None]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), picture, QUALITY[file.suffix])
    say(f"{file.name}: {file.stat().st_size // 1024} KiB")
