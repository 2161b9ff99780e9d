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
from device.hearing.spectrogram import RATE, mel_power
from tools.datasets.station_noise import mixed
from tools.datasets.voice import (
    AROUSED,
    CORPORA,
    UNIT_CLASS,
    UNIT_CORPUS,
    VALENCE,
    VALENCES,
    VoiceDataset,
)
from tools.training.voice_views import FAST, FLOOR_DB, SLOW, SPEEDS, faster, noises_by_fold

Floats = NDArray[np.float32]

Weights = tuple[NDArray[np.float64], NDArray[np.float64]]
"""(FUNCTIONALS, units) weights and (units,) biases."""

Linear = Mapping[str, Weights]
"""Those of each head."""

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
        noises = noises_by_fold(dataset, longest, draw)
        self.values = np.zeros((len(dataset), len(COPIES), FUNCTIONALS), np.float32)
        clips = tqdm(dataset.sounds, "functionals", unit="clip", disable=None)
        for clip, sound in enumerate(clips):
            some = noises[int(dataset.fold[clip])]
            for copy, (speeds, ratios) in enumerate(COPIES):
                said = faster(sound, draw.uniform(*speeds))
                noise = some[draw.integers(len(some))]
                noise = noise[draw.integers(len(noise) - len(said)) :]
                said = mixed(said, noise, draw.uniform(*ratios))
                self.values[clip, copy] = functionals(said, mel_power(said))


def fit(dataset: VoiceDataset, rows: NDArray[np.bool_], varied: TrainingFunctionals) -> Linear:
    """The weights for each head, fitted to the clips of an (N,) mask; 0 for the classes of a corpus
    that is not among them."""
    label, values = dataset.label, varied.values
    unit = np.argmax((dataset.corpus[:, None] == UNIT_CORPUS) & (label[:, None] == UNIT_CLASS), 1)
    classes = np.zeros((FUNCTIONALS, len(UNIT_CLASS))), np.zeros(len(UNIT_CLASS))
    for number in range(len(CORPORA)):
        some = rows & (dataset.corpus == number)
        own = _regression(values[some], unit[some], len(UNIT_CLASS))
        classes = classes[0] + own[0], classes[1] + own[1]
    high = _regression(values[rows], AROUSED[label[rows]].astype(np.int64), 2)
    valued = rows & (VALENCE[label] >= 0)
    valence = _regression(values[valued], VALENCE[label[valued]], len(VALENCES))
    return {"classes": classes, "arousal": (high[0][:, 1:], high[1][1:]), "valence": valence}


def _regression(values: Floats, unit: NDArray[np.int64], units: int) -> Weights:
    """Weights and biases fitted to (N, COPIES, FUNCTIONALS) values; 0 for units that none has, and
    for all where there is one alone to tell."""
    weights, bias = np.zeros((FUNCTIONALS, units)), np.zeros(units)
    if len(np.unique(unit)) > 1:
        scaler = StandardScaler()
        scaled = scaler.fit_transform(values.reshape(-1, FUNCTIONALS))
        model = LogisticRegression(C=INVERSE_PENALTY, class_weight="balanced", max_iter=1000)
        model.fit(scaled, np.repeat(unit, len(COPIES)))
        # Of two classes scikit-learn tells the second from the first.
        told = model.classes_ if len(model.coef_) > 1 else model.classes_[1:]
        weights[:, told] = (model.coef_ / scaler.scale_).T
        bias[told] = model.intercept_ - scaler.mean_ @ weights[:, told]
    return weights, bias


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
