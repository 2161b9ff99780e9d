"""Large networks, each on one set, and what they have to tell afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tools.datasets.face_dataset import (
    TRAIN,
    VALIDATION,
    FaceDataset,
    from_pictures,
    join,
    pixel_digest,
)
from tools.training.architectures import ARCHITECTURES
from tools.training.batches import Recipe
from tools.training.networks import SIZE, TINY, load_network
from tools.training.teachers import TEACHERS, train_teacher

MOST_BYTES = 3_000_000
"""Of all models that ship together; int8 has a byte for each parameter."""

TRIAL = Recipe(epochs=1, batch=8, design=TINY)


def faces(part: int, seed: int) -> FaceDataset:
    pictures = np.random.default_rng(seed).integers(0, 256, (16, SIZE, SIZE), np.uint8)
    return from_pictures(pictures, part, np.array([pixel_digest(p) for p in pictures]))


def emotions(part: int, seed: int) -> FaceDataset:
    return replace(faces(part, seed), emotion=np.arange(16) % 7)


def ages(part: int, seed: int) -> FaceDataset:
    years = np.linspace(5, 80, 16, dtype=np.float32)
    female = (np.arange(16) % 2).astype(np.float32)
    return replace(faces(part, seed), years=years, female=female)


@pytest.mark.slow
def test_each_learns_from_one_set_and_tells_what_that_teaches(tmp_path: Path) -> None:
    tables = {
        "fer2013": join(emotions(TRAIN, 1), emotions(VALIDATION, 2)),
        "utkface": join(ages(TRAIN, 3), ages(VALIDATION, 4)),
    }
    small = {name: replace(TEACHERS[name], phases=(TRIAL,)) for name in ("emotion", "age")}
    best = {name: train_teacher(name, one, tables, tmp_path) for name, one in small.items()}
    told = {n: set(load_network(p).output) - {"embedding", "features"} for n, p in best.items()}
    assert told == {"emotion": {"emotion"}, "age": {"age", "female"}}  # no face has votes
    before = best["age"].stat().st_mtime_ns
    assert train_teacher("age", small["age"], tables, tmp_path) == best["age"]
    assert best["age"].stat().st_mtime_ns == before


def test_the_teachers_are_too_large_for_a_kiosk_and_cover_all_labels() -> None:
    ours = ARCHITECTURES["wayside"].build(labels=7).count_params()
    assert {teacher.table for teacher in TEACHERS.values()} == {"fer2013", "utkface"}
    for teacher in TEACHERS.values():
        assert teacher.phases[-1].design.build(labels=7).count_params() > MOST_BYTES > ours
