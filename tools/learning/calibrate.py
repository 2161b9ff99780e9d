"""Probabilities that mean what they say: temperature scaling, folded into the heads' weights.

One number per head divides its logits (Guo et al. 2017, "On Calibration of Modern Neural
Networks"), found on a validation part. Promises: no label that is told changes, and the device
needs to know nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection

import keras
import numpy as np
from numpy.typing import NDArray

from tools.faces.datasets import VALIDATION, VOTES, Stills
from tools.measuring.evaluate import predict_keras
from tools.measuring.majority import majority

Array = NDArray[np.float32]

TEMPERATURES = np.exp(np.linspace(np.log(0.25), np.log(4.0), 401))
"""Those tried: a quarter to four, in steps of 0.7 %."""


def temperature(logits: Array, target: Array) -> float:
    """The temperature of `TEMPERATURES` with the smallest cross-entropy.

    logits, target: (N, C), the target in shares; with C = 1 the logit and share of one class.
    """
    if logits.shape[1] == 1:
        logits = np.hstack([logits, np.zeros_like(logits)])
        target = np.hstack([target, 1 - target])
    losses = []
    for value in TEMPERATURES:
        scaled = logits / value
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        log_shares = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        losses.append(-(target * log_shares).sum(axis=1).mean())
    return float(TEMPERATURES[int(np.argmin(losses))])


def calibrate(
    network: keras.Model, held_out: Stills, heads: Collection[str] = ("emotion", "votes", "female")
) -> dict[str, float]:
    """Divide the weights of the heads by their temperatures, in place; returns those by head.

    held_out: validation faces alone. A head of which they have no label is left as it is.
    """
    assert (held_out.part == VALIDATION).all()
    outputs = predict_keras(network, held_out.pictures)
    labels = outputs["emotion"].shape[1]
    # Votes by their majority, which is what people ask of them: fitted to the shares themselves,
    # the output was far less sure of the majority than it was right (an error of 0.1 in 15 bins).
    voted = majority(held_out.votes).label
    known = {
        "emotion": held_out.emotion >= 0,
        "votes": voted >= 0,
        "consensus": voted >= 0,
        "female": np.isfinite(held_out.female),
    }
    targets = {
        "emotion": np.eye(labels, dtype=np.float32)[np.maximum(held_out.emotion, 0)],
        "votes": np.eye(len(VOTES), dtype=np.float32)[np.maximum(voted, 0)],
        "consensus": np.eye(labels, dtype=np.float32)[np.clip(voted, 0, labels - 1)],
        "female": np.nan_to_num(held_out.female)[:, None].astype(np.float32),
    }
    found = {}
    for head in heads:
        rows = known[head]
        if head not in outputs or not rows.any():
            continue
        found[head] = temperature(outputs[head][rows], targets[head][rows])
        layer = network.get_layer(head)
        layer.set_weights([weight / found[head] for weight in layer.get_weights()])
    return found
