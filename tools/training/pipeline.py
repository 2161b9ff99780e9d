"""The training pipeline: schedules of runs, for the shipped network and for its teachers.

A finished run is skipped and an interrupted one continues; one made on another machine is used as
it is. Nothing here needs TensorFlow: Keras may run on JAX, on an accelerator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras

from tools.datasets.face_dataset import TRAIN, VALIDATION, FaceDataset, join
from tools.training.fit import TrainingRun
from tools.training.networks import load_network, with_only
from tools.training.recipes import Recipe, Teacher
from tools.training.soft_targets import SoftTargets

LAST_STAGE_SHARE = 0.65
"""Share of the trained weights in the mean with those before, where the last stage alone is
trained. Of 0.5, 0.65, 0.8 and 1 it has the accuracy of 1 on the development set, and most of that
of 0.5 on PublicTest (docs/experiments.md)."""


def train_schedule(
    runs: Path, name: str, schedule: Sequence[Recipe], faces: FaceDataset,
    soft_targets: SoftTargets | None = None, start: Path | None = None,
) -> Path:  # fmt: skip
    """Runs in `runs`/<name>-1, -2 and so on, each from the best network of the one before; returns
    the file of the last one's best network."""
    train, held_out = faces.only(TRAIN), faces.only(VALIDATION)
    best = start
    for number, recipe in enumerate(schedule, 1):
        folder = runs / f"{name}-{number}"
        run = TrainingRun(folder, recipe, soft_targets=soft_targets, start=best, number=number)
        run.train(train, held_out)
        best = run.best
    assert best is not None
    return best


def train_network(
    datasets: Mapping[str, FaceDataset], runs: Path, schedule: Sequence[Recipe],
    soft_targets: SoftTargets | None = None, start: Path | None = None,
) -> keras.Model:  # fmt: skip
    """The trained backbone.

    start: a trained `.keras` network, from which the last recipe alone continues, in a folder of
    its own. With soft targets the result is the mean of the last run's start and its best network:
    on the validation split it keeps the latter's emotion accuracy and the former's gender accuracy.
    """
    name = "face"
    if start is not None:
        name, schedule = "face-from-start", schedule[-1:]
    best = train_schedule(runs, name, schedule, join(*datasets.values()), soft_targets, start)
    if soft_targets is None or (start is None and len(schedule) == 1):
        return load_network(best)
    start = start or runs / f"{name}-{len(schedule) - 1}" / "best.keras"
    return mean_network(start, best, LAST_STAGE_SHARE if schedule[-1].last_stage else 0.5)


def train_teacher(
    name: str, teacher: Teacher, datasets: Mapping[str, FaceDataset], runs: Path
) -> Path:
    """The file of a teacher's best network."""
    return train_schedule(runs, name, teacher.schedule, datasets[teacher.dataset])


def mean_network(start: Path, best: Path, share: float = 0.5) -> keras.Model:
    """The network with the mean weights of two (Wortsman et al. 2022, "Model soups"); that of
    `best` if they are of different designs. share: of `best`."""
    network = load_network(best)
    weights = network.get_weights()
    past = with_only(load_network(start), list(network.output)).get_weights()
    if [one.shape for one in past] == [one.shape for one in weights]:
        network.set_weights(
            [(1 - share) * one + share * other for one, other in zip(past, weights, strict=True)]
        )
    return network
