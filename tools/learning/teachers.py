"""The networks that are too large for a kiosk, and learn so that a small one can learn from them.

Each learns from one set alone: it needs no balance between tasks, and an epoch is shorter.
Promises: they are trained as every network here (`training.py`), go on where they were stopped, and
see no held-out face but to choose their best epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tools.faces.augment import Range
from tools.faces.datasets import TRAIN, VALIDATION, Stills
from tools.learning.architectures import Vgg
from tools.learning.batches import Recipe
from tools.learning.training import train_phases


@dataclass(frozen=True, slots=True)
class Teacher:
    """faces: the table that it learns from, "fer2013" or "utkface"; whose labels it then tells.
    phases: one after the other, each from the best network of the one before."""

    faces: str
    phases: tuple[Recipe, ...]


_FIRST = Recipe(
    epochs=42,
    rate=1.5e-3,
    design=Vgg(),
    variation=Range(
        turn=8, zoom=0.08, shift=0.035, coarse=0.1, blurred=0.06, noisy=0.05, hidden=0.2
    ),
)

TEACHERS = {
    "emotion": Teacher("fer2013", (_FIRST, replace(_FIRST, epochs=24, rate=1e-3, mixup=0))),
    "age": Teacher("utkface", (replace(_FIRST, epochs=30),)),
}
"""By the names of their folders."""


def train_teachers(
    tables: Mapping[str, Stills], runs: Path, teachers: Mapping[str, Teacher] = TEACHERS
) -> list[Path]:
    """Train each in `runs`/<name>-1 and on, or go on, or leave what is done; returns the best."""
    best = []
    for name, teacher in teachers.items():
        print(f"\n{name}", flush=True)
        faces = tables[teacher.faces]
        parts = faces.of(TRAIN), faces.of(VALIDATION)
        best.append(train_phases(runs, name, teacher.phases, *parts))
    return best
