"""Accuracy on corrupted faces: darkness, blur, distance, noise, tilt, masks and sunglasses.

The corruptions are seeded. A fall of accuracy by more than ten points is a cliff; each condition
states, with its reason, which strengths are usual at a kiosk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from tools.datasets.augment import reduce_resolution, warp
from tools.datasets.covers import drawn, keypoints_in_crop
from tools.datasets.face_dataset import FaceDataset
from tools.scoring.metrics import Array, face_metrics

Pictures = NDArray[np.uint8]
Corrupt = Callable[[Pictures, float, np.random.Generator], Pictures]
Predict = Callable[[Pictures], Mapping[str, Array]]

CLIFF = 0.10
"""A fall of accuracy by more than this is a cliff."""

ACCURACIES = {
    "accuracy": "emotion",
    "votes_accuracy": "votes, FER+ majority",
    "gender_accuracy": "gender",
    "age_band_accuracy": "age band",
}
CURVES = ACCURACIES | {"age_error": "age error (years)"}

SENSOR_GAMMA = 2.2
"""Exponent from grey level to light: sRGB's as it is usually rounded (IEC 61966-2-1)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A corruption of (N, S, S) grey faces.

    strengths: from the mildest to the hardest. usual: the hardest that is usual at a kiosk; None:
    it depends on what people wear. reason: why that one.
    """

    title: str
    unit: str
    strengths: tuple[float, ...]
    usual: float | None
    reason: str
    corrupt: Corrupt

    def is_usual(self, strength: float) -> bool:
        """Whether this strength is usual at a kiosk."""
        if self.usual is None:
            return False
        return self.strengths.index(strength) <= self.strengths.index(self.usual)


def darkened(pictures: Pictures, stops: float, rng: np.random.Generator) -> Pictures:
    """Half of the light for each stop, rounded to whole grey levels."""
    share = 2 ** (-stops / SENSOR_GAMMA)
    return np.rint(pictures * share).astype(np.uint8)


def blurred(pictures: Pictures, percent: float, rng: np.random.Generator) -> Pictures:
    """Gaussian blur with a standard deviation of `percent` of the side."""
    deviation = percent / 100 * pictures.shape[1]
    return np.stack([cv2.GaussianBlur(p, (0, 0), deviation) for p in pictures])


def coarsened(pictures: Pictures, pixels: float, rng: np.random.Generator) -> Pictures:
    """Downscaled to `pixels` across and enlarged again."""
    return np.stack([reduce_resolution(p, int(pixels)) for p in pictures])


def noisy(pictures: Pictures, deviation: float, rng: np.random.Generator) -> Pictures:
    """Gaussian noise with a standard deviation in grey levels."""
    noise = rng.standard_normal(pictures.shape, np.float32) * np.float32(deviation)
    return np.clip(np.rint(pictures + noise), 0, 255).astype(np.uint8)


def turned(pictures: Pictures, degrees: float, rng: np.random.Generator) -> Pictures:
    """Rotated by `degrees` to a random side."""
    signs = rng.choice((-1.0, 1.0), len(pictures))
    size = pictures.shape[1]
    return np.stack(
        [
            warp(
                picture, size, turn=float(sign) * degrees, zoom=1.0, stretch=0.0,
                shift=(0.0, 0.0), mirror=False,
            )
            for picture, sign in zip(pictures, signs, strict=True)
        ]
    )  # fmt: skip


def mask_area(size: int, height: float) -> NDArray[np.float32]:
    """(size, size) coverage by a face mask up to `height`: 0 below the chin, 1 between nose and
    eyes."""
    points = keypoints_in_crop()
    eyes, nose, mouth = points[:2].mean(axis=0), points[2], points[3]
    chin = mouth + 1.1 * (mouth - nose)
    bridge = nose + 0.45 * (eyes - nose)
    edge = chin[1] + height * (bridge[1] - chin[1])
    cheeks = points[4:, 0] * 0.9 + points[2, 0] * 0.1

    def draw(picture: Pictures, side: float) -> None:
        middle = (round(nose[0] * side), round(eyes[1] * side))
        axes = (round((cheeks[1] - cheeks[0]) / 2 * side), round((chin[1] - eyes[1]) * side))
        cv2.ellipse(picture, middle, axes, 0, 0, 180, 255, -1)
        sag = np.abs(np.linspace(-1, 1, picture.shape[1])) * 0.04 * height
        rows = np.arange(picture.shape[0])[:, None] / side
        picture[rows < edge + sag] = 0

    return drawn(size, draw)


def glasses_area(size: int) -> NDArray[np.float32]:
    """(size, size) coverage by sunglasses: two lenses, a bridge and temples to the ears."""
    points = keypoints_in_crop()
    apart = points[1, 0] - points[0, 0]

    def draw(picture: Pictures, side: float) -> None:
        def at(x: float, y: float) -> tuple[int, int]:
            return round(x * side), round(y * side)

        thick = max(1, round(0.06 * apart * side))
        for eye, ear in ((points[0], points[4]), (points[1], points[5])):
            middle = eye[0], eye[1] + 0.08 * apart
            axes = (round(0.42 * apart * side), round(0.34 * apart * side))
            cv2.ellipse(picture, at(*middle), axes, 0, 0, 360, 255, -1)
            cv2.line(picture, at(*eye), at(ear[0], eye[1]), 255, thick)
        cv2.line(picture, at(*points[0]), at(*points[1]), 255, thick)

    return drawn(size, draw)


def masked(pictures: Pictures, height: float, rng: np.random.Generator) -> Pictures:
    """A face mask as bright as the 90th percentile of the picture, up to `height`."""
    area = mask_area(pictures.shape[1], height)
    tone = np.percentile(pictures, 90, axis=(1, 2))[:, None, None]
    return np.rint(pictures * (1 - area) + tone * area).astype(np.uint8)


def shaded(pictures: Pictures, percent: float, rng: np.random.Generator) -> Pictures:
    """Sunglasses that absorb `percent` of the light."""
    area = glasses_area(pictures.shape[1])
    through = max(1 - percent / 100, 0.0) ** (1 / SENSOR_GAMMA)
    return np.rint(pictures * (1 - area * (1 - through))).astype(np.uint8)


WORN = "depends on what people wear, wherever the kiosk stands"

CONDITIONS = {
    "dark": Condition(
        "darkened", "stops less light", (1, 2, 4, 6, 8), 2,
        "assumed: what a camera's exposure does not correct", darkened,
    ),
    "blur": Condition(
        "blurred", "standard deviation, % of the side", (1, 2, 3, 4, 6), 2,
        "beyond it the device reduces a reading's trust (device/faces/crop.py)", blurred,
    ),
    "pixels": Condition(
        "low resolution", "pixels across", (48, 40, 32, 28, 24), 32,
        "below it the device reduces a reading's trust (device/faces/crop.py)", coarsened,
    ),
    "noise": Condition(
        "noisy", "standard deviation, grey levels", (5, 10, 15, 20, 30), 10,
        "assumed: a small sensor indoors", noisy,
    ),
    "turn": Condition(
        "rotated", "degrees to either side", (5, 10, 15, 20, 25, 30), 10,
        "assumed: the error that remains after the device has turned a crop upright", turned,
    ),
    "mask": Condition(
        "mask", "upper edge: 0.25 chin, 0.5 mouth, 1 nose", (0.25, 0.5, 0.75, 1.0), None, WORN,
        masked,
    ),
    "sunglasses": Condition(
        "sunglasses", "% of the light absorbed", (40, 60, 80, 90, 100), None, WORN, shaded,
    ),
}  # fmt: skip


def corrupted(pictures: Pictures, name: str, seed: int = 0) -> Iterator[tuple[float, Pictures]]:
    """(N, S, S) faces under each strength of a condition. Noise and the side of a rotation are the
    same at every strength, so that a curve shows strength alone."""
    condition = CONDITIONS[name]
    for strength in condition.strengths:
        rng = np.random.default_rng([seed, list(CONDITIONS).index(name)])
        yield strength, condition.corrupt(pictures, strength, rng)


def robustness(
    predict: Predict, datasets: Mapping[str, FaceDataset], clean: Mapping[str, Mapping[str, Array]],
    seed: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """The figures of `CURVES` under each condition, and the cliffs, as JSON.

    datasets: faces of one split. clean: their outputs by `predict`. Each dataset gives the
    figures that it has labels for.
    """
    figures = {name: face_metrics(clean[name], faces) for name, faces in datasets.items()}
    start = {key: value for row in figures.values() for key, value in row.items() if key in CURVES}
    report: dict[str, Any] = {
        "faces": {name: len(faces) for name, faces in datasets.items()},
        "clean": {key: round(value, 4) for key, value in start.items()},
        "conditions": {},
    }
    total = sum(len(condition.strengths) for condition in CONDITIONS.values()) * len(datasets)
    with tqdm(total=total, desc="corrupted faces", unit="pass", disable=None) as bar:
        for name, condition in CONDITIONS.items():
            curves: dict[str, list[float]] = {key: [] for key in CURVES if key in start}
            for faces in datasets.values():
                for _, pictures in corrupted(faces.pictures, name, seed):
                    found = face_metrics(predict(pictures), faces)
                    for key in curves.keys() & found.keys():
                        curves[key].append(round(found[key], 4))
                    bar.update()
            report["conditions"][name] = {
                "title": condition.title,
                "unit": condition.unit,
                "strengths": list(condition.strengths),
                "usual": condition.usual,
                "reason": condition.reason,
                "curves": curves,
            }
    report["cliffs"] = list(cliffs(report))
    return report


def cliffs(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The mildest strength of each condition at which an accuracy has fallen by more than
    `CLIFF`."""
    for name, row in report["conditions"].items():
        for key in (key for key in ACCURACIES if key in row["curves"]):
            for strength, value in zip(row["strengths"], row["curves"][key], strict=True):
                fallen = report["clean"][key] - value
                if fallen > CLIFF:
                    yield {
                        "condition": name,
                        "figure": key,
                        "strength": strength,
                        "clean": report["clean"][key],
                        "value": value,
                        "fallen": round(fallen, 4),
                        "usual": CONDITIONS[name].is_usual(strength),
                    }
                    break
