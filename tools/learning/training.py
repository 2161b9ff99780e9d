"""Joint training of the backbone: losses, checkpoints, and the best epoch.

Promises: the same seed sees the same pictures in the same order, killed and resumed or not; what is
kept is a running average of the weights, chosen on the validation parts alone.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from device.values import AGE_YEARS
from tools.faces.datasets import VALIDATION, Stills
from tools.learning.batches import HEADS, Batches, Recipe
from tools.learning.networks import load_network
from tools.learning.precision import FusedBatchNormalization, policy
from tools.learning.teachers import Lessons
from tools.measuring.evaluate import predict_keras
from tools.measuring.metrics import face_metrics

log = logging.getLogger(__name__)


def age_loss(target: Any, logits: Any) -> Any:
    """Cross-entropy of the distribution plus a tenth of the error of its mean in years."""
    shares = ops.softmax(logits)
    spread = -ops.sum(target[:, :-1] * ops.log_softmax(logits), axis=-1)
    mean = ops.sum(shares * ops.convert_to_tensor(AGE_YEARS), axis=-1)
    return spread + 0.1 * ops.abs(mean - target[:, -1])


def female_loss(target: Any, logits: Any) -> Any:
    """Binary cross-entropy on slightly softened labels."""
    soft = target * 0.96 + 0.02
    return ops.mean(ops.binary_crossentropy(soft, logits, from_logits=True), axis=-1)


class RunningAverage(keras.callbacks.Callback):
    """Exponential moving average of all weights, batch-norm statistics too, every eighth step."""

    EVERY = 8

    def __init__(self, momentum: float) -> None:
        super().__init__()
        self._momentum = momentum**self.EVERY
        self.weights: list[np.ndarray] = []
        self.steps = 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin with the weights as they are, unless a checkpoint has given some."""
        self.weights = self.weights or self.model.get_weights()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the average a little towards the weights as they are."""
        self.steps += 1
        if self.steps % self.EVERY:
            return
        now = self.model.get_weights()
        count = self.steps / self.EVERY
        keep = min(self._momentum, count / (count + 4))
        for mean, new in zip(self.weights, now, strict=True):
            mean += (1 - keep) * (new - mean)


@dataclass(slots=True)
class Run:
    """One training in its folder: `state.npz` to resume from, `best.keras`, `history.json`."""

    folder: Path
    recipe: Recipe
    labels: int
    lessons: Lessons | None = None
    """What teachers say of the training faces; None: labels alone."""
    start: Path | None = None
    """The `.keras` network to begin with; None: random weights."""

    def train(self, train: Stills, held_out: Stills) -> keras.Model:
        """Train (or go on, or do nothing when it is done) and return the best average.

        held_out: the validation parts, with pictures of any size.
        """
        recipe = self.recipe
        self.folder.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(recipe.seed)
        network = recipe.design.build(labels=self.labels)
        with policy(recipe.policy):
            twin = recipe.design.build(labels=self.labels, norm=FusedBatchNormalization)
        model = keras.Model(twin.input, {head: twin.output[head] for head in HEADS})
        steps = len(Batches(train, recipe, self.labels, 0))
        self._compile(model, steps)
        average = RunningAverage(recipe.average)
        history = self._resume(model, average)
        if not history:
            if self.start is not None:
                model.set_weights(load_network(self.start).get_weights())
            text = json.dumps(asdict(recipe), indent=1)
            (self.folder / "recipe.json").write_text(text)
        for epoch in range(len(history), recipe.epochs):
            if self._since_best(history) >= recipe.patience:
                log.info("no better for %d epochs: stopped", recipe.patience)
                break
            began = time.monotonic()
            seen = model.fit(
                Batches(train, recipe, self.labels, epoch, self.lessons),
                epochs=epoch + 1,
                initial_epoch=epoch,
                callbacks=[average],
                verbose=1 if sys.stdout.isatty() else 2,
            )
            row = {"epoch": epoch + 1} | {k: float(v[-1]) for k, v in seen.history.items()}
            row |= self._validate(network, average, held_out)
            row["seconds"] = round(time.monotonic() - began, 1)
            history.append(row)
            print(json.dumps({k: round(v, 4) for k, v in row.items()}), flush=True)
            if self._since_best(history) == 0:
                self._with(network, average.weights, lambda: network.save(self.best))
            self._keep(model, average, history)
        return load_network(self.best)

    @property
    def best(self) -> Path:
        """The network of the best epoch so far."""
        return self.folder / "best.keras"

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
        losses = {"emotion": soft, "votes": soft, "age": age_loss, "female": female_loss}
        # JAX without its compiler runs step by step; TensorFlow's makes nothing quicker here.
        compiled = keras.backend.backend() == "jax"
        model.compile(optimizer, losses, loss_weights=recipe.loss_weights, jit_compile=compiled)

    def _with(self, network: keras.Model, weights: list[np.ndarray], act: Any) -> Any:
        """Do something with other weights in the network, and put its own back."""
        own = network.get_weights()
        network.set_weights(weights)
        try:
            return act()
        finally:
            network.set_weights(own)

    def _validate(
        self, network: keras.Model, average: RunningAverage, held_out: Stills
    ) -> dict[str, float]:
        assert (held_out.part == VALIDATION).all()
        outputs = self._with(
            network, average.weights, lambda: predict_keras(network, held_out.pictures)
        )
        return {f"val_{k}": v for k, v in face_metrics(outputs, held_out).items()}

    def _since_best(self, history: list[dict[str, float]]) -> int:
        scores = [score(row) for row in history]
        return len(scores) - 1 - int(np.argmax(scores)) if scores else -1

    def _keep(self, model: keras.Model, average: RunningAverage, history: list[Any]) -> None:
        arrays = {f"w{i}": w for i, w in enumerate(model.get_weights())}
        arrays |= {f"a{i}": w for i, w in enumerate(average.weights)}
        arrays |= {f"o{i}": v.numpy() for i, v in enumerate(model.optimizer.variables)}
        part = self.folder / "state.part.npz"
        np.savez(part, steps=average.steps, history=json.dumps(history), **arrays)
        part.replace(self.folder / "state.npz")
        (self.folder / "history.json").write_text(json.dumps(history, indent=1))

    def _resume(self, model: keras.Model, average: RunningAverage) -> list[dict[str, float]]:
        path = self.folder / "state.npz"
        if not path.exists():
            return []
        with np.load(path) as state:
            count = len(model.weights)
            model.set_weights([state[f"w{i}"] for i in range(count)])
            average.weights = [state[f"a{i}"] for i in range(count)]
            average.steps = int(state["steps"])
            model.optimizer.build(model.trainable_variables)
            for index, variable in enumerate(model.optimizer.variables):
                variable.assign(state[f"o{index}"])
            return json.loads(str(state["history"]))


def score(row: dict[str, float]) -> float:
    """What the best epoch is chosen by: emotion and gender alike, with age as a lesser judge."""
    value = row.get("val_accuracy", 0.0) + row.get("val_gender_accuracy", 0.0)
    return value - 0.01 * row.get("val_age_error", 0.0)
