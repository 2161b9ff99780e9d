"""Predictions of the package `fer`: run by the Python of its own environment, never imported.

Usage: python fer_process.py FACES.npz OUT.npz. FACES has `faces`, (N, 64, 64) uint8 grey; OUT gets
`shares`, (N, 7) float32 probabilities, `labels` and `version`. The faces go straight into its
emotion network, in full precision: they are cropped already, and its own detector would lose some.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

import numpy as np
from fer.fer import FER

BATCH = 256


def main(faces_file: str, out_file: str) -> None:
    """Read faces, write predictions."""
    with np.load(faces_file) as columns:
        faces = columns["faces"]
    # Pixels from -1 to 1, as FER.detect_emotions prepares them.
    prepared = faces.astype(np.float32) / 255 * 2 - 1
    network = FER(use_tflite=False)
    shares = [
        np.asarray(network._classify_emotions(prepared[start : start + BATCH]), np.float32)
        for start in range(0, len(prepared), BATCH)
    ]
    labels = network._get_labels()
    names = [labels[index] for index in range(len(labels))]
    np.savez(out_file, shares=np.concatenate(shares), labels=names, version=version("fer"))


if __name__ == "__main__":
    main(*sys.argv[1:])
