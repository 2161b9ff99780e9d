"""Fine-tuning of a trained face network to other labels, from few faces.

First a new head is trained on the frozen backbone, then everything at a low rate: a random head
would distort the backbone (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features and
Underperform Out-of-Distribution"). Meanwhile the targets of age, gender and votes are the network's
own outputs before (Li and Hoiem 2016, "Learning without Forgetting"), so that faces without these
labels do not degrade them. Batch normalisation keeps its statistics: a small folder has too few
faces for its own.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from scipy.special import softmax
from tqdm import tqdm

from tools.datasets.augment import augment
from tools.datasets.face_dataset import FaceDataset
from tools.scoring.metrics import mean_years, probabilities
from tools.scoring.predict import predict_keras
from tools.training.batches import emotion_targets, oversampled
from tools.training.checkpoint import Checkpoint, History
from tools.training.networks import WORKING_SIZE, with_only

PRESERVED = ("votes", "age", "female")
"""Heads whose outputs are to stay the same."""

DROPOUT = 0.3
SMOOTHING = 0.1
"""Label smoothing, since there are no votes."""


@dataclass(frozen=True, slots=True)
class FinetuneRecipe:
    """head_epochs, head_rate: of the head alone. epochs, rate: of everything. preserve: loss weight
    of each preserved head. rare: as in `Recipe`. patience: epochs without a smaller validation loss
    before training ends."""

    head_epochs: int = 10
    head_rate: float = 2e-3
    epochs: int = 20
    rate: float = 2e-4
    batch: int = 32
    decay: float = 0.01
    preserve: float = 1.0
    rare: int = 3
    patience: int = 5
    seed: int = 1


def with_new_head(start: keras.Model, labels: int) -> keras.Model:
    """The same layers and weights, with a new head "emotion" for these labels."""
    kept = with_only(start, PRESERVED).output
    x = layers.Dropout(DROPOUT, name="new_dropout")(kept["embedding"])
    emotion = layers.Dense(labels, dtype="float32", name="emotion")(x)
    return keras.Model(start.input, {**kept, "emotion": emotion}, name="face")


def copied(network: keras.Model) -> keras.Model:
    """A copy with its own weights."""
    copy: Any = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


@dataclass(slots=True)
class Finetune:
    """network: with a new head. before: the network it was made from, which stays unchanged."""

    network: keras.Model
    before: keras.Model
    recipe: FinetuneRecipe

    def train(self, train: FaceDataset, held_out: FaceDataset, folder: Path) -> History:
        """Leave the best weights in the network; returns one row for each epoch. An interrupted
        training continues from `folder`, which is of these faces, labels and start alone.

        Raises:
            UserError: the folder holds another training.
        """
        recipe = self.recipe
        keras.utils.set_random_seed(recipe.seed)
        before: History = []
        for name, epochs, rate in (
            ("head", recipe.head_epochs, recipe.head_rate),
            ("all", recipe.epochs, recipe.rate),
        ):
            everything = name == "all"
            checkpoint = Checkpoint(folder / name, asdict(recipe) | {"faces": len(train)})
            checkpoint.begin()
            model = self._compiled(train, everything=everything, epochs=epochs, rate=rate)
            history, (best,) = checkpoint.restore(model, "best")
            best = best or self.network.get_weights()
            while (
                len(history) < epochs and self._epochs_since_best(before, history) < recipe.patience
            ):
                row = {"epoch": len(before) + len(history) + 1, "everything": float(everything)}
                faces, targets = self._epoch(train, len(before) + len(history))
                fitted = model.fit(
                    faces, targets, batch_size=recipe.batch, shuffle=False, verbose=0
                )
                row |= {key: float(values[-1]) for key, values in fitted.history.items()}
                row |= self._validate(held_out)
                history.append(row)
                print(json.dumps({key: round(v, 4) for key, v in row.items()}), flush=True)
                if self._epochs_since_best(before, history) == 0:
                    best = self.network.get_weights()
                checkpoint.save(model, history, best=best)
            checkpoint.draw(history)
            self.network.set_weights(best)
            before += history
        return before

    def drift(self, held_out: FaceDataset) -> dict[str, float]:
        """Change of the preserved heads on held-out faces: mean change of the age in years, and the
        share of faces with the same predicted gender."""
        then = predict_keras(self.before, held_out.pictures)
        now = predict_keras(self.network, held_out.pictures)
        moved = np.abs(mean_years(now["age"]) - mean_years(then["age"])).mean()
        same = ((now["female"] > 0) == (then["female"] > 0)).mean()
        return {"age_moved_years": round(float(moved), 3), "gender_same": round(float(same), 4)}

    def _epochs_since_best(self, before: History, history: History) -> int:
        """Epochs of this stage since the smallest loss of both stages."""
        losses = [row["val_loss"] for row in (*before, *history)]
        best = int(np.argmin(losses)) if losses else 0
        return len(losses) - 1 - max(best, len(before) - 1)

    def _preserved(self) -> list[str]:
        return [head for head in PRESERVED if head in self.network.output]

    def _compiled(
        self, train: FaceDataset, *, everything: bool, epochs: int, rate: float
    ) -> keras.Model:
        for layer in self.network.layers:
            frozen = isinstance(layer, layers.BatchNormalization) or not everything
            layer.trainable = layer.name == "emotion" or not frozen
        heads = ["emotion", *self._preserved()]
        model = keras.Model(self.network.input, {h: self.network.output[h] for h in heads})
        rows = len(oversampled(train.emotion, self.recipe.rare))
        steps = max(1, epochs * int(np.ceil(rows / self.recipe.batch)))
        schedule = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.01)
        soft = keras.losses.CategoricalCrossentropy(from_logits=True)
        binary = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(
            keras.optimizers.AdamW(schedule, weight_decay=self.recipe.decay, clipnorm=5.0),
            {head: binary if head == "female" else soft for head in heads},
            loss_weights={h: 1.0 if h == "emotion" else self.recipe.preserve for h in heads},
            jit_compile=False,
        )
        return model

    def _epoch(self, train: FaceDataset, epoch: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """All augmented faces of an epoch and their targets, drawn by seed and epoch alone."""
        draw = np.random.default_rng([self.recipe.seed, epoch])
        rows = draw.permutation(oversampled(train.emotion, self.recipe.rare))
        pictures = (train.pictures[row] for row in tqdm(rows, "faces", leave=False, disable=None))
        faces = np.stack([augment(picture, WORKING_SIZE, draw) for picture in pictures])
        faces = faces[..., None].astype(np.float32)
        outputs = self.before.predict(faces, batch_size=256, verbose=0)
        labels = int(self.network.output["emotion"].shape[-1])
        targets = {"emotion": emotion_targets(train.take(rows), labels, SMOOTHING)}
        for head in self._preserved():
            targets[head] = probabilities(head, outputs[head])
        return faces, targets

    def _validate(self, held_out: FaceDataset) -> dict[str, float]:
        shares = softmax(predict_keras(self.network, held_out.pictures)["emotion"], axis=-1)
        true = shares[np.arange(len(held_out)), held_out.emotion]
        correct = shares.argmax(axis=1) == held_out.emotion
        loss = float(-np.log(np.maximum(true, 1e-7)).mean())
        return {"val_loss": loss, "val_accuracy": float(correct.mean())}
