"""Age and gender by UTKFace's race, gender and age groups, with 95 % intervals.

Groups are as UTKFace's authors label them. Each figure has a seeded bootstrap interval; a group of
few faces is marked and makes no gap. What no label allows to measure is stated in the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.values import AGE_BANDS
from tools.datasets.face_dataset import RACES, FaceDataset
from tools.scoring.intervals import resampled_means, with_interval
from tools.scoring.metrics import Array, bands, mean_years

SMALL = 100
"""Faces a group needs to count for a gap: at an accuracy of 0.9 one standard error of 100 faces is
three points. (A handful of correct predictions has a bootstrap interval of no width.)"""

GAP_LIMITS = {"gender": 0.05, "race": 0.08}
"""Largest accepted gap of gender accuracy between the best and the worst group: women and men, and
UTKFace's five races. A gap by age is reported and has no limit."""

FIGURES = ("gender_accuracy", "age_error", "age_band_accuracy")

EMOTION_NOT_MEASURED = (
    "Emotion by race, gender and age is not measured: the labels of FER-2013 and FER+ say nothing "
    "of who is seen, and UTKFace has no emotions."
)

Groups = dict[str, dict[str, NDArray[np.bool_]]]


def groups_of(faces: FaceDataset) -> Groups:
    """(N,) masks of the faces of each group, by "race", "gender", "age" and "race and gender"."""
    female = faces.female > 0.5
    known = np.isfinite(faces.female)
    genders = {"female": known & female, "male": known & ~female}
    races = {name: faces.race == index for index, name in enumerate(RACES)}
    aged = np.isfinite(faces.years)
    band = np.where(aged, bands(np.nan_to_num(faces.years)), -1)
    groups: Groups = {
        "race": races,
        "gender": genders,
        "age": {name: band == index for index, name in enumerate(AGE_BANDS)},
        "race and gender": {
            f"{race}, {gender}": of_race & of_gender
            for race, of_race in races.items()
            for gender, of_gender in genders.items()
        },
    }
    return {
        kind: {name: mask for name, mask in members.items() if mask.any()}
        for kind, members in groups.items()
    }


def fairness(outputs: Mapping[str, Array], faces: FaceDataset, seed: int = 0) -> dict[str, Any]:
    """Figures by group, and the gaps of gender accuracy between groups, as JSON.

    outputs: age and female, a row for each face. Only faces with known age and gender count;
    without any, or without these outputs, the report has only "not_measured".
    """
    report: dict[str, Any] = {"not_measured": EMOTION_NOT_MEASURED}
    known = np.isfinite(faces.years) & np.isfinite(faces.female)
    if not known.any() or not {"age", "female"} <= outputs.keys():
        return report
    faces = faces.take(known)
    years = mean_years(outputs["age"][known])
    predicted_female = outputs["female"][known, 0] > 0
    values = np.stack(
        [
            predicted_female == (faces.female > 0.5),
            np.abs(years - faces.years),
            bands(years) == bands(faces.years),
        ],
        axis=1,
    ).astype(np.float64)
    overall = _row(values, resampled_means(values, seed))
    report |= {"faces": len(values), "overall": overall, "groups": {}, "gaps": {}}
    for kind, members in groups_of(faces).items():
        resampled = {  # a seed for each, so that groups of one size are not resampled alike
            name: resampled_means(values[mask], seed + number)
            for number, (name, mask) in enumerate(members.items(), 1)
        }
        rows = {name: _row(values[mask], resampled[name]) for name, mask in members.items()}
        report["groups"][kind] = rows
        large = {name: resampled[name][:, 0] for name, row in rows.items() if not row["small"]}
        means = {name: float(values[members[name], 0].mean()) for name in large}
        if len(large) > 1:
            report["gaps"][kind] = _gap(means, large, GAP_LIMITS.get(kind))
    return report


def _row(values: NDArray[np.float64], resampled: NDArray[np.float64]) -> dict[str, Any]:
    """Number of faces, whether they are few, and each of `FIGURES` with its interval."""
    means = values.mean(axis=0)
    estimates = {
        name: with_interval(means[i], resampled[:, i]).as_json() for i, name in enumerate(FIGURES)
    }
    return {"faces": len(values), "small": len(values) < SMALL, **estimates}


def _gap(
    means: Mapping[str, float], resampled: Mapping[str, NDArray[np.float64]], limit: float | None
) -> dict[str, Any]:
    """Best less worst. The interval is of these two groups: the best less the worst of each
    resample would be a gap by chance alone."""
    best, worst = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    gap = with_interval(means[best] - means[worst], resampled[best] - resampled[worst])
    row: dict[str, Any] = {"best": best, "worst": worst, **gap.as_json()}
    return row if limit is None else row | {"limit": limit, "met": gap.value <= limit}
