"""What a model answers to a fixed input: stated when a release is signed, asked again in its trial.

The input is noise made from a seed by SHAKE-256, so that every machine makes the same. Guarantee: a
model whose answers agree computes what the signed one did on the workstation; a file that loads and
predicts nonsense, or a runtime that computes it wrongly, does not agree.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np

from device.errors import UserError
from device.fleet.manifest import Golden
from device.inference.litert import Array, Model, load_model

VALUES = 16
"""Values of each output that are stated."""

TOLERANCE = 0.2
"""Largest difference between machines, as a share of an output's largest stated value or of 1, if
that is more. Twice what kernels were seen to differ by: docs/experiments.md has the figures."""


def answers(model: Model, seed: int) -> dict[str, tuple[float, ...]]:
    """By output, its first `VALUES` values for the input of this seed."""
    noise = {name: _noise(f"{seed} {name}", t.shape, t.dtype) for name, t in model.inputs.items()}
    return {
        name: tuple(round(float(value), 6) for value in output.ravel()[:VALUES])
        for name, output in model.run(noise).items()
    }


def state(path: Path, name: str, seed: int) -> Golden:
    """The golden outputs of a model. name: its path in the release.

    Raises:
        UserError: it cannot be loaded, or it answers with what is no number.
    """
    outputs = answers(load_model(path), seed)
    if not all(math.isfinite(value) for values in outputs.values() for value in values):
        raise UserError(f"{name}: answers with infinite values or none; train or convert it again")
    return Golden(model=name, seed=seed, outputs=outputs, tolerance=TOLERANCE)


def difference(golden: Golden, release: Path) -> float:
    """Largest difference of a release's model from its golden outputs, as `TOLERANCE` counts it;
    infinite where outputs are missing or are no numbers. It agrees up to `golden.tolerance`.

    release: the folder that `golden.model` is in.

    Raises:
        UserError: the model cannot be loaded.
    """
    model = load_model(release / golden.model)
    try:
        found = answers(model, golden.seed)
    except (RuntimeError, ValueError):  # from the runtime, which loads files that it cannot run
        return math.inf
    return max((_apart(w, found.get(name, ())) for name, w in golden.outputs.items()), default=0.0)


def _apart(wanted: tuple[float, ...], found: tuple[float, ...]) -> float:
    if len(wanted) != len(found) or not all(map(math.isfinite, found)):
        return math.inf
    scale = max(1.0, *(abs(value) for value in wanted))
    return max((abs(a - b) for a, b in zip(wanted, found, strict=True)), default=0.0) / scale


def _noise(seed: str, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> Array:
    """Bytes as pixels, or as real values from 0 to 1."""
    drawn = hashlib.shake_256(seed.encode()).digest(math.prod(shape))
    pixels = np.frombuffer(drawn, np.uint8).reshape(shape)
    return pixels if dtype == np.uint8 else (pixels / np.float32(255)).astype(np.float32)
