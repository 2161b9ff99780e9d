"""The networks that are too large for a kiosk, and learn so that a small one can learn from them.

Each learns from one set alone: that needs no balance between tasks, and an epoch is shorter.
Promises: they are trained as every network here (`training.py`), go on where they were stopped, and
see no held-out face but to choose their best epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tools.datasets.augment import Augmentation
from tools.datasets.face_dataset import TRAIN, VALIDATION, FaceDataset
from tools.training.architectures import Residual, Vgg
from tools.training.batches import Recipe
from tools.training.fit import train_phases
from tools.training.soft_targets import VARIATION


@dataclass(frozen=True, slots=True)
class Teacher:
    """table: "fer2013" or "utkface", whose labels it learns and tells. phases: one after the other,
    each from the best network of the one before."""

    table: str
    phases: tuple[Recipe, ...]


_FIRST = Recipe(epochs=34, rate=2e-3, votes_share=0.2, design=Residual(), variation=VARIATION)
_SECOND = replace(_FIRST, epochs=16, rate=8e-4, mixup=0)
_THIRD = replace(_FIRST, epochs=30, rate=1.5e-3, votes_share=0)
# By the end of the third the training faces were learnt by heart: now more is asked.
_FOURTH = replace(_THIRD, epochs=40, mixup=0.4, variation=Augmentation())

# Another kind of network from another beginning: it is wrong about other faces.
_OTHER = replace(_FOURTH, epochs=60, rate=2e-3, patience=30, design=Vgg(), seed=2)

TEACHERS = {
    "emotion": Teacher("fer2013", (_FIRST, _SECOND, _THIRD, _FOURTH)),
    "emotion-vgg": Teacher("fer2013", (_OTHER,)),
    "age": Teacher("utkface", (replace(_FIRST, epochs=26), replace(_SECOND, epochs=12))),
}
"""By the names of their lessons."""


def train_teacher(
    name: str, teacher: Teacher, tables: Mapping[str, FaceDataset], runs: Path
) -> Path:
    """Train it in `runs`/<name>-1 and on, or go on, or leave it where it is done; returns its best
    network."""
    faces = tables[teacher.table]
    return train_phases(runs, name, teacher.phases, faces.only(TRAIN), faces.only(VALIDATION))
