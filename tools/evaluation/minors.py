"""How well `device.audience.age` tells who may be a minor, on UTKFace's held-out faces.

`wayside-tools measure minors` prints, for several shares of the age distribution below 18, how many
minors are taken for possible minors, and how many adults too. The threshold is chosen on the
validation part; the test part is for reading. One picture each: a visitor is seen for longer.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.audience.age import ADULT_AT, BELOW_ADULT, MINOR_SHARE
from device.values import AGE_YEARS
from tools.datasets.load import PARTS, TEST, VALIDATION, load_utkface
from tools.datasets.photos import DeviceCropper
from tools.scoring.metrics import softmax
from tools.scoring.predict import TFLite

SHARES = (0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.1)
GROUPS = ((0, 13), (13, 18), (18, 22), (22, 26), (26, 31), (31, 120))


def taken_for_minors(distributions: NDArray[np.float32], share: float) -> NDArray[np.bool_]:
    """Whether each of N may be a minor, by the rule of `Age`: shape (N,)."""
    years, below = distributions @ AGE_YEARS, distributions @ BELOW_ADULT
    return np.logical_or(below > share, years < ADULT_AT)


def report(data: Path, model: Path, cache: Path) -> None:
    """Print the tables. data: the folder with UTKFace."""
    faces, network = load_utkface(data, cache, DeviceCropper), TFLite(model)
    for part in (VALIDATION, TEST):
        stills = faces.of(part)
        distributions = softmax(network.predict(stills.pictures, heads=("age",))["age"])
        print(f"{PARTS[part]}: share of each age that is taken for a possible minor")
        print("threshold " + "".join(f"{f'{a}-{b - 1}':>9}" for a, b in GROUPS))
        for share in SHARES:
            taken = taken_for_minors(distributions, share)
            cells = [taken[(stills.years >= a) & (stills.years < b)].mean() for a, b in GROUPS]
            mark = " in use" if share == MINOR_SHARE else ""
            print(f"{share:9} " + "".join(f"{cell:9.1%}" for cell in cells) + mark)
