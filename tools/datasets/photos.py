"""Face crops from photos, made by the device's own detector and cropper.

A photo that a face fills gets a border first, since the detector needs some background around a
face. Guarantees: the first of the pictures made of a face is its plain crop; a seed repeats the
others, whatever other photos there are; class folders stay class folders.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.camera.images import frame_of, is_picture, load_picture
from device.config import VisionConfig
from device.errors import UserError
from device.faces.blazeface import KEYPOINTS, BlazeFace
from device.faces.crop import CROP_SIZE, crop_face
from device.faces.pipeline import FacePipeline
from device.values import Box, Face, Frame
from tools.datasets.augment import augment
from tools.datasets.import_issues import ImportIssues
from tools.places import SOURCE_MARK, THIRD_PARTY

ALIGNED_KEYPOINTS = np.array(
    [[0.30, 0.29], [0.69, 0.30], [0.50, 0.51], [0.49, 0.71], [0.09, 0.39], [0.88, 0.40]],
    np.float32,
)
"""The six keypoints of UTKFace's aligned photos in shares of the side: medians of the detector's
keypoints. Used if the detector finds no face in a photo, or another one than the central."""


class DeviceCropper:
    """Called with an RGB photo (H, W, 3) of one aligned face, returns the grey crop (64, 64) uint8,
    framed by `ALIGNED_KEYPOINTS` if no face is found in the middle."""

    def __init__(self, models: Path = THIRD_PARTY) -> None:
        """Load the device's detector. models: the folder of third-party models."""
        self._detector = BlazeFace(models, threshold=0.5)

    def __call__(self, photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = photo.shape[:2]
        keypoints = ALIGNED_KEYPOINTS * np.float32([width, height])
        aligned = Face(Box(0, 0, width, height), keypoints, 0.0, KEYPOINTS)
        found = find_with_border(self._detector.detect, photo)
        central = [face for face in found if _distance(face, aligned) < 0.15 * width]
        grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
        return crop_face(grey, central[0] if central else aligned)


class ColourCropper:
    """Called with an RGB photo (H, W, 3) of one face, returns the detector's upright square box,
    enlarged, as RGB (side, side, 3) uint8; the whole photo if no face is found in the middle."""

    def __init__(self, enlarged: float, side: int = 96, models: Path = THIRD_PARTY) -> None:
        """enlarged: sides of the box that the crop has."""
        self._detector = BlazeFace(models, threshold=0.5)
        self._enlarged, self._side = enlarged, side

    def __call__(self, photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = photo.shape[:2]
        x, y, size = width / 2, height / 2, float(max(height, width))
        for face in find_with_border(self._detector.detect, photo):
            if math.dist(face.box.centre, (x, y)) < 0.25 * width:
                (x, y), size = face.box.centre, max(face.box.w, face.box.h) * self._enlarged
                break
        scale, middle = self._side / size, self._side / 2
        matrix = np.array([[scale, 0, middle - scale * x], [0, scale, middle - scale * y]])
        crop = cv2.warpAffine(
            photo, matrix, (self._side, self._side), flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        return np.asarray(crop, np.uint8)


def find_with_border(
    find: Callable[[Frame], tuple[Face, ...]], photo: NDArray[np.uint8]
) -> tuple[Face, ...]:
    """Faces found in a photo with a grey border of half its side, in pixels of the photo."""
    edge = max(photo.shape[:2]) // 2
    framed = cv2.copyMakeBorder(
        photo, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(127, 127, 127)
    )
    faces = find(Frame(framed[..., 0], framed, 0.0))
    return tuple(
        replace(
            face,
            box=replace(face.box, x=face.box.x - edge, y=face.box.y - edge),
            keypoints=face.keypoints - np.float32(edge),
        )
        for face in faces
    )


def _distance(one: Face, other: Face) -> float:
    """Root mean square distance of two faces' keypoints in pixels."""
    return float(np.sqrt(((one.keypoints - other.keypoints) ** 2).sum(axis=1).mean()))


@dataclass(frozen=True, slots=True, eq=False)
class AugmentedFace:
    """One face of one photo. path: where its pictures belong, without number and suffix. pictures:
    grey (64, 64), the plain crop first."""

    path: Path
    pictures: list[NDArray[np.uint8]]


def list_photos(path: Path) -> dict[Path, Path]:
    """Photos by their paths below the folder `path`, or one photo by its name.

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


def augmented_faces(
    photos: dict[Path, Path], count: int, seed: int, issues: ImportIssues, *, largest: bool = False
) -> Iterator[AugmentedFace]:
    """`count` pictures of every face, or of the largest face of each photo.

    A photo that is unreadable or shows no face is skipped.
    """
    pipeline = FacePipeline.open(VisionConfig(), THIRD_PARTY)
    try:
        for place, path in tqdm(photos.items(), "photos", unit="photo", disable=None):
            try:
                photo = load_picture(path)
            except UserError as error:
                issues.skip(str(place), str(error).removeprefix(f"{path}: "))
                continue
            frame = frame_of(photo, 0.0)
            found = pipeline.find(frame) or find_with_border(pipeline.find, photo)
            faces = sorted(found, key=lambda face: -face.box.h)
            if not faces:
                issues.skip(str(place), "no face found")
            for number, face in enumerate(faces[:1] if largest else faces):
                crop = crop_face(frame.grey, face)
                draw = np.random.default_rng([seed, zlib.crc32(place.as_posix().encode()), number])
                more = [augment(crop, CROP_SIZE, draw) for _ in range(count - 1)]
                name = f"{place.name}{SOURCE_MARK}{number}"
                yield AugmentedFace(place.with_name(name), [crop, *more])
    finally:
        pipeline.close()


def save_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write RGB (H, W, 3) or grey (H, W) in the format of the name's suffix; folders are created.

    Raises:
        UserError: it cannot be written.
    """
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(path.suffix, picture)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None
