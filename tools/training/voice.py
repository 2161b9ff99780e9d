"""Training of the voice network, one run after another, each continued where it was interrupted.

Five runs test each speaker once with networks that have not heard them; two train on one corpus and
test on the other; the last of the five is what ships, so that its own figures are of speakers that
it has not heard. The recipe is fixed: the networks' was chosen on fold 0, the linear part's on all
folds (docs/experiments.md). Guarantees: no speaker is in two parts of a run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from device.hearing.spectrogram import FRAMES, MELS
from tools.datasets.voice import (
    AROUSED,
    CORPORA,
    FOLDS,
    UNIT_CLASS,
    VALENCE,
    VALENCES,
    VoiceDataset,
)
from tools.scoring.metrics import balanced_weights
from tools.scoring.voice import MASKED
from tools.training.checkpoint import Checkpoint
from tools.training.fit import RunningAverage
from tools.training.networks import load_network
from tools.training.voice_functionals import TrainingFunctionals, beside, fit
from tools.training.voice_network import VoiceDesign, together
from tools.training.voice_views import TrainingViews, tilt

Floats = NDArray[np.float32]

SHIPPED_FOLD = FOLDS - 1


@dataclass(frozen=True, slots=True)
class VoiceRecipe:
    """epochs: all are trained, none is chosen. rate: peak learning rate. decay: of weights.
    average: of the weights, a step. smoothing: of labels. arousal, valence: weights of these losses
    beside the classes'. masks: greatest width of a masked band of frames and of mels. tilt: of the
    microphone's response, in the network's units."""

    design: VoiceDesign = field(default_factory=VoiceDesign)
    epochs: int = 120
    batch: int = 32
    rate: float = 3e-3
    decay: float = 0.02
    average: float = 0.995
    smoothing: float = 0.05
    arousal: float = 0.5
    valence: float = 0.25
    masks: tuple[int, int] = (14, 9)
    tilt: float = 0.15
    seed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class VoiceSplit:
    """One run: (N,) masks of its training and test clips; name: of its folder. by: the only corpus
    that it is trained on, an index into `CORPORA`."""

    name: str
    train: NDArray[np.bool_]
    test: NDArray[np.bool_]
    by: int | None = None


def fold_split(dataset: VoiceDataset, fold: int) -> VoiceSplit:
    """The run that tests a fold."""
    test = dataset.fold == fold
    return VoiceSplit(f"fold {fold}", ~test, test)


def across_split(dataset: VoiceDataset, corpus: str) -> VoiceSplit:
    """The run that trains on one corpus and tests on the other."""
    by = CORPORA.index(corpus)
    train = dataset.corpus == by
    return VoiceSplit(f"{corpus} alone", train, ~train, by)


class VoiceBatches(keras.utils.PyDataset):
    """One epoch: a view of each training clip, with masked bands and another microphone."""

    def __init__(
        self, dataset: VoiceDataset, views: TrainingViews, rows: NDArray[np.int64],
        recipe: VoiceRecipe, epoch: int,
    ) -> None:  # fmt: skip
        super().__init__()
        self._views, self._recipe, self._epoch = views, recipe, epoch
        self._rows = np.random.default_rng((recipe.seed, epoch)).permutation(rows)
        self._targets = targets(dataset, rows, recipe.smoothing)

    def __len__(self) -> int:
        return len(self._rows) // self._recipe.batch

    def __getitem__(self, index: int) -> tuple[Floats, dict[str, Floats], dict[str, Floats]]:
        recipe = self._recipe
        draw = np.random.default_rng((recipe.seed, self._epoch, index))
        rows = self._rows[index * recipe.batch : (index + 1) * recipe.batch]
        views = np.stack([self._views.view(clip, draw) for clip in rows])
        for view in views:
            self._mask(view, draw)
            view += tilt(draw, recipe.tilt)
        target, weight = self._targets
        return (
            views,
            {name: values[rows] for name, values in target.items()},
            {name: values[rows] for name, values in weight.items()},
        )

    def _mask(self, view: Floats, draw: np.random.Generator) -> None:
        """SpecAugment (Park et al. 2019): a band of frames and one of mels become 0."""
        for axis, (length, widest) in enumerate(
            zip((FRAMES, MELS), self._recipe.masks, strict=True)
        ):
            width = draw.integers(widest)
            start = draw.integers(length - width)
            band = slice(start, start + width)
            view[(band, slice(None))[:: 1 if axis == 0 else -1]] = 0


def targets(
    dataset: VoiceDataset, rows: NDArray[np.int64], smoothing: float
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Targets and weights of the losses for all clips, the weights by the classes of `rows`.

    classes: (N, 2 U), smoothed over the corpus's own, then what masks the other's. arousal: (N, 1).
    valence: (N, 3).
    """
    own, label = dataset.own, dataset.label
    exact = own & (label[:, None] == UNIT_CLASS)
    smooth = exact * (1 - smoothing) + smoothing * own / own.sum(axis=1, keepdims=True)
    aroused = AROUSED[label][:, None] * (1 - smoothing) + smoothing / 2
    valence = np.eye(len(VALENCES))[VALENCE[label]]
    weights = {name: np.zeros(len(dataset), np.float32) for name in ("classes", "valence")}
    weights["arousal"] = np.ones(len(dataset), np.float32)
    for number in range(len(CORPORA)):
        some = rows[dataset.corpus[rows] == number]
        if len(some):
            weights["classes"][some] = balanced_weights(label[some])
    valued = rows[VALENCE[label[rows]] >= 0]
    weights["valence"][valued] = balanced_weights(VALENCE[label[valued]])
    found = {"classes": np.hstack([smooth, MASKED * ~own]), "arousal": aroused}
    found["valence"] = valence
    return {name: values.astype(np.float32) for name, values in found.items()}, weights


def classes_loss(target: Any, logits: Any) -> Any:
    """Cross-entropies, summed over the members, of (N, 2 U) targets, whose second half is added to
    the (N, M, U) logits."""
    units = logits.shape[-1]
    return shares_loss(target[:, :units], logits + target[:, None, units:])


def shares_loss(target: Any, logits: Any) -> Any:
    """Cross-entropies, summed over the members, of (N, C) shares and (N, M, C) logits."""
    return -ops.sum(target[:, None] * ops.log_softmax(logits), axis=(1, 2))


def arousal_loss(target: Any, logits: Any) -> Any:
    """Cross-entropies, summed over the members, of (N, 1) shares and (N, M) logits: Keras takes the
    last axis away from (N, M, 1)."""
    high, low = ops.log_sigmoid(logits), ops.log_sigmoid(-logits)
    return -ops.sum(target * high + (1 - target) * low, axis=-1)


@dataclass(slots=True)
class VoiceRun:
    """One run in its folder: `state.npz` to continue from, then `voice.keras`."""

    folder: Path
    recipe: VoiceRecipe

    def train(
        self, dataset: VoiceDataset, views: TrainingViews, varied: TrainingFunctionals,
        split: VoiceSplit,
    ) -> keras.Model:  # fmt: skip
        """Train, continue, or do nothing if the run is finished; returns the network.

        views, varied: of the dataset's clips.

        Raises:
            UserError: the folder holds another run.
        """
        recipe, rows = self.recipe, np.flatnonzero(split.train)
        settings = {**asdict(recipe), "clips": len(rows), "data": dataset.fingerprint}
        checkpoint = Checkpoint(self.folder, settings)
        checkpoint.refuse_another()
        done = self.folder / "voice.keras"
        if done.exists():
            return load_network(done)
        keras.utils.set_random_seed(recipe.seed)
        network = recipe.design.build()
        self._compile(network, len(rows) // recipe.batch)
        history, (weights, steps) = checkpoint.restore(network, "average", "steps")
        average = RunningAverage(recipe.average, weights, sum(int(one) for one in steps))
        checkpoint.begin()
        while len(history) < recipe.epochs:
            epoch, began = len(history), time.monotonic()
            fitted = network.fit(
                VoiceBatches(dataset, views, rows, recipe, epoch),
                epochs=epoch + 1, initial_epoch=epoch, callbacks=[average], shuffle=False,
                verbose=0,
            )  # fmt: skip
            row = {"epoch": epoch + 1} | {k: float(v[-1]) for k, v in fitted.history.items()}
            history.append(row | {"seconds": round(time.monotonic() - began, 1)})
            print(f"{split.name}: epoch {epoch + 1} of {recipe.epochs}, loss {row['loss']:.3f}",
                  file=sys.stderr, flush=True)  # fmt: skip
            if len(history) % 5 == 0 or len(history) == recipe.epochs:
                checkpoint.save(
                    network, history, average=average.weights, steps=[np.array(average.steps)]
                )
        network = recipe.design.build()  # without the losses, which no reader needs
        network.set_weights(average.weights)
        network = beside(together(network), fit(dataset, split.train, varied))
        network.save(done)
        return network

    def _compile(self, network: keras.Model, steps: int) -> None:
        recipe, warmup = self.recipe, 2 * steps
        rate = keras.optimizers.schedules.CosineDecay(
            recipe.rate / 50, max(1, recipe.epochs * steps - warmup), alpha=0.01,
            warmup_target=recipe.rate, warmup_steps=warmup,
        )  # fmt: skip
        optimizer = keras.optimizers.AdamW(rate, weight_decay=recipe.decay, clipnorm=5.0)
        losses = {"classes": classes_loss, "arousal": arousal_loss, "valence": shares_loss}
        weights = {"classes": 1.0, "arousal": recipe.arousal, "valence": recipe.valence}
        network.compile(optimizer, losses, loss_weights=weights, jit_compile=False)


def predict_clips(network: keras.Model, clips: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
    """Mean logits of each head, (N, units), of the views of each clip. clips: of `whole_clips`."""
    inputs = [np.concatenate([clip[one.name] for clip in clips]) for one in network.inputs]
    batches = range(0, len(inputs[0]), 128)
    found = [network([one[at : at + 128] for one in inputs], training=False) for at in batches]
    ends = np.cumsum([len(clip["view"]) for clip in clips])[:-1]
    logits = {n: np.concatenate([np.asarray(one[n]) for one in found]) for n in found[0]}
    return {
        head: np.stack([of_clip.mean(axis=0) for of_clip in np.split(values, ends)])
        for head, values in logits.items()
    }
