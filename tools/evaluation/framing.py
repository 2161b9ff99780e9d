"""Where FER-2013 frames its faces, as the device's own detector sees them.

`wayside-tools measure framing` finds the keypoints of a seeded sample of padded training pictures
and prints the two constants of `device/faces/crop.py`: the picture's side and how far its middle
stands above the keypoints' mean, both in radii of the keypoints.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from device.errors import UserError
from device.faces.blazeface import BlazeFace, Range
from device.faces.crop import RISE, SIDE, keypoint_frame
from device.values import Floats, Frame, Image
from tools.datasets.load import find_set
from tools.places import THIRD_PARTY

ENLARGE = 2
"""FER-2013's 48 pixels are doubled: nearer to the size of a face at a kiosk."""


def training_faces(archive: Path, count: int, seed: int) -> Iterator[Image]:
    """A seeded sample of FER-2013's training pictures, grey, enlarged."""
    with zipfile.ZipFile(archive) as faces:
        names = sorted(n for n in faces.namelist() if "/train/" in n and n.endswith(".png"))
        for index in np.random.default_rng(seed).permutation(len(names))[:count]:
            data = np.frombuffer(faces.read(names[index]), np.uint8)
            grey = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
            size = grey.shape[0] * ENLARGE
            large = cv2.resize(grey, (size, size), interpolation=cv2.INTER_CUBIC)
            yield np.asarray(large, np.uint8)


def framings(faces: Iterable[Image], detector: BlazeFace) -> Floats:
    """Side of the picture and rise and shift of its middle in radii: shape (faces found, 3)."""
    rows: list[tuple[float, float, float]] = []
    for grey in faces:
        side = grey.shape[0]
        fill = (float(grey.mean()),)
        padded = cv2.copyMakeBorder(grey, side, side, side, side, cv2.BORDER_CONSTANT, value=fill)
        rgb = cv2.cvtColor(padded, cv2.COLOR_GRAY2RGB)
        found = detector.detect(Frame(np.asarray(padded), np.asarray(rgb), 0.0))
        if not found:
            continue
        x, y, radius, roll = keypoint_frame(found[0].keypoints - side)
        off_x, off_y = side / 2 - x, side / 2 - y
        shift = off_x * math.cos(roll) + off_y * math.sin(roll)
        rise = off_x * math.sin(roll) - off_y * math.cos(roll)
        rows.append((side / radius, rise / radius, shift / radius))
    return np.array(rows, np.float32).reshape(-1, 3)


def report(data: Path, count: int = 4000, seed: int = 0) -> None:
    """Print the framing that either model measures on `count` training pictures, beside the
    constants in use. data: the folder with fer2013.zip.

    Raises:
        UserError: it is not there, or shows no face.
    """
    archive = find_set(data, "fer2013")
    if archive.suffix != ".zip":
        raise UserError(f"{archive}: framing is measured on fer2013.zip alone")
    reaches: tuple[Range, ...] = ("far", "near")
    faces = list(training_faces(archive, count, seed))
    print(f"in use: side {SIDE} rise {RISE}")
    for reach in reaches:
        detector = BlazeFace(THIRD_PARTY, reach=reach)
        rows = framings(faces, detector)
        if not len(rows):
            raise UserError(f"{archive}: no face found in its .../train/*.png ({len(faces)} there)")
        medians = np.median(rows, axis=0)
        low, high = np.percentile(rows, [16, 84], axis=0)
        print(
            f"{reach}: {len(rows)} of {len(faces)} found; "
            + ", ".join(
                f"{name} {m:.3f} (16 % {a:.3f}, 84 % {b:.3f})"
                for name, m, a, b in zip(("side", "rise", "shift"), medians, low, high, strict=True)
            )
        )
