"""`wayside-tools frames`: from videos to pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.places import MADE


def add_parser(subparsers: SubParsers) -> None:
    """Add the verb and what it does."""
    frames = subparsers.add_parser(
        "frames",
        help="videos to pictures, every n-th frame or by time",
        description="Write frames of videos as JPEG, named after the video and the second: "
        "clip.mp4@0012.400.jpg. Of a folder every video below it is taken, and the frames stand in "
        "the same folders.",
        epilog="example: wayside-tools frames visitors.mp4 --seconds 0.5 --out frames",
    )
    frames.add_argument("videos", nargs="+", type=Path, metavar="VIDEO", help="file or folder")
    how = frames.add_mutually_exclusive_group()
    how.add_argument("--every", type=_count, metavar="N", help="every n-th frame")
    how.add_argument(
        "--seconds", type=_seconds, metavar="S", help="one frame every so many seconds; default: 1"
    )
    frames.add_argument("--out", type=Path, required=True, metavar="DIR")
    frames.set_defaults(run=_frames)


def _frames(arguments: argparse.Namespace) -> int:
    from tools.datasets.photos import save_picture
    from tools.datasets.videos import frames_of, list_videos

    every, seconds = arguments.every or 1, arguments.seconds or 0.0
    if arguments.every is None and arguments.seconds is None:
        seconds = 1.0
    videos = list_videos(arguments.videos)
    total = broken = 0
    for place, video in videos.items():
        written = 0
        try:
            for frame in frames_of(video, every=every, seconds=seconds):
                name = f"{place.name}{MADE}{frame.at:08.3f}.jpg"
                save_picture(arguments.out / place.parent / name, frame.rgb)
                written += 1
        except UserError as error:
            broken += 1
            print(f"wayside-tools: {error}", file=sys.stderr)
        print(f"{video}: {written} frames")
        total += written
    told = f", {broken} of them broken" if broken else ""
    print(f"{arguments.out}: {total} frames of {len(videos)} videos{told}")
    return 1 if broken else 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"got {text}, takes a whole number from 1 on")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.001 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"got {text}, takes seconds, 0.001 or more")
    return seconds
