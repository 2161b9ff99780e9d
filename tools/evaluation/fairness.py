"""Who is served worse: age and gender by UTKFace's race, gender and age, with intervals.

A group is as UTKFace's authors label it. Each figure has a seeded bootstrap interval, and a group
of few faces is named as such: its figure is one to doubt. What no label lets us measure is said in
words, never passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.values import AGE_BANDS
from tools.datasets.load import RACES, Stills
from tools.scoring.intervals import Estimate, resampled_means, with_interval
from tools.scoring.metrics import Array, bands, mean_years

SMALL = 100
"""Faces from which on a group's figures count for a gap: of 100 faces that are told right nine
times in ten, one standard error is three points. (A handful that is all told right has a bootstrap
interval of no width at all.)"""

GAP_LIMITS = {"gender": 0.05, "race": 0.08}
"""How far gender accuracy may lie apart between the groups that are served worst and best: women
and men, and UTKFace's five races. A gap by age is reported and has no limit."""

FIGURES = ("gender_accuracy", "age_error", "age_band_accuracy")

EMOTION_NOT_MEASURED = (
    "Emotion by race, gender and age is not measured: the labels of FER-2013 and FER+ say nothing "
    "of who is seen, and UTKFace has no emotions."
)

Groups = dict[str, dict[str, NDArray[np.bool_]]]


def groups_of(stills: Stills) -> Groups:
    """Which faces belong to which group, by "race", "gender", "age" and "race and gender"."""
    female = stills.female > 0.5
    known = np.isfinite(stills.female)
    genders = {"female": known & female, "male": known & ~female}
    races = {name: stills.race == index for index, name in enumerate(RACES)}
    aged = np.isfinite(stills.years)
    band = np.where(aged, bands(np.nan_to_num(stills.years)), -1)
    found: Groups = {
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
        kind: {name: faces for name, faces in members.items() if faces.any()}
        for kind, members in found.items()
    }


def fairness(outputs: Mapping[str, Array], stills: Stills, seed: int = 0) -> dict[str, Any]:
    """Figures by group, and the gaps of gender accuracy between groups, as JSON would have them.

    outputs: age and female, a row for each of the stills. Only faces of which age and gender are
    known are measured; without any, or without these outputs, only the words of what is not
    measured are given.
    """
    report: dict[str, Any] = {"not_measured": EMOTION_NOT_MEASURED}
    known = np.isfinite(stills.years) & np.isfinite(stills.female)
    if not known.any() or not {"age", "female"} <= outputs.keys():
        return report
    stills = stills.take(known)
    years = mean_years(outputs["age"][known])
    told_female = outputs["female"][known, 0] > 0
    values = np.stack(
        [
            told_female == (stills.female > 0.5),
            np.abs(years - stills.years),
            bands(years) == bands(stills.years),
        ],
        axis=1,
    ).astype(np.float64)
    whole = resampled_means(values, seed)
    report |= {"faces": len(values), "overall": _row(values, whole), "groups": {}, "gaps": {}}
    for kind, members in groups_of(stills).items():
        draws = {  # by a seed each: groups of one size would else be drawn alike
            name: resampled_means(values[faces], seed + number)
            for number, (name, faces) in enumerate(members.items(), 1)
        }
        rows = {name: _row(values[faces], draws[name]) for name, faces in members.items()}
        report["groups"][kind] = rows
        large = {name: draws[name][:, 0] for name, row in rows.items() if not row["small"]}
        means = {name: float(values[members[name], 0].mean()) for name in large}
        if len(large) > 1:
            report["gaps"][kind] = _gap(means, large, GAP_LIMITS.get(kind))
    return report


def _row(values: NDArray[np.float64], draws: NDArray[np.float64]) -> dict[str, Any]:
    """Number of faces, whether they are few, and each of `FIGURES` with its interval."""
    means = values.mean(axis=0)
    estimates = {
        name: with_interval(means[i], draws[:, i]).as_json() for i, name in enumerate(FIGURES)
    }
    return {"faces": len(values), "small": len(values) < SMALL, **estimates}


def _gap(
    means: Mapping[str, float], draws: Mapping[str, NDArray[np.float64]], limit: float | None
) -> dict[str, Any]:
    """Best less worst. The interval is of these two groups: were the best and worst of each draw
    taken, chance alone would make a gap."""
    best, worst = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    gap: Estimate = with_interval(means[best] - means[worst], draws[best] - draws[worst])
    row: dict[str, Any] = {"best": best, "worst": worst, **gap.as_json()}
    return row if limit is None else row | {"limit": limit, "met": gap.value <= limit}
