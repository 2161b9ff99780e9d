"""`wayside-tools frames`: frames of videos as pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import at_least
from tools.places import SOURCE_MARK


def add_parser(subparsers: SubParsers) -> None:
    """Add the command."""
    frames = subparsers.add_parser(
        "frames",
        help="frames of videos as pictures, every n-th or by time",
        description="Write frames of videos as JPEG, named after the video and the second: "
        "clip.mp4@0012.400.jpg. A folder is searched for videos, and its folders are kept.",
        epilog="example: wayside-tools frames visitors.mp4 --seconds 0.5 --out frames",
    )
    frames.add_argument("videos", nargs="+", type=Path, metavar="VIDEO", help="file or folder")
    interval = frames.add_mutually_exclusive_group()
    interval.add_argument("--every", type=at_least(1), metavar="N", help="every n-th frame")
    interval.add_argument(
        "--seconds", type=_seconds, metavar="S", help="one frame each S seconds; default: 1"
    )
    frames.add_argument("--out", type=Path, required=True, metavar="DIR")
    frames.set_defaults(run=_frames)


def _frames(arguments: argparse.Namespace) -> int:
    from tools.datasets.photos import save_picture
    from tools.datasets.videos import list_videos, read_frames

    every, seconds = arguments.every or 1, arguments.seconds or 0.0
    if arguments.every is None and arguments.seconds is None:
        seconds = 1.0
    videos = list_videos(arguments.videos)
    total = broken = 0
    for place, video in videos.items():
        written = 0
        try:
            for frame in read_frames(video, every=every, seconds=seconds):
                name = f"{place.name}{SOURCE_MARK}{frame.at:08.3f}.jpg"
                save_picture(arguments.out / place.parent / name, frame.rgb)
                written += 1
        except UserError as error:
            broken += 1
            print(f"wayside-tools: {error}", file=sys.stderr)
        print(f"{video}: {written} frames")
        total += written
    errors = f", {broken} of them broken" if broken else ""
    print(f"{arguments.out}: {total} frames of {len(videos)} videos{errors}")
    return 1 if broken else 0


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.001 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"got {text!r}, takes 0.001 to 86400 seconds")
    return seconds
