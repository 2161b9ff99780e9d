"""From photos to face crops for training: found, cropped, grey, and varied as often as asked.

Promises: the first picture of a face is its plain crop; a seed repeats the others, whichever photos
come or go beside it; class folders stay class folders.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.camera.images import frame_of, is_picture, load_picture
from device.errors import UserError
from device.faces.crop import CROP_SIZE, crop_face
from tools.datasets.augment import augment
from tools.datasets.import_issues import Findings
from tools.datasets.photos import FaceFinder
from tools.places import MADE


@dataclass(frozen=True, slots=True, eq=False)
class Varied:
    """One face of one photo. place: where its pictures belong, without their number and suffix.
    pictures: grey (64, 64), the plain crop first."""

    place: Path
    pictures: list[NDArray[np.uint8]]


def list_photos(path: Path) -> dict[Path, Path]:
    """Each photo by its path below `path`, or by its name where that is one photo.

    Raises:
        UserError: no such file or folder, or no photo in it.
    """
    if path.is_file():
        return {Path(path.name): path}
    if not path.is_dir():
        raise UserError(f"{path}: no such file or folder")
    photos = {p.relative_to(path): p for p in sorted(path.rglob("*")) if is_picture(p)}
    if not photos:
        raise UserError(f"{path}: no photo in this folder")
    return photos


def varied_faces(
    photos: dict[Path, Path], count: int, seed: int, findings: Findings, *, largest: bool = False
) -> Iterator[Varied]:
    """`count` pictures of every face, or of each photo's largest alone.

    A photo that cannot be read or shows no face is told to `findings`.
    """
    finder = FaceFinder()
    try:
        for place, path in tqdm(photos.items(), "photos", unit="photo", disable=None):
            try:
                photo = load_picture(path)
            except UserError as error:
                findings.leave_out(str(place), str(error).removeprefix(f"{path}: "))
                continue
            faces = finder.find(photo)
            if not faces:
                findings.leave_out(str(place), "no face found")
            grey = frame_of(photo, 0.0).grey
            for number, face in enumerate(faces[:1] if largest else faces):
                crop = crop_face(grey, face)
                draw = np.random.default_rng([seed, zlib.crc32(place.as_posix().encode()), number])
                more = [augment(crop, CROP_SIZE, draw) for _ in range(count - 1)]
                name = f"{place.name}{MADE}{number}"
                yield Varied(place.with_name(name), [crop, *more])
    finally:
        finder.close()
