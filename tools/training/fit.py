"""One run: losses, running average of the weights, checkpoints, and the best epoch.

Guarantees: the same seed gives the same pictures in the same order, interrupted or not; the result
is a running average of the weights, chosen on the validation split alone.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from device.errors import UserError
from device.values import AGE_YEARS, EMOTIONS
from tools.datasets.face_dataset import VALIDATION, FaceDataset
from tools.scoring.metrics import face_metrics
from tools.scoring.predict import predict_keras
from tools.training.batches import Batches, trained_heads
from tools.training.calibrate import calibrated
from tools.training.checkpoint import Checkpoint, History
from tools.training.last_stage import EarlierStages, split
from tools.training.networks import load_network, with_only
from tools.training.precision import FusedBatchNormalization, policy
from tools.training.recipes import Recipe
from tools.training.soft_targets import SoftTargets


def emotion_loss(target: Any, logits: Any) -> Any:
    """Cross-entropy after the prior of a face's labels is added to the logits, so that the logits
    assume equally frequent classes (Menon et al. 2021, "Long-tail learning via logit adjustment").

    target: (N, 2 C): probabilities, and the logarithm of the prior they assume, or zeros.
    """
    classes = logits.shape[-1]
    log_shares = ops.log_softmax(logits + target[:, classes:])
    return -ops.sum(target[:, :classes] * log_shares, axis=-1)


def age_loss(target: Any, logits: Any) -> Any:
    """Cross-entropy of the distribution plus a tenth of the error of its mean in years."""
    shares = ops.softmax(logits)
    cross_entropy = -ops.sum(target[:, :-1] * ops.log_softmax(logits), axis=-1)
    mean = ops.sum(shares * ops.convert_to_tensor(AGE_YEARS), axis=-1)
    return cross_entropy + 0.1 * ops.abs(mean - target[:, -1])


def female_loss(target: Any, logits: Any) -> Any:
    """Binary cross-entropy on slightly smoothed labels."""
    smoothed = target * 0.96 + 0.02
    return ops.mean(ops.binary_crossentropy(smoothed, logits, from_logits=True), axis=-1)


class RunningAverage(keras.callbacks.Callback):
    """Exponential moving average of all weights, batch-norm statistics included, every eighth
    step."""

    EVERY = 8

    def __init__(self, momentum: float, weights: Sequence[np.ndarray] = (), steps: int = 0) -> None:
        """weights, steps: of a checkpoint."""
        super().__init__()
        self._momentum = momentum**self.EVERY
        self.weights, self.steps = list(weights), steps

    def on_train_begin(self, logs: Any = None) -> None:
        """Start from the current weights, unless a checkpoint gave some."""
        self.weights = self.weights or self.model.get_weights()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Update the average."""
        self.steps += 1
        if self.steps % self.EVERY:
            return
        now = self.model.get_weights()
        count = self.steps / self.EVERY
        keep = min(self._momentum, count / (count + 4))
        for mean, new in zip(self.weights, now, strict=True):
            mean += (1 - keep) * (new - mean)


@dataclass(slots=True)
class TrainingRun:
    """One run in its folder: `state.npz` to continue from, `best.keras`, and `history.json` with
    its plot.

    soft_targets: of the training faces; None: labels alone. start: a `.keras` network; None: random
    weights. number: position in a schedule; each run draws its own pictures.
    """

    folder: Path
    recipe: Recipe
    labels: int = len(EMOTIONS)
    soft_targets: SoftTargets | None = None
    start: Path | None = None
    number: int = 1

    def train(self, train: FaceDataset, held_out: FaceDataset) -> keras.Model:
        """Train, continue, or do nothing if the run is finished; returns the best average, with the
        heads that were trained.

        held_out: the validation split, with pictures of any size.

        Raises:
            UserError: the folder holds another run, or `start` is of another design.
        """
        assert (held_out.split == VALIDATION).all()
        recipe, checkpoint = self.recipe, self.checkpoint(train)
        checkpoint.refuse_another()
        if self._done(checkpoint.history):
            return load_network(self.best)
        keras.utils.set_random_seed(recipe.seed)
        heads = trained_heads(train, self.soft_targets)
        network = with_only(recipe.design.build(labels=self.labels), heads)
        with policy(recipe.policy):
            fast = recipe.design.build(labels=self.labels, norm=FusedBatchNormalization)
        whole = model = keras.Model(fast.input, {head: fast.output[head] for head in heads})
        earlier: EarlierStages | None = None
        if recipe.last_stage:
            assert self.start is not None
            initialise(whole, with_only(load_network(self.start), heads))
            network.set_weights(whole.get_weights())
            earlier, model = split(whole, network, fast.output["features"].shape[1], train)
        self._compile(model, len(Batches(train, recipe, self.labels, 0)))
        history, (weights, steps) = checkpoint.restore(model, "average", "steps")
        average = RunningAverage(recipe.average, weights, sum(int(one) for one in steps))
        if not history and self.start is not None and earlier is None:
            initialise(model, with_only(load_network(self.start), heads))
        checkpoint.begin()
        while not self._done(history):
            epoch = len(history)
            began = time.monotonic()
            fitted = model.fit(
                Batches(train, recipe, self.labels, epoch, self.soft_targets, self.number, earlier),
                epochs=epoch + 1,
                initial_epoch=epoch,
                callbacks=[average],
                shuffle=False,  # Batches shuffles by its own seed
                verbose=1 if sys.stdout.isatty() else 2,
            )
            row = {"epoch": epoch + 1} | {k: float(v[-1]) for k, v in fitted.history.items()}
            network.set_weights([*(earlier.weights if earlier else ()), *average.weights])
            outputs = calibrated(predict_keras(network, held_out.pictures), held_out)
            row |= {f"val_{k}": v for k, v in face_metrics(outputs, held_out).items()}
            row["seconds"] = round(time.monotonic() - began, 1)
            history.append(row)
            print(json.dumps({k: round(v, 4) for k, v in row.items()}), flush=True)
            if self._epochs_since_best(history) == 0:
                network.save(self.best)
            checkpoint.save(
                model, history, average=average.weights, steps=[np.array(average.steps)]
            )
        checkpoint.draw(history)
        return load_network(self.best)

    def checkpoint(self, train: FaceDataset) -> Checkpoint:
        """The run's checkpoint, with the settings that distinguish it from another."""
        start = None if self.start is None else hashlib.sha256(self.start.read_bytes()).hexdigest()
        others = {
            "faces": len(train),
            "pictures": hashlib.sha256("".join(train.digest).encode()).hexdigest()[:8],
            "soft_targets": None if self.soft_targets is None else self.soft_targets.digest,
            "start": None if start is None else start[:8],
        }
        return Checkpoint(self.folder, asdict(self.recipe) | others)

    @property
    def best(self) -> Path:
        """The network of the best epoch so far."""
        return self.folder / "best.keras"

    def _done(self, history: History) -> bool:
        recipe = self.recipe
        finished = len(history) >= recipe.epochs
        return finished or self._epochs_since_best(history) >= recipe.patience

    def _compile(self, model: keras.Model, steps: int) -> None:
        recipe = self.recipe
        warmup = recipe.warmup_epochs * steps
        rate = keras.optimizers.schedules.CosineDecay(
            recipe.rate / 50,
            max(1, recipe.epochs * steps - warmup),
            alpha=0.005,
            warmup_target=recipe.rate,
            warmup_steps=warmup,
        )
        optimizer = keras.optimizers.AdamW(rate, weight_decay=recipe.decay, clipnorm=5.0)
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        soft = keras.losses.CategoricalCrossentropy(from_logits=True)
        losses = {"emotion": emotion_loss, "votes": soft, "age": age_loss, "female": female_loss}
        losses = {head: losses[head] for head in model.output}
        weights = {head: recipe.loss_weights[head] for head in losses}
        # JAX without compilation runs step by step; TensorFlow gains nothing from it here.
        compiled = keras.backend.backend() == "jax"
        model.compile(optimizer, losses, loss_weights=weights, jit_compile=compiled)

    def _epochs_since_best(self, history: History) -> int:
        scores = [epoch_score(row) for row in history]
        return len(scores) - 1 - int(np.argmax(scores)) if scores else -1


def initialise(model: keras.Model, start: keras.Model) -> None:
    """Give `model` the weights of `start` from the heads back to the first that does not fit: all
    if both are of one design, all but the stem's if they differ in that.

    Raises:
        UserError: fewer than half of them fit.
    """
    given, weights = start.get_weights(), model.get_weights()
    pairs = zip(reversed(given), reversed(weights), strict=False)
    fitting = len(list(takewhile(lambda pair: pair[0].shape == pair[1].shape, pairs)))
    if fitting < len(given) / 2:
        raise UserError(f"--start: another design: {fitting} of its {len(given)} weights fit")
    model.set_weights(weights[:-fitting] + given[-fitting:])


def epoch_score(row: dict[str, float]) -> float:
    """The figure by which the best epoch is chosen: log losses of emotion and gender, and the age
    error with a small weight. Accuracy on a few thousand faces is too noisy."""
    loss = row.get("val_nll", 0.0) + row.get("val_gender_nll", 0.0)
    return -loss - 0.01 * row.get("val_age_error", 0.0)
