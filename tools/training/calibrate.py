"""Calibration of the heads, folded into their weights: temperatures, and biases of the classes.

A temperature per head divides its logits (Guo et al. 2017, "On Calibration of Modern Neural
Networks"). Each class of votes and gender also gets a bias, since training shows rare classes more
often than they occur (bias-corrected temperature scaling: Alexandari et al. 2020, "Maximum
Likelihood with Bias-Corrected Calibration is Hard-To-Beat at Label Shift Adaptation"). The emotion
gets none: it assumes equally frequent classes. Both are found on the validation split.
Guarantees: a temperature changes no predicted label; the device needs no calibration code.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from device.values import EMOTIONS
from tools.datasets.face_dataset import VALIDATION, VOTES, FaceDataset
from tools.scoring.majority import majority
from tools.scoring.metrics import balanced_weights, mean_years
from tools.scoring.predict import predict_keras
from tools.training.networks import HEADS

Array = NDArray[np.float32]

TEMPERATURES = np.exp(np.linspace(np.log(0.25), np.log(4.0), 401))
"""Candidates: a quarter to four, in steps of 0.7 %."""

BIAS_SPREAD = 0.4
"""Standard deviation of the Gaussian prior of the biases: a class with few faces gets a small
one."""


def temperature(logits: Array, target: Array) -> float:
    """The candidate with the smallest cross-entropy.

    logits, target: (N, C) logits and probabilities, or those times a weight for each row; with
    C = 1, of one class against its opposite.
    """
    logits, target = _as_classes(logits, target)
    losses = [-(target * log_softmax(logits / value, axis=1)).sum() for value in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def age_temperature(logits: Array, years: Array) -> float:
    """The candidate with the smallest mean absolute error of the mean age.

    A distribution that is too wide draws its mean away from both ends of the scale. logits: (N, 21)
    over `AGE_YEARS`. years: (N,).
    """
    errors = [np.abs(mean_years(logits / value) - years).mean() for value in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(errors))])


def biases(logits: Array, target: Array) -> Array:
    """(C,) to add to the logits for the smallest cross-entropy under the prior of `BIAS_SPREAD`.

    logits, target: as in `temperature`.
    """
    classes = logits.shape[1]
    logits, target = _as_classes(logits, target)
    strictness = 1 / (BIAS_SPREAD**2 * len(logits))

    def loss(added: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        shifted = logits.astype(np.float64)
        shifted[:, :classes] += added
        log_shares = log_softmax(shifted, axis=1)
        slope = (np.exp(log_shares) - target).mean(axis=0)[:classes] + strictness * added
        value = -(target * log_shares).sum(axis=1).mean() + strictness * (added**2).sum() / 2
        return float(value), slope

    found = minimize(loss, np.zeros(classes), jac=True, method="L-BFGS-B")
    return np.asarray(found.x, np.float32)


def scale_heads(
    network: keras.Model, held_out: FaceDataset, heads: Collection[str] = HEADS
) -> dict[str, float]:
    """Divide the weights of the heads by their temperatures, in place; returns those by head.

    held_out: the validation split. A head without a label in it is left as it is. The age head's
    temperature is chosen for its mean in years.
    """
    found = {}
    for head, logits, target in _labelled(network, held_out, heads):
        found[head] = (age_temperature if head == "age" else temperature)(logits, target)
        layer = network.get_layer(head)
        layer.set_weights([weight / found[head] for weight in layer.get_weights()])
    return found


def shift_heads(
    network: keras.Model,
    held_out: FaceDataset,
    heads: Collection[str] = ("votes", "female"),
) -> dict[str, list[float]]:
    """Add `biases` to those of the heads, in place; returns them by head. After `scale_heads`."""
    found = {}
    for head, logits, target in _labelled(network, held_out, heads):
        added = biases(logits, target)
        layer = network.get_layer(head)
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel, bias + added])
        found[head] = [round(float(one), 4) for one in added]
    return found


def calibrated(outputs: Mapping[str, Array], faces: FaceDataset) -> dict[str, Array]:
    """The same outputs (N, C) by name, emotion and gender divided by their temperatures, which a
    release gets as well: an epoch is not worse for being overconfident."""
    found = dict(outputs)
    for head, rows, target in _targets(outputs, faces, ("emotion", "female")):
        found[head] = outputs[head] / np.float32(temperature(outputs[head][rows], target))
    return found


def _labelled(
    network: keras.Model, held_out: FaceDataset, heads: Collection[str]
) -> list[tuple[str, Array, Array]]:
    """Head, logits (n, C) and targets (n, C), or years (n,), of the faces with its label; of heads
    that the network has and some face has a label of."""
    assert (held_out.split == VALIDATION).all()
    outputs = predict_keras(network, held_out.pictures)
    found = _targets(outputs, held_out, heads)
    return [(head, outputs[head][rows], target) for head, rows, target in found]


def _targets(
    outputs: Mapping[str, Array], held_out: FaceDataset, heads: Collection[str]
) -> list[tuple[str, NDArray[np.bool_], Array]]:
    """Head, mask (N,) of the faces with its label, and their targets. The targets of the emotion,
    whose classes are equally frequent, have weights."""
    labels = outputs["emotion"].shape[1] if "emotion" in outputs else len(EMOTIONS)
    # Votes by their majority, by which the output is used: fitted to the shares, the output was far
    # less confident of the majority than it was accurate (ECE 0.1).
    voted = majority(held_out.votes).label
    labelled = held_out.emotion >= 0
    emotions = _one_hot(held_out.emotion, labels)
    emotions[labelled] *= balanced_weights(held_out.emotion[labelled])[:, None]
    female = np.nan_to_num(held_out.female)[:, None].astype(np.float32)
    truths = {
        "emotion": (labelled, emotions),
        "votes": (voted >= 0, _one_hot(voted, len(VOTES))),
        "age": (np.isfinite(held_out.years), held_out.years),
        "female": (np.isfinite(held_out.female), female),
    }
    return [
        (head, rows, target[rows])
        for head, (rows, target) in truths.items()
        if head in heads and head in outputs and rows.any()
    ]


def _one_hot(classes: NDArray[np.int64], count: int) -> Array:
    return np.eye(count, dtype=np.float32)[np.clip(classes, 0, count - 1)]


def _as_classes(logits: Array, target: Array) -> tuple[Array, Array]:
    """One logit as those of two classes."""
    if logits.shape[1] > 1:
        return logits, target
    return np.hstack([logits, np.zeros_like(logits)]), np.hstack([target, 1 - target])
