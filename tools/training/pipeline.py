"""From data to a trained backbone: the tables of faces, and one phase of training after another.

A phase leaves its result in the run's folder and is skipped when that is there, so a run that was
killed goes on where it was, and one that was made on another machine is taken as it is. Nothing
here needs TensorFlow: Keras may compute by JAX, on an accelerator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras

from tools.datasets.face_dataset import TRAIN, VALIDATION, FaceDataset, join
from tools.training.batches import PHASES, TAUGHT, Recipe
from tools.training.fit import halfway, train_phases
from tools.training.networks import load_network
from tools.training.soft_targets import Lessons


def course_of(lessons: Lessons | None) -> tuple[Recipe, ...]:
    """The phases of the network that ships, with what teachers say or without."""
    return PHASES if lessons is None else TAUGHT


def train_network(
    tables: Mapping[str, FaceDataset], runs: Path, phases: Sequence[Recipe],
    lessons: Lessons | None = None, start: Path | None = None,
) -> keras.Model:  # fmt: skip
    """The backbone, from stills; each phase goes on from the best network of the one before.

    start: a trained `.keras` network, from which the last phase alone goes on, in a folder of its
    own, which is refused where it holds what another network became. With lessons the mean of what
    the last phase began with and of its best is taken: on the validation parts it has as much of
    the emotions as the latter, and keeps what the former knew better of genders.
    """
    together = join(*tables.values())
    train, held_out = together.only(TRAIN), together.only(VALIDATION)
    name = "face"
    if start is not None:
        name, phases = "face-from-start", phases[-1:]
    best = train_phases(runs, name, phases, train, held_out, lessons, start)
    if lessons is None or (start is None and len(phases) == 1):
        return load_network(best)
    return halfway(start or runs / f"{name}-{len(phases) - 1}" / "best.keras", best)
