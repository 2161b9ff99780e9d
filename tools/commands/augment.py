"""`wayside-tools augment`: grey face crops from photos, with variations."""

from __future__ import annotations

import argparse
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import at_least
from tools.places import CONTACT_SHEET, SOURCE_MARK

SHOWN = 8
"""Faces on the contact sheet, and pictures of each."""


def add_parser(subparsers: SubParsers) -> None:
    """Add the command."""
    augment = subparsers.add_parser(
        "augment",
        help="face crops from photos, with N variations of each",
        description="Detect and crop the faces in photos or frames as a kiosk does, and write N "
        "grey pictures of each: the plain crop, and variations of light, position, distance, blur "
        "and occlusion. Class folders stay class folders.",
        epilog="example: wayside-tools augment photos --count 10 --out faces",
    )
    augment.add_argument("photos", type=Path, metavar="PHOTOS", help="a photo, or a folder of them")
    augment.add_argument(
        "--count", type=at_least(1, 1000), default=10, metavar="N", help="of each face; default: 10"
    )
    augment.add_argument("--out", type=Path, required=True, metavar="DIR")
    augment.add_argument("--seed", type=at_least(0), default=1)
    augment.add_argument("--largest", action="store_true", help="the largest face of each photo")
    augment.add_argument("--strict", action="store_true", help="stop at the first unusable photo")
    augment.set_defaults(run=_augment)


def _augment(arguments: argparse.Namespace) -> int:
    from tools.datasets.import_issues import ImportIssues
    from tools.datasets.photos import augmented_faces, list_photos, save_picture
    from tools.datasets.summary import draw_sheet

    issues = ImportIssues(strict=arguments.strict)
    photos = list_photos(arguments.photos)
    faces = 0
    shown = []
    step = max(1, len(photos) // SHOWN)  # examples from the whole folder
    for face in augmented_faces(
        photos, arguments.count, arguments.seed, issues, largest=arguments.largest
    ):
        for number, picture in enumerate(face.pictures):
            name = f"{face.path.name}-{number:03}.png"
            save_picture(arguments.out / face.path.parent / name, picture)
        if faces % step == 0 and len(shown) < SHOWN:
            source, _, part = face.path.as_posix().partition(SOURCE_MARK)
            label = f"{source}\n{part.replace(SOURCE_MARK, ', face ')}"
            shown.append((label, face.pictures[:SHOWN]))
        faces += 1
    for line in issues.lines():
        print(line)
    if not faces:
        raise UserError(f"{arguments.photos}: no face found in {len(photos)} photos")
    sheet = arguments.out / CONTACT_SHEET
    draw_sheet(f"{faces} faces, {arguments.count} pictures of each, plain crop first", shown, sheet)
    print(f"{arguments.out}: {faces * arguments.count} pictures of {faces} faces; see {sheet}")
    return 0
