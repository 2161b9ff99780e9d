"""`wayside-tools face record`: how a face moves in a clip, for the guide to play."""

from __future__ import annotations

import argparse
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from device.replacing import replacing


def add_parser(verbs: SubParsers) -> None:
    """Add `face` to the command line."""
    face = verbs.add_parser("face", help="what the guide's face plays")
    record = face.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "record",
        help="a clip becomes a curve of blendshapes",
        description="Write how the face of the one person in a clip moves, as 52 blendshapes a "
        "frame, which the guide of a kiosk plays when it greets (display.guide: FILE). Nothing of "
        "the person's looks is in it, but their way of smiling is: only with their consent.",
        epilog="example: wayside-tools face record clip.mp4 --consented --out greeting.json",
    )
    record.add_argument("clip", type=Path, metavar="CLIP", help="a video of 20 s at most")
    record.add_argument("--out", type=Path, required=True, metavar="FILE")
    record.add_argument(
        "--consented", action="store_true", help="the person in the clip has agreed to this use"
    )
    record.set_defaults(run=_record)


def _record(arguments: argparse.Namespace) -> int:
    if not arguments.consented:
        raise UserError(
            f"{arguments.clip}: ask the person in it first; if they have agreed: --consented"
        )
    from tools.face.record import record

    curve = record(arguments.clip)
    with replacing(arguments.out) as part:
        part.write_text(curve.text(), encoding="utf-8")
    count, weights = len(curve.frames), len(curve.frames[0])
    print(f"{arguments.out}: {count / curve.fps:.1f} s, {count} frames of {weights} weights")
    return 0
