"""What size and blur cost the reading of a face: the figures of `device.faces.crop.trust_of`.

`wayside-tools measure trust` makes FER-2013's PublicTest faces smaller or blurs them, and prints
how many of those whose emotion is told right still are, and the sharpness that the device measures.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.faces.crop import CROP_SIZE, sharpness_of
from device.recognition.recognise import emotion_output
from device.values import Image
from tools.datasets.load import VALIDATION, load_fer
from tools.scoring.predict import TFLite

SIZES = (48, 32, 24, 20, 16, 12)
BLURS = (0.01, 0.02, 0.03, 0.05, 0.08)
"""Standard deviations of a Gaussian, as shares of the crop's side."""


def shrunk(size: int) -> Callable[[Image], Image]:
    """A face as it looks that stands so far away that it is `size` pixels wide, as the device's
    crop enlarges it."""

    def act(face: Image) -> Image:
        small = cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (CROP_SIZE, CROP_SIZE)), np.uint8)

    return act


def blurred(share: float) -> Callable[[Image], Image]:
    """A face out of focus."""

    def act(face: Image) -> Image:
        crop = cv2.resize(face, (CROP_SIZE, CROP_SIZE))
        return np.asarray(cv2.GaussianBlur(crop, (0, 0), share * CROP_SIZE), np.uint8)

    return act


def told(model: TFLite, crops: list[Image]) -> NDArray[np.int64]:
    """The most probable label of each crop: shape (N,)."""
    outputs = model.predict(np.stack(crops), heads=("emotion", "consensus"))
    return outputs[emotion_output(outputs)].argmax(axis=1)


def report(data: Path, model: Path, cache: Path) -> None:
    """Print the tables. data: the folder with FER-2013."""
    stills, network = load_fer(data, cache).of(VALIDATION), TFLite(model)
    whole = told(network, [shrunk(SIZES[0])(picture) for picture in stills.pictures])
    right = whole == stills.emotion
    for title, acts in (
        ("pixels", {str(size): shrunk(size) for size in SIZES}),
        ("blur", {f"{share:.0%}": blurred(share) for share in BLURS}),
    ):
        print(f"{title:>8}  still right  sharpness (median)")
        for name, act in acts.items():
            crops = [act(picture) for picture in stills.pictures[right]]
            kept = (told(network, crops) == stills.emotion[right]).mean()
            sharp = np.median([sharpness_of(crop) for crop in crops])
            print(f"{name:>8}  {kept:11.0%}  {sharp:.2f}")
