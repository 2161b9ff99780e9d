"""Videos to pictures: every n-th frame, or one every so many seconds.

A frame is read as the kiosk reads a video, so a broken or cut file is told in the same one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import cv2
from tqdm import tqdm

from device.camera.files import VideoFile
from device.errors import UserError
from device.values import Frame

SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".gif")


EARLY_S = 5e-4


def list_videos(paths: Sequence[Path]) -> dict[Path, Path]:
    """Each video by where it stands: a file by its name, those below a folder by their paths in it.

    Raises:
        UserError: no such file, a folder without a video, or two that would be written alike.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
            if not inside:
                raise UserError(f"{path}: no video in this folder; takes {', '.join(SUFFIXES)}")
        elif path.is_file():
            inside = [path]
        else:
            raise UserError(f"{path}: no such file or folder")
        for video in inside:
            place = video.relative_to(path) if path.is_dir() else Path(video.name)
            if found.get(place, video) != video:
                raise UserError(
                    f"{video}: would be written over the frames of {found[place]}; give each its "
                    "own --out"
                )
            found[place] = video
    return found


def frames_of(path: Path, *, every: int = 1, seconds: float = 0.0) -> Iterator[Frame]:
    """Every n-th frame of a video, the first one too, or with `seconds` the first of each such
    stretch of time. What is there of a broken video comes before the error.

    Raises:
        UserError: not a video, no frame in it, or cut short.
    """
    video = VideoFile(path)
    video.open()
    due: float | None = None
    try:
        for number in tqdm(
            count(), path.name, _length(path), unit="frame", leave=False, disable=None
        ):
            frame = video.read()
            if frame is None:
                break
            due = frame.at if due is None else due
            # Times are multiples of a frame's length: half a millisecond early is in time.
            if number % every == 0 and frame.at >= due - EARLY_S:
                yield frame
                while seconds and due <= frame.at + EARLY_S:
                    due += seconds
    finally:
        video.close()


def _length(path: Path) -> int | None:
    """Frames that a video says it has; None: it does not say."""
    capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)
    frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    capture.release()
    return frames if frames > 0 else None
