"""Writes librosa.json: the log-mel spectrogram of `sound` as librosa computes it.

librosa is no requirement of the tests, since it brings numba. Run it in an environment of its own:
`python -m venv L && L/bin/pip install librosa==0.11.0 && PYTHONPATH=. L/bin/python
tests/device/hearing/librosa_reference.py`
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from device.hearing import spectrogram as our


def sound() -> np.ndarray:
    """0.3 s: a sweep, a loud tone and a quiet one, without any randomness."""
    t = np.arange(int(0.3 * our.RATE)) / our.RATE
    sweep = 0.2 * np.sin(2 * np.pi * (100 * t + 12_000 * t**2))
    tones = 0.5 * np.sin(2 * np.pi * 220 * t) + 0.001 * np.sin(2 * np.pi * 5_000 * t)
    return (sweep + tones).astype(np.float32)


def main() -> None:
    import librosa

    power = librosa.feature.melspectrogram(
        y=sound().astype(np.float64),
        sr=our.RATE, n_fft=our.WINDOW, hop_length=our.HOP, n_mels=our.MELS,
        fmin=our.LOWEST_HZ, fmax=our.HIGHEST_HZ, center=False,
    )  # fmt: skip
    decibels = librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=None).T
    rows = [[round(float(value), 5) for value in row] for row in decibels]
    lines = ",\n".join(json.dumps(row) for row in rows)
    Path(__file__).with_name("librosa.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
