"""Teach a trained face network other labels, from few faces, without forgetting what it knows.

First a new head alone learns on the standing backbone, then all of it at a small rate: a head that
begins at random would distort the backbone (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained
Features and Underperform Out-of-Distribution"). Meanwhile age, gender and votes are held to what
the network said of the very same pictures before (Li and Hoiem 2016, "Learning without
Forgetting"), so that faces without such labels do not unteach them. Batch norms keep their
statistics: a small folder has none of its own.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from tqdm import tqdm

from tools.datasets.augment import augment
from tools.datasets.face_dataset import FaceDataset
from tools.scoring.metrics import mean_years, probabilities
from tools.scoring.predict import predict_keras
from tools.training.batches import emotion_targets, with_rare_again
from tools.training.checkpoint import Checkpoint, History
from tools.training.networks import SEEN, with_only

KEPT = ("votes", "age", "female")
"""Heads that go on saying what they said."""

DROPOUT = 0.3
SOFT = 0.1
"""Share of every label in each target: there are no votes to soften it by."""


@dataclass(frozen=True, slots=True)
class FinetuneRecipe:
    """head_epochs, head_rate: of the head alone. epochs, rate: of all. kept: weight of what is not
    to be forgotten, each head. rare: as in `Recipe`. patience: epochs without a smaller loss on the
    held-out faces, after which the best is taken."""

    head_epochs: int = 10
    head_rate: float = 2e-3
    epochs: int = 20
    rate: float = 2e-4
    batch: int = 32
    decay: float = 0.01
    kept: float = 1.0
    rare: int = 3
    patience: int = 5
    seed: int = 1


def with_new_head(start: keras.Model, labels: int) -> keras.Model:
    """The same network, layers and weights, with a new head "emotion" of so many labels."""
    kept = with_only(start, KEPT).output
    x = layers.Dropout(DROPOUT, name="new_dropout")(kept["embedding"])
    emotion = layers.Dense(labels, dtype="float32", name="emotion")(x)
    return keras.Model(start.input, {**kept, "emotion": emotion}, name="face")


@dataclass(slots=True)
class Finetune:
    """One fine-tuning. network: with a new head. before: the network that it began as, which is
    not changed."""

    network: keras.Model
    before: keras.Model
    recipe: FinetuneRecipe

    def train(self, train: FaceDataset, held_out: FaceDataset, folder: Path) -> History:
        """Leave the best weights in the network; returns a row an epoch. One that was stopped goes
        on from what it kept in `folder`, which is of these faces, labels and beginning alone.

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
            while len(history) < epochs and self._since_best(before, history) < recipe.patience:
                row = {"epoch": len(before) + len(history) + 1, "everything": float(everything)}
                faces, targets = self._epoch(train, len(before) + len(history))
                seen = model.fit(faces, targets, batch_size=recipe.batch, shuffle=False, verbose=0)
                row |= {key: float(values[-1]) for key, values in seen.history.items()}
                row |= self._validate(held_out)
                history.append(row)
                print(json.dumps({key: round(v, 4) for key, v in row.items()}), flush=True)
                if self._since_best(before, history) == 0:
                    best = self.network.get_weights()
                checkpoint.keep(model, history, best=best)
            self.network.set_weights(best)
            before += history
        return before

    def _since_best(self, before: History, history: History) -> int:
        """Epochs of this stage since the smallest loss of both."""
        losses = [row["val_loss"] for row in (*before, *history)]
        best = int(np.argmin(losses)) if losses else 0
        return len(losses) - 1 - max(best, len(before) - 1)

    def drift(self, held_out: FaceDataset) -> dict[str, float]:
        """What became of the other heads on faces not learnt from: mean change of the age in years,
        and the share of faces of which the same gender is told."""
        then = predict_keras(self.before, held_out.pictures)
        now = predict_keras(self.network, held_out.pictures)
        moved = np.abs(mean_years(now["age"]) - mean_years(then["age"])).mean()
        same = ((now["female"] > 0) == (then["female"] > 0)).mean()
        return {"age_moved_years": round(float(moved), 3), "gender_same": round(float(same), 4)}

    def _kept(self) -> list[str]:
        return [head for head in KEPT if head in self.network.output]

    def _compiled(
        self, train: FaceDataset, *, everything: bool, epochs: int, rate: float
    ) -> keras.Model:
        for layer in self.network.layers:
            frozen = isinstance(layer, layers.BatchNormalization) or not everything
            layer.trainable = layer.name == "emotion" or not frozen
        heads = ["emotion", *self._kept()]
        model = keras.Model(self.network.input, {h: self.network.output[h] for h in heads})
        rows = len(with_rare_again(train.emotion, self.recipe.rare))
        steps = max(1, epochs * int(np.ceil(rows / self.recipe.batch)))
        schedule = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.01)
        soft = keras.losses.CategoricalCrossentropy(from_logits=True)
        binary = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(
            keras.optimizers.AdamW(schedule, weight_decay=self.recipe.decay, clipnorm=5.0),
            {head: binary if head == "female" else soft for head in heads},
            loss_weights={h: 1.0 if h == "emotion" else self.recipe.kept for h in heads},
            jit_compile=False,
        )
        return model

    def _epoch(self, train: FaceDataset, epoch: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """All faces of an epoch, varied, and what they teach; drawn by seed and epoch alone."""
        draw = np.random.default_rng([self.recipe.seed, epoch])
        rows = draw.permutation(with_rare_again(train.emotion, self.recipe.rare))
        pictures = (train.pictures[row] for row in tqdm(rows, "faces", leave=False, disable=None))
        faces = np.stack([augment(picture, SEEN, draw) for picture in pictures])
        faces = faces[..., None].astype(np.float32)
        said = self.before.predict(faces, batch_size=256, verbose=0)
        labels = int(self.network.output["emotion"].shape[-1])
        targets = {"emotion": emotion_targets(train.take(rows), labels, SOFT)}
        for head in self._kept():
            targets[head] = probabilities(head, said[head])
        return faces, targets

    def _validate(self, held_out: FaceDataset) -> dict[str, float]:
        shares = probabilities("emotion", predict_keras(self.network, held_out.pictures)["emotion"])
        true = shares[np.arange(len(held_out)), held_out.emotion]
        right = shares.argmax(axis=1) == held_out.emotion
        loss = float(-np.log(np.maximum(true, 1e-7)).mean())
        return {"val_loss": loss, "val_accuracy": float(right.mean())}


def untouched(network: keras.Model) -> keras.Model:
    """A copy with weights of its own."""
    copy: Any = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy
