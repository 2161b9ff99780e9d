"""The operator's photographs of the place, `display.photographs`, for the resting screen.

Guarantees: at most `MOST` are shown, and none that is larger than `LARGEST_BYTES` as a file, so
that what the browser loads, and the copy in memory that a broker serves, are bounded. They are
shown as they are: a kiosk has no code that writes pictures (docs/privacy.md, rule 1).

The credit of a photograph is what stands in its name from `©` on, such as
`harbour © Ann Example, CC BY 4.0.jpg`, or its line in the file `CREDITS.txt` of the folder, such as
`harbour.jpg: © Ann Example, CC BY 4.0`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from device.catalogue.pictures import picture_files

FOLDER = "photographs"
"""Where the page has them, beside its own files."""

CREDITS = "CREDITS.txt"

MOST = 24

LARGEST_BYTES = 3_000_000

MOST_PIXELS = 12_000_000
"""The page passes over a photograph that has more (scene.js)."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """path: in the folder. credit: empty where there is none."""

    path: str
    file: Path
    credit: str


def photographs(folder: Path | None) -> tuple[Photograph, ...]:
    """The photographs of a folder that are shown, by name."""
    if folder is None or not folder.is_dir():
        return ()
    said = _credits(folder)
    return tuple(
        Photograph(path, file, said.get(path, "") or _credit_of(path))
        for path, file in sorted(picture_files(folder).items())
        if not _too_large(file)
    )[:MOST]


def doubts(folder: Path | None) -> Iterator[str]:
    """What is not shown of a folder, and why, a line each."""
    if folder is None:
        return
    if not folder.is_dir():
        yield f"display.photographs: {folder}: no such folder; the resting screen shows none"
        return
    files = picture_files(folder)
    large = sorted(path for path, file in files.items() if _too_large(file))
    if large:
        yield (
            f"display.photographs: left out, larger than {LARGEST_BYTES // 10**6} MB: "
            f"{', '.join(large)}; scale them to 1920 x 1080 pixels"
        )
    if (count := len(files) - len(large)) > MOST:
        yield f"display.photographs: only the first {MOST} of {count} are shown"
    if unknown := sorted(_credits(folder).keys() - files.keys()):
        yield f"display.photographs: {CREDITS} names no photograph of the folder: {unknown[0]}"


def _too_large(file: Path) -> bool:
    """Whether a file is left out for its size, or since it is gone meanwhile."""
    try:
        return file.stat().st_size > LARGEST_BYTES
    except OSError:
        return True


def _credit_of(path: str) -> str:
    _, sign, name = PurePosixPath(path).stem.partition("©")
    return f"{sign}{name}".strip()


def _credits(folder: Path) -> dict[str, str]:
    """Credits by path; what is no text has none."""
    try:
        text = (folder / CREDITS).read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in normalize("NFC", text).splitlines() if ":" in line)
    return {" ".join(path.split()): credit.strip() for path, credit in pairs}
