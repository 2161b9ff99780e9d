"""Joint training of the backbone: losses, checkpoints, and the best epoch.

Promises: the same seed sees the same pictures in the same order, killed and resumed or not; what is
kept is a running average of the weights, chosen on the validation parts alone.
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
from tools.training.batches import Batches, Recipe, heads_of
from tools.training.checkpoint import Checkpoint, History
from tools.training.networks import load_network, with_only
from tools.training.precision import FusedBatchNormalization, policy
from tools.training.soft_targets import Lessons


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

    def __init__(self, momentum: float, weights: Sequence[np.ndarray] = (), steps: int = 0) -> None:
        """weights, steps: where it was, if it goes on."""
        super().__init__()
        self._momentum = momentum**self.EVERY
        self.weights, self.steps = list(weights), steps

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
    """One training in its folder: `state.npz` to resume from, `best.keras`, and
    `history.json` with its picture."""

    folder: Path
    recipe: Recipe
    labels: int
    lessons: Lessons | None = None
    """What teachers say of the training faces; None: labels alone."""
    start: Path | None = None
    """The `.keras` network to begin with; None: random weights."""
    phase: int = 1
    """Which of a course: each draws its own pictures."""

    def train(self, train: FaceDataset, held_out: FaceDataset) -> keras.Model:
        """Train (or go on, or do nothing when it is done) and return the best average. It has the
        heads that the faces teach.

        held_out: the validation parts, with pictures of any size.

        Raises:
            UserError: the folder holds another training, or `start` is of another design.
        """
        recipe, checkpoint = self.recipe, self.checkpoint(train)
        checkpoint.refuse_another()
        if self._done(checkpoint.history):
            return load_network(self.best)
        keras.utils.set_random_seed(recipe.seed)
        heads = heads_of(train, self.lessons)
        network = with_only(recipe.design.build(labels=self.labels), heads)
        with policy(recipe.policy):
            twin = recipe.design.build(labels=self.labels, norm=FusedBatchNormalization)
        model = keras.Model(twin.input, {head: twin.output[head] for head in heads})
        self._compile(model, len(Batches(train, recipe, self.labels, 0)))
        history, (weights, steps) = checkpoint.restore(model, "average", "steps")
        average = RunningAverage(recipe.average, weights, sum(int(one) for one in steps))
        if not history and self.start is not None:
            begin_with(model, with_only(load_network(self.start), heads))
        checkpoint.begin()
        while not self._done(history):
            epoch = len(history)
            began = time.monotonic()
            seen = model.fit(
                Batches(train, recipe, self.labels, epoch, self.lessons, self.phase),
                epochs=epoch + 1,
                initial_epoch=epoch,
                callbacks=[average],
                shuffle=False,  # they are, by their own seed
                verbose=1 if sys.stdout.isatty() else 2,
            )
            row = {"epoch": epoch + 1} | {k: float(v[-1]) for k, v in seen.history.items()}
            row |= self._validate(network, average, held_out)
            row["seconds"] = round(time.monotonic() - began, 1)
            history.append(row)
            print(json.dumps({k: round(v, 4) for k, v in row.items()}), flush=True)
            if self._since_best(history) == 0:
                self._with(network, average.weights, lambda: network.save(self.best))
            checkpoint.keep(
                model, history, average=average.weights, steps=[np.array(average.steps)]
            )
        return load_network(self.best)

    def checkpoint(self, train: FaceDataset) -> Checkpoint:
        """Where this training is kept, with all that tells it from another."""
        start = None if self.start is None else hashlib.sha256(self.start.read_bytes()).hexdigest()
        others = {
            "faces": len(train),
            "pictures": hashlib.sha256("".join(train.digest).encode()).hexdigest()[:8],
            "lessons": None if self.lessons is None else self.lessons.digest,
            "start": None if start is None else start[:8],
        }
        return Checkpoint(self.folder, asdict(self.recipe) | others)

    def _done(self, history: History) -> bool:
        recipe = self.recipe
        return len(history) >= recipe.epochs or self._since_best(history) >= recipe.patience

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
        losses = {head: losses[head] for head in model.output}
        weights = {head: recipe.loss_weights[head] for head in losses}
        # JAX without its compiler runs step by step; TensorFlow's makes nothing quicker here.
        compiled = keras.backend.backend() == "jax"
        model.compile(optimizer, losses, loss_weights=weights, jit_compile=compiled)

    def _with(self, network: keras.Model, weights: list[np.ndarray], act: Any) -> Any:
        """Do something with other weights in the network, and put its own back."""
        own = network.get_weights()
        network.set_weights(weights)
        try:
            return act()
        finally:
            network.set_weights(own)

    def _validate(
        self, network: keras.Model, average: RunningAverage, held_out: FaceDataset
    ) -> dict[str, float]:
        assert (held_out.split == VALIDATION).all()
        outputs = self._with(
            network, average.weights, lambda: predict_keras(network, held_out.pictures)
        )
        return {f"val_{k}": v for k, v in face_metrics(outputs, held_out).items()}

    def _since_best(self, history: History) -> int:
        scores = [score(row) for row in history]
        return len(scores) - 1 - int(np.argmax(scores)) if scores else -1


def begin_with(model: keras.Model, start: keras.Model) -> None:
    """Give `model` the weights of `start` from the heads back, up to the first that do not fit:
    all of them where both are of one design, all but the stem's where they differ in that.

    Raises:
        UserError: less than half of them fit.
    """
    given, weights = start.get_weights(), model.get_weights()
    pairs = zip(reversed(given), reversed(weights), strict=False)
    fitting = len(list(takewhile(lambda pair: pair[0].shape == pair[1].shape, pairs)))
    if fitting < len(given) / 2:
        raise UserError(f"--start: another design: {fitting} of its {len(given)} weights fit")
    model.set_weights(weights[:-fitting] + given[-fitting:])


def halfway(start: Path, best: Path) -> keras.Model:
    """The network whose weights are the mean of two, of what a phase began with and of what became
    of it (Wortsman et al. 2022, "Model soups"); that of `best` where they are of two designs."""
    network = load_network(best)
    weights = network.get_weights()
    past = with_only(load_network(start), list(network.output)).get_weights()
    if [one.shape for one in past] == [one.shape for one in weights]:
        network.set_weights([(one + other) / 2 for one, other in zip(past, weights, strict=True)])
    return network


def score(row: dict[str, float]) -> float:
    """What the best epoch is chosen by: log losses of emotion and gender, with the age's error as a
    lesser judge. Of accuracy a few thousand faces tell less: it hops where these still fall."""
    loss = row.get("val_nll", 0.0) + row.get("val_gender_nll", 0.0)
    return -loss - 0.01 * row.get("val_age_error", 0.0)


def train_phases(
    runs: Path, name: str, phases: Sequence[Recipe], train: FaceDataset, held_out: FaceDataset,
    lessons: Lessons | None = None, start: Path | None = None,
) -> Path:  # fmt: skip
    """One run after the other in `runs`/<name>-1, -2 and so on, each from the best network of the
    one before; returns the file of the last one's best."""
    best = start
    for number, phase in enumerate(phases, 1):
        run = Run(runs / f"{name}-{number}", phase, len(EMOTIONS), lessons, best, phase=number)
        run.train(train, held_out)
        best = run.best
    assert best is not None
    return best
