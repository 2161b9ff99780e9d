"""Teachers: each trained on one dataset, and too large for a kiosk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.faces.crop import CROP_SIZE
from tools.datasets.face_dataset import (
    TRAIN,
    VALIDATION,
    FaceDataset,
    from_pictures,
    join,
    pixel_digest,
)
from tools.training.architectures import ARCHITECTURES
from tools.training.networks import TINY, load_network
from tools.training.pipeline import train_teacher
from tools.training.recipes import TEACHERS, Recipe

MAX_BYTES = 3_000_000
"""Of all shipped models; int8 has a byte for each parameter."""

TRIAL = Recipe(epochs=1, batch=16, design=TINY)


def faces(split: int, seed: int) -> FaceDataset:
    pictures = np.random.default_rng(seed).integers(0, 256, (16, CROP_SIZE, CROP_SIZE), np.uint8)
    return from_pictures(pictures, split, np.array([pixel_digest(p) for p in pictures]))


def emotions(split: int, seed: int) -> FaceDataset:
    return replace(faces(split, seed), emotion=np.arange(16) % 7)


def ages(split: int, seed: int) -> FaceDataset:
    years = np.linspace(5, 80, 16, dtype=np.float32)
    female = (np.arange(16) % 2).astype(np.float32)
    return replace(faces(split, seed), years=years, female=female)


@pytest.mark.slow
@pytest.mark.usefixtures("eager")
def test_a_teacher_has_the_heads_of_its_dataset(tmp_path: Path) -> None:
    datasets = {
        "fer2013": join(emotions(TRAIN, 1), emotions(VALIDATION, 2)),
        "utkface": join(ages(TRAIN, 3), ages(VALIDATION, 4)),
    }
    small = {name: replace(TEACHERS[name], schedule=(TRIAL,)) for name in ("emotion", "age")}
    best = {name: train_teacher(name, one, datasets, tmp_path) for name, one in small.items()}
    heads = {n: set(load_network(p).output) - {"embedding", "features"} for n, p in best.items()}
    assert heads == {"emotion": {"emotion"}, "age": {"age", "female"}}  # no face has votes
    before = best["age"].stat().st_mtime_ns
    assert train_teacher("age", small["age"], datasets, tmp_path) == best["age"]
    assert best["age"].stat().st_mtime_ns == before


def test_the_teachers_are_too_large_for_a_kiosk_and_cover_both_datasets() -> None:
    ours = ARCHITECTURES["wayside"].build(labels=7).count_params()
    assert {teacher.dataset for teacher in TEACHERS.values()} == {"fer2013", "utkface"}
    for teacher in TEACHERS.values():
        assert teacher.schedule[-1].design.build(labels=7).count_params() > MAX_BYTES > ours
