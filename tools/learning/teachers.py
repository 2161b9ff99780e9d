"""What larger networks say of the training faces, kept by the faces' digests.

A small network learns more from a large one's probabilities than from labels alone (Hinton et al.
2015), and from faces whose labels nobody gave: an emotion for UTKFace's, an age for FER-2013's.
Promises: one small file holds all that a student needs, so it trains again without its teachers;
faces of held-out parts are never in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.errors import UserError
from tools.faces.datasets import TRAIN, Stills
from tools.learning.networks import load_network
from tools.measuring.evaluate import predict_keras
from tools.measuring.metrics import softmax

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Probabilities of N faces. emotion: (N, labels). votes: (N, 8). age: (N, 21), over
    `AGE_YEARS`. female: (N, 1)."""

    emotion: Array
    votes: Array
    age: Array
    female: Array


def ask(teachers: Sequence[Path], stills: Stills) -> Lessons:
    """The mean of what several `.keras` networks say of faces and of their mirror images."""
    assert (stills.part == TRAIN).all()
    told: list[Lessons] = []
    networks = [load_network(path) for path in teachers]
    for network in tqdm(networks, "teachers", disable=None):
        for pictures in (stills.pictures, stills.pictures[:, :, ::-1]):
            outputs = predict_keras(network, pictures)
            told.append(
                Lessons(
                    softmax(outputs["emotion"]),
                    softmax(outputs["votes"]),
                    softmax(outputs["age"]),
                    1 / (1 + np.exp(-outputs["female"])),
                )
            )
    return Lessons(
        **{f.name: np.mean([getattr(one, f.name) for one in told], axis=0) for f in fields(Lessons)}
    )


def save(path: Path, stills: Stills, lessons: Lessons) -> None:
    """Write them by digest, each probability in one byte: a 255th is less than teachers differ."""
    digests = np.array([bytes.fromhex(digest) for digest in stills.digest], "S16")
    shares = {f.name: np.round(getattr(lessons, f.name) * 255) for f in fields(Lessons)}
    packed = {name: value.astype(np.uint8) for name, value in shares.items()}
    np.savez_compressed(path, digests=np.frombuffer(digests.tobytes(), np.uint8), **packed)


def load(path: Path, stills: Stills) -> Lessons:
    """The lessons of these faces, in their order.

    Raises:
        UserError: the file holds no lesson for some of them: it was made from other data.
    """
    with np.load(path) as kept:
        rows = {d.tobytes(): i for i, d in enumerate(kept["digests"].reshape(-1, 16))}
        wanted = [rows.get(bytes.fromhex(digest)) for digest in stills.digest]
        if None in wanted:
            missing = sum(row is None for row in wanted)
            raise UserError(
                f"{path}: no lesson for {missing} of {len(wanted)} training faces; "
                "ask the teachers again with `wayside-tools teach`"
            )
        shares = {
            f.name: kept[f.name][np.array(wanted, np.int64)].astype(np.float32) / 255
            for f in fields(Lessons)
        }
    for name in ("emotion", "votes", "age"):
        total = shares[name].sum(axis=1, keepdims=True)
        shares[name] = shares[name] / np.maximum(total, 1e-6)
    return Lessons(**shares)
