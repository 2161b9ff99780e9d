"""The operator's folder of pictures, `display.pictures`: which file is which item's picture.

The cell `picture` of an item names its file. Of an item without one it is the file that is named by
the item's id, such as `osm-n123.jpg`, wherever in the folder it lies.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from unicodedata import normalize

log = logging.getLogger(__name__)

PICTURE_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
"""Content type by the end of a file's name."""


def picture_files(folder: Path | None) -> dict[str, Path]:
    """The pictures in a folder and below it, by relative path.

    The path is spelled as in the catalogue and on the page: in Unicode's form NFC, since a name
    that was typed on a Mac is in NFD and looks the same, and with one space for blanks of any kind,
    such as the narrow one in the names of a Mac's screenshots. A missing folder is a warning: the
    cards then have no pictures.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        log.warning("display.pictures: %s: no such folder; cards show no pictures", folder)
    return {
        " ".join(normalize("NFC", path.relative_to(folder).as_posix()).split()): path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix.lower() in PICTURE_TYPES
    }


def by_name(paths: Iterable[str]) -> dict[str, str]:
    """Relative paths by the name of the file without its end; of equal names the first path."""
    return {PurePosixPath(path).stem: path for path in sorted(paths, reverse=True)}
