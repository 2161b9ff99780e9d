"""The linear part of the voice network: logistic regression of the functionals of an utterance.

It is fitted to the same speakers as the network beside it, and the mean of both is what they say:
the network alone knows the speakers that it hears too well to tell those of another corpus, and
has no pitch. Guarantees: noise is made from the speech of the clip's own fold, as for
`TrainingViews`; the same dataset gives the same weights.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from device.hearing.functionals import FUNCTIONALS, functionals
from device.hearing.spectrogram import RATE
from tools.datasets.station_noise import HEARD, make_noise, mixed
from tools.datasets.voice import (
    AROUSED,
    CORPORA,
    UNIT_CLASS,
    UNIT_CORPUS,
    VALENCE,
    VALENCES,
    VoiceDataset,
)
from tools.training.voice_views import FAST, FLOOR_DB, SLOW, SPEEDS, faster

Floats = NDArray[np.float32]

Linear = Mapping[str, tuple[Floats, Floats]]
"""(FUNCTIONALS, units) weights and (units,) biases by head."""

STATION_DB = (5.0, 15.0)
"""Signal-to-noise ratios of the copies in noise."""

COPIES = (
    ((1.0, 1.0), FLOOR_DB),
    (SLOW, FLOOR_DB),
    (FAST, FLOOR_DB),
    ((1.0, 1.0), STATION_DB),
    (SPEEDS, STATION_DB),
)
"""Limits of the speed and of the signal-to-noise ratio of each copy of a clip that is fitted to."""

INVERSE_PENALTY = 0.005
"""Of the squared weights, as scikit-learn's `C`."""


SHARPNESS = 1.45
"""What the mean logits are multiplied by, since those of two parts that err apart are too small:
the likeliest of the held-out clips of all folds."""


class TrainingFunctionals:
    """Functionals of copies of a dataset's clips. values: (N, COPIES, FUNCTIONALS)."""

    def __init__(self, dataset: VoiceDataset, seed: int = 2) -> None:
        draw = np.random.default_rng(seed)
        longest = 1 + max(len(sound) for sound in dataset.sounds) / RATE / SLOW[0]
        noises = {
            fold: [
                make_noise(maker, longest, dataset.only(dataset.fold == fold).sounds, draw)
                for maker in HEARD.values()
            ]
            for fold in set(dataset.fold.tolist())
        }
        self.values = np.zeros((len(dataset), len(COPIES), FUNCTIONALS), np.float32)
        clips = tqdm(dataset.sounds, "functionals", unit="clip", disable=None)
        for clip, sound in enumerate(clips):
            some = noises[int(dataset.fold[clip])]
            for copy, (speeds, ratios) in enumerate(COPIES):
                said = faster(sound, draw.uniform(*speeds))
                noise = some[draw.integers(len(some))]
                noise = noise[draw.integers(len(noise) - len(said)) :]
                self.values[clip, copy] = functionals(mixed(said, noise, draw.uniform(*ratios)))


def fit(dataset: VoiceDataset, rows: NDArray[np.bool_], varied: TrainingFunctionals) -> Linear:
    """The weights for each head, fitted to the clips of an (N,) mask; 0 for the classes of a corpus
    that is not among them."""
    label, values = dataset.label, varied.values
    unit = np.argmax((dataset.corpus[:, None] == UNIT_CORPUS) & (label[:, None] == UNIT_CLASS), 1)
    classes = _empty(len(UNIT_CLASS))
    for number in range(len(CORPORA)):
        some = rows & (dataset.corpus == number)
        _regress(values[some], unit[some], classes)
    arousal, valence = _empty(2), _empty(len(VALENCES))
    _regress(values[rows], AROUSED[label[rows]].astype(np.int64), arousal)
    valued = rows & (VALENCE[label] >= 0)
    _regress(values[valued], VALENCE[label[valued]], valence)
    return {
        "classes": classes,
        "arousal": (arousal[0][:, 1:], arousal[1][1:]),
        "valence": valence,
    }


def _empty(units: int) -> tuple[Floats, Floats]:
    return np.zeros((FUNCTIONALS, units), np.float32), np.zeros(units, np.float32)


def _regress(values: Floats, unit: NDArray[np.int64], found: tuple[Floats, Floats]) -> None:
    """Fit units to (N, COPIES, FUNCTIONALS) values, and write their weights and biases."""
    if len(np.unique(unit)) < 2:
        return
    scaler = StandardScaler()
    scaled = scaler.fit_transform(values.reshape(-1, FUNCTIONALS))
    model = LogisticRegression(C=INVERSE_PENALTY, class_weight="balanced", max_iter=1000)
    model.fit(scaled, np.repeat(unit, len(COPIES)))
    # Of two classes scikit-learn tells the second from the first.
    told = model.classes_ if len(model.coef_) > 1 else model.classes_[1:]
    weights = (model.coef_ / scaler.scale_).T
    found[0][:, told] = weights
    found[1][told] = model.intercept_ - scaler.mean_ @ weights


def beside(network: keras.Model, linear: Linear) -> keras.Model:
    """A network and a linear part: (N, FRAMES, MELS) views and (N, FUNCTIONALS) functionals in,
    (N, units) logits of each head out."""
    said = keras.Input((FUNCTIONALS,), name="functionals")
    outputs = {}
    for head, logits in network.output.items():
        dense = layers.Dense(len(linear[head][1]), name=f"{head}_of_functionals")
        outputs[head] = layers.Rescaling(SHARPNESS)(layers.Average()([logits, dense(said)]))
        dense.set_weights(linear[head])
    return keras.Model([network.input, said], outputs)
