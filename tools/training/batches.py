"""Training batches: augmented and mixed faces, targets by head, and masks of the known labels.

One batch holds faces of every dataset; a face adds to the loss of a head only if it has that label.
Guarantees: the same seed gives the same batches in the same order, whatever was drawn before, and
no run of a schedule repeats the batches of another.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from device.values import AGE_YEARS, EMOTIONS
from tools.datasets.augment import augment, augment_lightly
from tools.datasets.face_dataset import FaceDataset
from tools.scoring.metrics import log_prior
from tools.training.last_stage import EarlierStages
from tools.training.networks import HEADS, WORKING_SIZE
from tools.training.recipes import Recipe
from tools.training.soft_targets import EXTERNAL, SoftTargets

LEAST_KNOWN = [EMOTIONS.index(name) for name in ("angry", "disgust", "fear")]
"""The emotions that a student of FER-2013 confuses most on other faces."""

NEUTRAL = EMOTIONS.index("neutral")

Rows = dict[str, np.ndarray]
"""By head, one row for each face."""

AGE_SPREAD = 4.0
"""Standard deviation in years of the Gaussian that is an age's target (DLDL: Gao et al. 2017)."""


def emotion_targets(faces: FaceDataset, labels: int, votes_share: float) -> np.ndarray:
    """(N, labels) float32: the label, softened by the FER+ votes, or uniformly if there are
    none."""
    hard = np.eye(labels, dtype=np.float32)[np.maximum(faces.emotion, 0)]
    soft = np.full_like(hard, 1 / labels)
    if labels == faces.votes.shape[1] - 1:
        votes = faces.votes[:, :labels]
        total = votes.sum(axis=1, keepdims=True)
        soft = np.where(total > 0, votes / np.maximum(total, 1e-6), soft)
    return (hard * (1 - votes_share) + soft * votes_share).astype(np.float32)


def age_targets(years: np.ndarray) -> np.ndarray:
    """(N, 22) float32: shares of the 21 bins of `AGE_YEARS`, then the age in years."""
    known = np.clip(np.nan_to_num(years), 0, AGE_YEARS[-1])[:, None]
    bins = np.exp(-((AGE_YEARS - known) ** 2) / (2 * AGE_SPREAD**2))
    return np.hstack([bins / bins.sum(axis=1, keepdims=True), known]).astype(np.float32)


def label_masks(faces: FaceDataset) -> Rows:
    """(N,) float32 by head: 1 for a face with that label."""
    known = {
        "emotion": faces.emotion >= 0,
        "votes": faces.votes.sum(axis=1) > 0,
        "age": np.isfinite(faces.years),
        "female": np.isfinite(faces.female),
    }
    return {head: mask.astype(np.float32) for head, mask in known.items()}


def trained_heads(faces: FaceDataset, soft_targets: SoftTargets | None) -> list[str]:
    """All heads with soft targets, otherwise those for which some face has a label."""
    masks = label_masks(faces)
    return [head for head in HEADS if soft_targets is not None or masks[head].any()]


def with_soft_targets(
    targets: Rows, masks: Rows, soft: Mapping[str, np.ndarray], recipe: Recipe, prior: np.ndarray
) -> tuple[Rows, Rows]:
    """Targets and weights by head, mixed with the teachers' probabilities.

    soft: (n, C) probabilities by head. prior: `log_prior` of the emotion labels.
    """
    years = soft["age"] @ AGE_YEARS
    soft = {**soft, "age": np.hstack([soft["age"], years[:, None]])}
    unlabelled = dict.fromkeys(HEADS, np.float32(recipe.soft_weight))
    if EXTERNAL in soft:
        soft["emotion"], unlabelled["emotion"] = _with_external(soft, masks, recipe, prior)
    mixture, weights = {}, {}
    for head in HEADS:
        labelled = masks[head] > 0
        own = np.where(labelled, 1 - recipe.soft_share, 0).astype(np.float32)[:, None]
        mixture[head] = own * targets[head] + (1 - own) * soft[head].astype(np.float32)
        weights[head] = np.where(labelled, 1, unlabelled[head]).astype(np.float32)
    return mixture, weights


def _with_external(
    soft: Mapping[str, np.ndarray], masks: Rows, recipe: Recipe, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Soft emotions (n, 7), and the weights (n,) of those of faces without a label.

    The teacher of other data assumes that all classes are equally frequent, the others the labels'
    prior. Of a labelled face the former's emotions get that prior, of another face the latter's
    lose it (Saerens et al. 2002, "Adjusting the outputs of a classifier to new a priori
    probabilities").
    """
    external = soft[EXTERNAL] * np.where(np.arange(len(EMOTIONS)) == NEUTRAL, recipe.neutral, 1)
    labelled = masks["emotion"][:, None] > 0
    share = np.where(labelled, recipe.external_share, recipe.external_unlabelled)
    others = np.where(labelled, soft["emotion"], soft["emotion"] / np.exp(prior))
    external = np.where(labelled, external * np.exp(prior), external)
    mean = (1 - share) * _normalised(others) + share * _normalised(external)
    return mean, 1 + recipe.rare_weight * mean[:, LEAST_KNOWN].sum(axis=1)


def _normalised(shares: np.ndarray) -> np.ndarray:
    return shares / shares.sum(axis=1, keepdims=True)


def oversampled(emotion: np.ndarray, times: int) -> np.ndarray:
    """Row numbers of an epoch: all rows once, those of rare classes `times` times.

    emotion: (N,) classes, -1 unknown. A class is rare with less than a tenth of the largest one's
    faces.
    """
    counts = np.bincount(emotion[emotion >= 0], minlength=1)
    rare = np.flatnonzero((counts > 0) & (counts < counts.max() / 10))
    again = np.flatnonzero(np.isin(emotion, rare))
    return np.concatenate([np.arange(len(emotion)), np.repeat(again, times - 1)])


def mixup_pairs(
    kind: np.ndarray, alpha: float, draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """For each row of a batch, another row of the same kind and the share (N,) of its own.

    kind: (N,) values; only rows of equal kind, which have the same labels, are mixed.
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
    """One epoch of batches, drawn by seed, run, epoch and index of the batch alone."""

    def __init__(
        self,
        faces: FaceDataset,
        recipe: Recipe,
        labels: int,
        epoch: int,
        soft_targets: SoftTargets | None = None,
        run: int = 1,
        earlier: EarlierStages | None = None,
    ) -> None:
        """earlier: give their maps instead of faces."""
        workers = os.cpu_count() or 2
        super().__init__(workers=workers, max_queue_size=4 * workers)
        self._faces, self._recipe = faces, recipe
        self._seed = [recipe.seed, run, epoch]
        draw = np.random.default_rng(self._seed)
        self._order = draw.permutation(oversampled(faces.emotion, recipe.rare))
        self._targets = {
            "emotion": emotion_targets(faces, labels, recipe.votes_share),
            "votes": faces.votes,
            "age": age_targets(faces.years),
            "female": np.nan_to_num(faces.female)[:, None].astype(np.float32),
        }
        self._masks = label_masks(faces)
        self._prior = log_prior(faces.emotion[self._order], labels)
        self._kind = faces.emotion >= 0
        self._soft_targets = soft_targets
        self._heads = trained_heads(faces, soft_targets)
        self._earlier = earlier

    def __len__(self) -> int:
        return max(1, len(self._order) // self._recipe.batch)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        size = self._recipe.batch
        rows = self._order[index * size : (index + 1) * size]
        draw = np.random.default_rng([*self._seed, index])
        targets = {head: self._targets[head][rows] for head in self._heads}
        weights = {head: self._masks[head][rows] for head in self._heads}
        pictures, digests = self._faces.pictures[rows], self._faces.digest[rows]
        if self._soft_targets is None:
            variation = self._recipe.variation
            varied = [augment(picture, WORKING_SIZE, draw, variation) for picture in pictures]
        else:
            views = self._soft_targets.views
            numbers = draw.integers(views.count, size=len(rows))
            drawn = [views.of(*face) for face in zip(pictures, digests, numbers, strict=True)]
            varied = [augment_lightly(view, draw) for view in drawn]
            soft = self._soft_targets.of(numbers, rows)
            targets, weights = with_soft_targets(targets, weights, soft, self._recipe, self._prior)
        if "emotion" in targets:
            labelled = np.float32(self._kind[rows])[:, None]
            targets["emotion"] = np.hstack([targets["emotion"], labelled * self._prior])
        faces = np.stack(varied)[..., None].astype(np.float32)
        if self._recipe.mixup:
            partner, share = mixup_pairs(self._kind[rows], self._recipe.mixup, draw)
            faces = mixed(faces, partner, share)
            targets = {head: mixed(target, partner, share) for head, target in targets.items()}
            weights = {head: np.minimum(w, w[partner]) for head, w in weights.items()}
        return self._earlier.maps(faces) if self._earlier else faces, targets, weights
