"""`wayside-tools augment`: from photos to grey face crops, as many as asked."""

from __future__ import annotations

import argparse
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.numbers import at_least
from tools.places import MADE, SHEET

SHOWN = 8
"""Faces on the sheet, and pictures of each."""


def add_parser(subparsers: SubParsers) -> None:
    """Add the verb and what it does."""
    augment = subparsers.add_parser(
        "augment",
        help="faces found, cropped, grey and varied, as many as asked",
        description="Find the faces on photos or frames as a kiosk does, crop them as it does, and "
        "write COUNT grey pictures of each: the plain crop, and variations of light, place, "
        "distance, blur and cover. Class folders stay class folders.",
        epilog="example: wayside-tools augment photos --count 10 --out faces",
    )
    augment.add_argument("photos", type=Path, metavar="PHOTOS", help="a photo, or a folder of them")
    augment.add_argument("--count", type=_count, default=10, metavar="N", help="of each face (10)")
    augment.add_argument("--out", type=Path, required=True, metavar="DIR")
    augment.add_argument("--seed", type=at_least(0), default=1)
    augment.add_argument("--largest", action="store_true", help="one face a photo, the largest")
    augment.add_argument("--strict", action="store_true", help="end at the first unusable photo")
    augment.set_defaults(run=_augment)


def _augment(arguments: argparse.Namespace) -> int:
    from tools.datasets.contact_sheets import draw_sheet
    from tools.datasets.import_issues import Findings
    from tools.datasets.photos import save_picture
    from tools.datasets.variations import list_photos, varied_faces

    findings = Findings(strict=arguments.strict)
    photos = list_photos(arguments.photos)
    faces = 0
    shown = []
    # As many examples from the first photos as from the last.
    step = max(1, len(photos) // SHOWN)
    for face in varied_faces(
        photos, arguments.count, arguments.seed, findings, largest=arguments.largest
    ):
        for number, picture in enumerate(face.pictures):
            name = f"{face.place.name}-{number:03}.png"
            save_picture(arguments.out / face.place.parent / name, picture)
        if faces % step == 0 and len(shown) < SHOWN:
            source, _, part = face.place.as_posix().partition(MADE)
            shown.append((f"{source}\n{part.replace(MADE, ', face ')}", face.pictures[:SHOWN]))
        faces += 1
    for line in findings.lines():
        print(line)
    if not faces:
        raise UserError(f"{arguments.photos}: no face found in {len(photos)} photos")
    sheet = arguments.out / SHEET
    draw_sheet(
        f"{faces} faces, {arguments.count} pictures of each, the plain crop first", shown, sheet
    )
    print(f"{arguments.out}: {faces * arguments.count} pictures of {faces} faces; see {sheet}")
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"got {text}, takes a whole number from 1 to 1000")
    return int(text)
