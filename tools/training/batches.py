"""What one step of training sees: augmented, mixed faces and what is to be told of each.

One batch holds faces of every set; a face without an emotion teaches age and gender, one without
an age teaches emotion. Promises: the same seed gives the same batches in the same order, whatever
was drawn before, and no phase of a course those of another.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

from device.values import AGE_YEARS
from tools.datasets.augment import Augmentation, augment, augment_lightly
from tools.datasets.face_dataset import FaceDataset
from tools.training.networks import HEADS, SEEN, Architecture, Design
from tools.training.precision import fastest_policy
from tools.training.soft_targets import Lessons

Rows = dict[str, np.ndarray]
"""By head, a row for each face."""

AGE_SPREAD = 4.0  # years: width of the Gaussian that an age becomes, as in DLDL (Gao et al. 2017)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a run depends on beside the data.

    rate: the largest of AdamW's, after `warmup_epochs`; it then falls by a cosine. decay: of its
    weights, a step, times the rate. average: how much of the running mean of the weights stays, a
    step. patience: epochs without a better one, after which it ends. loss_weights: by head.
    votes_share: how much of the emotion target is what FER+'s annotators saw. rare: how often an
    epoch shows a face of a class that has less than a tenth of the largest one's faces. mixup:
    alpha of the Beta distribution of Zhang et al. 2018; 0: none. policy: of Keras's dtypes, for
    the training step alone. taught: how much of a label is what teachers say, where there are
    lessons; a face without that label teaches what they say, and counts `guessed` as much.
    variation: how strongly an epoch's faces are varied; with lessons it is as the lessons say, and
    each view is retouched anew each time.
    """

    epochs: int = 50
    batch: int = 128
    rate: float = 2e-3
    decay: float = 0.05
    warmup_epochs: int = 1
    votes_share: float = 0.2
    rare: int = 3
    mixup: float = 0.2
    taught: float = 0.5
    guessed: float = 0.5
    average: float = 0.998
    patience: int = 12
    seed: int = 1
    loss_weights: dict[str, float] = field(
        default_factory=lambda: {"emotion": 1.0, "votes": 0.5, "age": 0.6, "female": 1.5}
    )
    design: Architecture = field(default_factory=Design)
    policy: str = field(default_factory=fastest_policy)
    variation: Augmentation = field(default_factory=Augmentation)


PHASES = (
    Recipe(),
    Recipe(
        epochs=45,
        rate=1.5e-3,
        mixup=0,
        variation=Augmentation(
            turn=7, zoom=0.07, shift=0.03, coarse=0.1, blurred=0.06, noisy=0.05, hidden=0.1
        ),
    ),
)
"""Run after run, each from the best network of the one before (warm restarts, as in Loshchilov and
Hutter 2017): first widely varied faces, then faces as most visitors show them. At the end of the
first the loss was still falling: it is too much to learn in so few epochs."""

_LONG = Recipe(epochs=66, votes_share=0, taught=0.7, patience=30)

TAUGHT = (_LONG, replace(_LONG, epochs=50, rate=1.2e-3))
"""Where there are lessons: long, since a good teacher is patient (Beyer et al. 2022), and with
mixup, without which the faces are learnt by heart by then; the views are mild enough for both. The
second begins at a lower rate: at the first one's nothing was gained for twenty epochs."""


def emotion_targets(stills: FaceDataset, labels: int, votes_share: float) -> np.ndarray:
    """(N, labels) float32: the label, softened by FER+'s votes where there are any, or by an equal
    share for each label."""
    hard = np.eye(labels, dtype=np.float32)[np.maximum(stills.emotion, 0)]
    soft = np.full_like(hard, 1 / labels)
    if labels == stills.votes.shape[1] - 1:
        seen = stills.votes[:, :labels]
        total = seen.sum(axis=1, keepdims=True)
        soft = np.where(total > 0, seen / np.maximum(total, 1e-6), soft)
    return (hard * (1 - votes_share) + soft * votes_share).astype(np.float32)


def age_targets(years: np.ndarray) -> np.ndarray:
    """(N, 22) float32: shares of the 21 bins of `AGE_YEARS`, then the age itself in years."""
    known = np.clip(np.nan_to_num(years), 0, AGE_YEARS[-1])[:, None]
    bins = np.exp(-((AGE_YEARS - known) ** 2) / (2 * AGE_SPREAD**2))
    return np.hstack([bins / bins.sum(axis=1, keepdims=True), known]).astype(np.float32)


def known_of(stills: FaceDataset) -> Rows:
    """(N,) float32 by head: 1 where a face has that label."""
    known = {
        "emotion": stills.emotion >= 0,
        "votes": stills.votes.sum(axis=1) > 0,
        "age": np.isfinite(stills.years),
        "female": np.isfinite(stills.female),
    }
    return {head: mask.astype(np.float32) for head, mask in known.items()}


def heads_of(stills: FaceDataset, lessons: Lessons | None) -> list[str]:
    """Heads that these faces teach: all where there are lessons, or what one has a label of."""
    known = known_of(stills)
    return [head for head in HEADS if lessons is not None or known[head].any()]


def with_lessons(
    targets: Rows, known: Rows, said: Mapping[str, np.ndarray], recipe: Recipe
) -> tuple[Rows, Rows]:
    """Targets and masks by head, with what teachers say of the same faces mixed in.

    said: (n, C) probabilities by head.
    """
    years = said["age"] @ AGE_YEARS
    said = {**said, "age": np.hstack([said["age"], years[:, None]])}
    mixed_in, counted = {}, {}
    for head in HEADS:
        sure = known[head] > 0
        own = np.where(sure, 1 - recipe.taught, 0).astype(np.float32)[:, None]
        mixed_in[head] = own * targets[head] + (1 - own) * said[head].astype(np.float32)
        counted[head] = np.where(sure, 1, recipe.guessed).astype(np.float32)
    return mixed_in, counted


def with_rare_again(emotion: np.ndarray, times: int) -> np.ndarray:
    """Row numbers of an epoch: all of them, those of rare classes `times` times.

    emotion: (N,) class numbers, -1 unknown. Rare is less than a tenth of the largest class.
    """
    counts = np.bincount(emotion[emotion >= 0], minlength=1)
    rare = np.flatnonzero((counts > 0) & (counts < counts.max() / 10))
    again = np.flatnonzero(np.isin(emotion, rare))
    return np.concatenate([np.arange(len(emotion)), np.repeat(again, times - 1)])


def mixup_pairs(
    kind: np.ndarray, alpha: float, draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """For each row of a batch another row of its own kind, and the share (N,) that stays its own.

    kind: (N,) what must be equal, so that no face is mixed with one that teaches something else.
    """
    partner = np.arange(len(kind))
    for value in np.unique(kind):
        rows = np.flatnonzero(kind == value)
        partner[rows] = draw.permutation(rows)
    share = draw.beta(alpha, alpha, len(kind)).astype(np.float32)
    return partner, np.maximum(share, 1 - share)


def mixed(values: np.ndarray, partner: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Rows of `values`, each `share` its own and the rest its partner's."""
    own = share.reshape(-1, *[1] * (values.ndim - 1))
    return values * own + values[partner] * (1 - own)


class Batches(keras.utils.PyDataset):
    """One epoch of augmented batches, drawn by seed, phase, epoch and number of the batch alone."""

    def __init__(
        self,
        stills: FaceDataset,
        recipe: Recipe,
        labels: int,
        epoch: int,
        lessons: Lessons | None = None,
        phase: int = 1,
    ) -> None:
        workers = os.cpu_count() or 2
        super().__init__(workers=workers, max_queue_size=4 * workers)
        self._stills, self._recipe = stills, recipe
        self._drawn_by = [recipe.seed, phase, epoch]
        draw = np.random.default_rng(self._drawn_by)
        self._order = draw.permutation(with_rare_again(stills.emotion, recipe.rare))
        self._targets = {
            "emotion": emotion_targets(stills, labels, recipe.votes_share),
            "votes": stills.votes,
            "age": age_targets(stills.years),
            "female": np.nan_to_num(stills.female)[:, None].astype(np.float32),
        }
        self._known = known_of(stills)
        self._kind = stills.emotion >= 0
        self._lessons = lessons
        self._heads = heads_of(stills, lessons)

    def __len__(self) -> int:
        return max(1, len(self._order) // self._recipe.batch)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        width = self._recipe.batch
        rows = self._order[index * width : (index + 1) * width]
        draw = np.random.default_rng([*self._drawn_by, index])
        targets = {head: self._targets[head][rows] for head in self._heads}
        known = {head: self._known[head][rows] for head in self._heads}
        pictures, digests = self._stills.pictures[rows], self._stills.digest[rows]
        if self._lessons is None:
            varied = [augment(picture, SEEN, draw, self._recipe.variation) for picture in pictures]
        else:
            views = self._lessons.views
            numbers = draw.integers(views.count, size=len(rows))
            seen = [views.of(*one) for one in zip(pictures, digests, numbers, strict=True)]
            varied = [augment_lightly(face, draw) for face in seen]
            said = self._lessons.of(numbers, rows)
            targets, known = with_lessons(targets, known, said, self._recipe)
        faces = np.stack(varied)[..., None].astype(np.float32)
        if self._recipe.mixup:
            partner, share = mixup_pairs(self._kind[rows], self._recipe.mixup, draw)
            faces = mixed(faces, partner, share)
            targets = {head: mixed(target, partner, share) for head, target in targets.items()}
            known = {head: np.minimum(mask, mask[partner]) for head, mask in known.items()}
        return faces, targets, known
