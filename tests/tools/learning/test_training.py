"""What is minimised, what is averaged, and which epoch is the best."""

from __future__ import annotations

import keras
import numpy as np

from device.values import AGE_YEARS
from tools.learning.batches import age_targets
from tools.learning.training import RunningAverage, age_loss, score


def test_the_age_loss_falls_as_the_mean_comes_nearer() -> None:
    target = age_targets(np.array([30], np.float32))
    losses = []
    for year in (60, 45, 30):
        logits = -((AGE_YEARS - year) ** 2) / 32
        losses.append(float(np.asarray(age_loss(target, logits[None]))[0]))
    assert losses[0] > losses[1] > losses[2]


def test_the_average_follows_the_weights_with_a_delay() -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    average = RunningAverage(0.9)
    average.set_model(model)
    average.on_train_begin()
    for value in range(80):
        model.set_weights([np.full((1, 1), value, np.float32)])
        average.on_train_batch_end(value)
    (mean,) = average.weights
    assert 40 < mean.item() < 78


def test_the_best_epoch_is_told_by_emotion_first() -> None:
    better = {"val_accuracy": 0.66, "val_gender_accuracy": 0.92, "val_age_error": 6.0}
    worse = {"val_accuracy": 0.64, "val_gender_accuracy": 0.93, "val_age_error": 5.8}
    assert score(better) > score(worse)
