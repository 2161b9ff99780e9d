"""Probabilities that mean what they say: temperature scaling, folded into the heads' weights.

One number per head divides its logits (Guo et al. 2017, "On Calibration of Modern Neural
Networks"), found on a validation part. Training shows rare classes more often than they come, so
each class of a head also gets a bias (bias-corrected temperature scaling: Alexandari et al. 2020,
"Maximum Likelihood with Bias-Corrected Calibration is Hard-To-Beat at Label Shift Adaptation").
Promises: a temperature changes no label that is told, and the device needs to know nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from tools.datasets.face_dataset import VALIDATION, VOTES, FaceDataset
from tools.scoring.majority import majority
from tools.scoring.metrics import mean_years
from tools.scoring.predict import predict_keras
from tools.training.networks import HEADS

Array = NDArray[np.float32]

TEMPERATURES = np.exp(np.linspace(np.log(0.25), np.log(4.0), 401))
"""Those tried: a quarter to four, in steps of 0.7 %."""

BIAS_SPREAD = 0.4
"""Standard deviation of the Gaussian that biases are expected to come from: of a class with few
faces little is believed."""


def temperature(logits: Array, target: Array) -> float:
    """The temperature of `TEMPERATURES` with the smallest cross-entropy.

    logits, target: (N, C), the target in shares; with C = 1 the logit and share of one class.
    """
    logits, target = _of_classes(logits, target)
    losses = [-(target * _log_shares(logits / value)).sum(axis=1).mean() for value in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def age_temperature(logits: Array, years: Array) -> float:
    """The temperature of `TEMPERATURES` with the smallest mean absolute error of the mean age.

    A distribution that is wider than it need be draws its mean away from both ends of life.
    logits: (N, 21) over `AGE_YEARS`. years: (N,).
    """
    errors = [np.abs(mean_years(logits / value) - years).mean() for value in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(errors))])


def biases(logits: Array, target: Array) -> Array:
    """(C,) what to add to each class's logit for the smallest cross-entropy; see `BIAS_SPREAD`.

    logits, target: as `temperature` takes them.
    """
    classes = logits.shape[1]
    logits, target = _of_classes(logits, target)
    strictness = 1 / (BIAS_SPREAD**2 * len(logits))

    def loss(added: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        shifted = logits.astype(np.float64)
        shifted[:, :classes] += added
        log_shares = _log_shares(shifted)
        slope = (np.exp(log_shares) - target).mean(axis=0)[:classes] + strictness * added
        value = -(target * log_shares).sum(axis=1).mean() + strictness * (added**2).sum() / 2
        return float(value), slope

    found = minimize(loss, np.zeros(classes), jac=True, method="L-BFGS-B")
    return np.asarray(found.x, np.float32)


def calibrate(
    network: keras.Model, held_out: FaceDataset, heads: Collection[str] = HEADS
) -> dict[str, float]:
    """Divide the weights of the heads by their temperatures, in place; returns those by head.

    held_out: validation faces alone. A head of which they have no label is left as it is. That of
    age is for the smallest error of its mean in years.
    """
    outputs, truths = _judged(network, held_out)
    found = {}
    for head in heads:
        if head not in truths:
            continue
        rows, target = truths[head]
        logits = outputs[head][rows]
        found[head] = (age_temperature if head == "age" else temperature)(logits, target)
        layer = network.get_layer(head)
        layer.set_weights([weight / found[head] for weight in layer.get_weights()])
    return found


def correct(
    network: keras.Model,
    held_out: FaceDataset,
    heads: Collection[str] = ("emotion", "votes", "female"),
) -> dict[str, list[float]]:
    """Add to the biases of the heads what `biases` finds, in place; returns that by head.

    held_out: as `calibrate` takes them, which comes first.
    """
    outputs, truths = _judged(network, held_out)
    found = {}
    for head in heads:
        if head in truths:
            rows, target = truths[head]
            added = biases(outputs[head][rows], target)
            layer = network.get_layer(head)
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, bias + added])
            found[head] = [round(float(one), 4) for one in added]
    return found


Truth = tuple[NDArray[np.bool_], Array]
"""(N,) which faces have the label, and of those (n, C) the target, or (n,) years."""


def _judged(
    network: keras.Model, held_out: FaceDataset
) -> tuple[dict[str, Array], dict[str, Truth]]:
    """What a network tells of faces, and the truth by head; of a head that it has and that some
    face has a label of."""
    assert (held_out.split == VALIDATION).all()
    outputs = predict_keras(network, held_out.pictures)
    labels = outputs["emotion"].shape[1]
    # Votes by their majority, which is what people ask of them: fitted to the shares themselves,
    # the output was far less sure of the majority than it was right (an error of 0.1 in 15 bins).
    voted = majority(held_out.votes).label
    female = np.nan_to_num(held_out.female)[:, None].astype(np.float32)
    every = {
        "emotion": (held_out.emotion >= 0, _one_hot(held_out.emotion, labels)),
        "votes": (voted >= 0, _one_hot(voted, len(VOTES))),
        "consensus": (voted >= 0, _one_hot(voted, labels)),
        "age": (np.isfinite(held_out.years), held_out.years),
        "female": (np.isfinite(held_out.female), female),
    }
    return outputs, {
        head: (rows, target[rows])
        for head, (rows, target) in every.items()
        if head in outputs and rows.any()
    }


def _one_hot(classes: NDArray[np.int64], count: int) -> Array:
    return np.eye(count, dtype=np.float32)[np.clip(classes, 0, count - 1)]


def _of_classes(logits: Array, target: Array) -> tuple[Array, Array]:
    """One logit, as those of two classes."""
    if logits.shape[1] > 1:
        return logits, target
    return np.hstack([logits, np.zeros_like(logits)]), np.hstack([target, 1 - target])


def _log_shares(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
