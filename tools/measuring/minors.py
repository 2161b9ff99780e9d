"""How well `device.audience.age` tells who may be a minor, on UTKFace's held-out faces.

`wayside-tools measure minors` prints, for several shares of the age distribution below 18, how many
minors are taken for possible minors, and how many adults too. The threshold is chosen on the
validation part; the test part is for reading. One picture each: a visitor is seen for longer.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.audience.age import ADULT_AT, BELOW_ADULT, MINOR_SHARE
from device.values import AGE_YEARS
from device.vision.crop import CROP_SIZE
from device.vision.litert import load_model
from device.vision.recognise import softmax
from tools.faces.datasets import PARTS, TEST, VALIDATION, Stills, cached, read_utkface
from tools.faces.photos import DeviceCropper

SHARES = (0.02, 0.04, 0.06, 0.08, 0.1, 0.2)
GROUPS = ((0, 13), (13, 18), (18, 22), (22, 26), (26, 31), (31, 120))


def ages(model: Path, stills: Stills) -> NDArray[np.float32]:
    """Age distributions of N pictures: shape (N, 21)."""
    network = load_model(model)
    size = (CROP_SIZE, CROP_SIZE)
    crops = (cv2.resize(picture, size)[None, :, :, None] for picture in stills.pictures)
    return np.stack([softmax(network.run({"face": crop})["age"][0]) for crop in crops])


def taken_for_minors(distributions: NDArray[np.float32], share: float) -> NDArray[np.bool_]:
    """Whether each of N may be a minor, by the rule of `Age`: shape (N,)."""
    years, below = distributions @ AGE_YEARS, distributions @ BELOW_ADULT
    return np.logical_or(below > share, years < ADULT_AT)


def report(data: Path, model: Path, cache: Path) -> None:
    """Print the tables. data: the folder with utkface_112.zip."""
    faces = cached(
        cache / "utkface.npz",
        lambda: read_utkface(data / "utkface_112.zip", DeviceCropper()),
    )
    for part in (VALIDATION, TEST):
        stills = faces.of(part)
        distributions = ages(model, stills)
        print(f"{PARTS[part]}: share of each age that is taken for a possible minor")
        print("threshold " + "".join(f"{f'{a}-{b - 1}':>9}" for a, b in GROUPS))
        for share in SHARES:
            taken = taken_for_minors(distributions, share)
            cells = [taken[(stills.years >= a) & (stills.years < b)].mean() for a, b in GROUPS]
            mark = " in use" if share == MINOR_SHARE else ""
            print(f"{share:9} " + "".join(f"{cell:9.1%}" for cell in cells) + mark)
