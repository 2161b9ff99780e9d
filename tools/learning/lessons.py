"""What larger networks say of the training faces, kept by the faces' digests.

A small network learns more from a large one's probabilities than from labels alone (Hinton et al.
2015), and from faces whose labels nobody gave: an emotion for UTKFace's, an age for FER-2013's.
Promises: one small file holds all that a student needs, so it trains again without its teachers;
faces of held-out parts are never in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.errors import UserError
from tools.faces.datasets import TRAIN, Stills
from tools.learning.networks import HEADS, load_network
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

    @property
    def digest(self) -> str:
        """Of all that is said: eight hexadecimal digits."""
        said = (np.ascontiguousarray(getattr(self, head)).tobytes() for head in HEADS)
        return hashlib.sha256(b"".join(said)).hexdigest()[:8]


def ask(teachers: Sequence[Path], stills: Stills) -> Lessons:
    """The mean of what several `.keras` networks say of faces and of their mirror images; each
    speaks for the heads that it has.

    Raises:
        UserError: a head that none of them has.
    """
    assert (stills.part == TRAIN).all()
    told: dict[str, list[Array]] = {head: [] for head in HEADS}
    networks = [load_network(path) for path in teachers]
    for network in tqdm(networks, "teachers", disable=None):
        for pictures in (stills.pictures, stills.pictures[:, :, ::-1]):
            outputs = predict_keras(network, pictures)
            for head in told.keys() & outputs.keys():
                logits = outputs[head]
                told[head].append(
                    1 / (1 + np.exp(-logits)) if head == "female" else softmax(logits)
                )
    if unsaid := [head for head, sayings in told.items() if not sayings]:
        raise UserError(f"no teacher has learnt {unsaid[0]}; name one that has")
    return Lessons(**{head: np.mean(sayings, axis=0) for head, sayings in told.items()})


def save(path: Path, stills: Stills, lessons: Lessons) -> None:
    """Write them by digest, each probability in one byte: a 255th is less than teachers differ."""
    digests = np.array([bytes.fromhex(digest) for digest in stills.digest], "S16")
    shares = {head: np.round(getattr(lessons, head) * 255) for head in HEADS}
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
            head: kept[head][np.array(wanted, np.int64)].astype(np.float32) / 255 for head in HEADS
        }
    for name in ("emotion", "votes", "age"):
        total = shares[name].sum(axis=1, keepdims=True)
        shares[name] = shares[name] / np.maximum(total, 1e-6)
    return Lessons(**shares)
