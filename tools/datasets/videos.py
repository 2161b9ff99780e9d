"""Frames of videos: every n-th, or one each so many seconds.

Videos are read as the kiosk reads them, so a damaged or truncated file gives the same error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from tqdm import tqdm

from device.camera.files import VideoFile
from device.errors import UserError
from device.values import Frame

SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".gif")

TOLERANCE_S = 5e-4
"""Times are multiples of a frame's duration: half a millisecond early is on time."""


def list_videos(paths: Sequence[Path]) -> dict[Path, Path]:
    """Videos by relative path: a file by its name, those below a folder by their paths in it.

    Raises:
        UserError: no such file, a folder without a video, or two videos with one relative path.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            videos = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
            if not videos:
                raise UserError(f"{path}: no video in this folder; takes {', '.join(SUFFIXES)}")
        elif path.is_file():
            videos = [path]
        else:
            raise UserError(f"{path}: no such file or folder")
        for video in videos:
            place = video.relative_to(path) if path.is_dir() else Path(video.name)
            if found.get(place, video) != video:
                raise UserError(
                    f"{video}: would overwrite the frames of {found[place]}; use another --out for "
                    "each"
                )
            found[place] = video
    return found


def read_frames(path: Path, *, every: int = 1, seconds: float = 0.0) -> Iterator[Frame]:
    """Every n-th frame of a video from the first on, or with `seconds` the first frame of each
    interval of that length. The readable frames of a damaged video come before the error.

    Raises:
        UserError: not a video, no frame in it, or truncated.
    """
    video = VideoFile(path)
    video.open()
    due: float | None = None
    try:
        for number in tqdm(
            count(), path.name, video.frames, unit="frame", leave=False, disable=None
        ):
            frame = video.read()
            if frame is None:
                break
            due = frame.at if due is None else due
            if number % every == 0 and frame.at >= due - TOLERANCE_S:
                yield frame
                while seconds and due <= frame.at + TOLERANCE_S:
                    due += seconds
    finally:
        video.close()
