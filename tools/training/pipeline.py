"""From data to a trained backbone: the tables of faces, and one phase of training after another.

A phase leaves its result in the run's folder and is skipped when that is there, so a run that was
killed goes on where it was, and one that was made on another machine is taken as it is. Nothing
here needs TensorFlow: Keras may compute by JAX, on an accelerator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from device.errors import UserError
from tools.datasets.load import (
    PARTS,
    TEST,
    TRAIN,
    VALIDATION,
    Stills,
    join,
    load_fer,
    load_utkface,
    resized,
)  # fmt: skip
from tools.datasets.photos import DeviceCropper
from tools.training.batches import PHASES, TAUGHT, Recipe
from tools.training.fit import halfway, train_phases
from tools.training.networks import SIZE, load_network
from tools.training.soft_targets import Lessons


def load_tables(data: Path, cache: Path, limit: int | None = None) -> dict[str, Stills]:
    """FER-2013 and UTKFace at the device's size; limit: so many faces of each part, for a trial.

    Raises:
        UserError: a set is missing or broken.
    """
    tables = {
        "fer2013": resized(load_fer(data, cache), SIZE),
        "utkface": load_utkface(data, cache, DeviceCropper),
    }
    return tables if limit is None else {n: first_of(t, limit) for n, t in tables.items()}


def refuse_empty(
    tables: Mapping[str, Stills], parts: Sequence[int] = (TRAIN, VALIDATION, TEST)
) -> None:
    """Raise UserError where a set has no face in one of the parts that are needed."""
    for name, table in tables.items():
        for part in parts:
            if not (table.part == part).any():
                raise UserError(
                    f"{name}: no {PARTS[part]} faces; training, choosing and measuring need a part "
                    "each"
                )


def first_of(stills: Stills, limit: int) -> Stills:
    """`limit` faces of each part, drawn by a fixed seed."""
    draw = np.random.default_rng(0)
    rows = [
        draw.permutation(np.flatnonzero(stills.part == p))[:limit]
        for p in (TRAIN, VALIDATION, TEST)
    ]
    return stills.take(np.sort(np.concatenate(rows)))


def course_of(lessons: Lessons | None) -> tuple[Recipe, ...]:
    """The phases of the network that ships, with what teachers say or without."""
    return PHASES if lessons is None else TAUGHT


def train_network(
    tables: Mapping[str, Stills], runs: Path, phases: Sequence[Recipe],
    lessons: Lessons | None = None, start: Path | None = None,
) -> keras.Model:  # fmt: skip
    """The backbone, from stills; each phase goes on from the best network of the one before.

    start: a trained `.keras` network, from which the last phase alone goes on, in a folder of its
    own, which is refused where it holds what another network became. With lessons the mean of what
    the last phase began with and of its best is taken: on the validation parts it has as much of
    the emotions as the latter, and keeps what the former knew better of genders.
    """
    together = join(*tables.values())
    train, held_out = together.of(TRAIN), together.of(VALIDATION)
    name = "face"
    if start is not None:
        name, phases = "face-from-start", phases[-1:]
    best = train_phases(runs, name, phases, train, held_out, lessons, start)
    if lessons is None or (start is None and len(phases) == 1):
        return load_network(best)
    return halfway(start or runs / f"{name}-{len(phases) - 1}" / "best.keras", best)
