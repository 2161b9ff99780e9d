"""The networks that are too large for a kiosk, and learn so that a small one can learn from them.

Each learns from one set alone: it needs no balance between tasks, and an epoch is shorter.
Promises: they are trained as every network here (`training.py`), go on where they were stopped, and
see no held-out face but to choose their best epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from device.values import EMOTIONS
from tools.faces.augment import Range
from tools.faces.datasets import TRAIN, VALIDATION, Stills
from tools.learning.architectures import Vgg
from tools.learning.batches import Recipe
from tools.learning.training import Run


@dataclass(frozen=True, slots=True)
class Teacher:
    """faces: the table that it learns from, "fer2013" or "utkface"; whose labels it then tells."""

    faces: str
    recipe: Recipe


_STEADY = Range(
    turn=8, zoom=0.08, shift=0.035, coarse=0.1, blurred=0.06, noisy=0.05, hidden=0.2
)  # fmt: skip

TEACHERS = {
    "emotion": Teacher(
        "fer2013", Recipe(epochs=42, rate=1.5e-3, design=Vgg(), variation=_STEADY)
    ),
    "age": Teacher("utkface", Recipe(epochs=30, rate=1.5e-3, design=Vgg(), variation=_STEADY)),
}  # fmt: skip
"""By the names of their folders."""


def train_teachers(
    tables: Mapping[str, Stills], runs: Path, teachers: Mapping[str, Teacher] = TEACHERS
) -> list[Path]:
    """Train each in `runs`/<name>, or go on, or leave what is done; returns their best networks."""
    best = []
    for name, teacher in teachers.items():
        print(f"\n{name}", flush=True)
        run = Run(runs / name, teacher.recipe, len(EMOTIONS))
        faces = tables[teacher.faces]
        run.train(faces.of(TRAIN), faces.of(VALIDATION))
        best.append(run.best)
    return best
