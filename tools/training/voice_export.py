"""From trained runs to `voice.tflite`: all runs, int8, measured, with its card.

Guarantees: the figures called int8 are of the shipped file, on speakers that neither trained nor
tuned it; those called cross-validated are of the recipe, each speaker judged by a float network
that has not heard them.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from device.errors import UserError
from device.hearing.functionals import FUNCTIONALS
from device.hearing.spectrogram import (
    FRAMES,
    HIGHEST_HZ,
    HOP,
    LOWEST_HZ,
    MELS,
    RATE,
    TEMPOS,
    WINDOW,
    mel_power,
)
from device.hearing.tone import inputs_of, predict_sound
from device.inference.litert import Model, load_model
from device.inference.model_card import load_card
from tools.datasets.station_noise import HEARD, UNHEARD
from tools.datasets.voice import (
    CLASSES,
    CORPORA,
    FILE_NAME,
    FOLDS,
    VALENCES,
    VoiceDataset,
    speakers_in,
)
from tools.scoring.voice import voice_figures
from tools.training.convert import refuse_loss
from tools.training.export import SUFFIXES
from tools.training.model_cards import write_card
from tools.training.networks import load_network
from tools.training.tflite import voice_to_tflite
from tools.training.voice import (
    SHIPPED_FOLD,
    VoiceRecipe,
    VoiceRun,
    VoiceSplit,
    across_split,
    fold_split,
    predict_clips,
)
from tools.training.voice_functionals import TrainingFunctionals
from tools.training.voice_network import HEADS
from tools.training.voice_views import TEST_NOISE_DB, TrainingViews, whole_clips

Floats = NDArray[np.float32]

MAX_BYTES = 300_000

MAX_LOSS = 0.03
"""Accuracy of the classes, of either corpus, that int8 may lose on the held-out speakers: they are
few, and one clip of EmoDB's is 1.4 %."""

DATA = (
    {
        "name": "RAVDESS, speech of actors 1 to 20 (Livingstone & Russo 2018)",
        "terms": "CC BY-NC-SA 4.0",
    },
    {"name": "EmoDB, 8 of its 10 speakers (Burkhardt et al. 2005)", "terms": "research use"},
)
"""What the network is trained on, less the held-out speakers."""

OWN_ENTRIES = ("input", "outputs", "conversion", "held_out", "noise")
"""Entries of a voice model's card that other models' lack or fill otherwise."""

CONDITIONS = {"quiet": False, f"noise of {TEST_NOISE_DB:.0f} dB": True}
"""Titles of the figures, and whether noise of a kind that is not trained on is mixed in."""


def splits_of(dataset: VoiceDataset, folds: int = FOLDS) -> list[VoiceSplit]:
    """The runs: the shipped fold, across corpora where there are both, then `folds` - 1 others.

    Fold 0 is the last, since the recipe was chosen on it.
    """
    shipped, *others = [fold_split(dataset, fold) for fold in reversed(range(FOLDS))]
    across = []
    if len(set(dataset.corpus.tolist())) == len(CORPORA):
        across = [across_split(dataset, corpus) for corpus in reversed(CORPORA)]
    splits = [shipped, *across, *others[: folds - 1]]
    return [split for split in splits if split.test.any()]


def train_voice(
    dataset: VoiceDataset, runs: Path, out: Path, recipe: VoiceRecipe, command: str,
    folds: int = FOLDS,
) -> dict[str, Any]:  # fmt: skip
    """Train what is not trained yet, write the model's three files to `out`, return its card.

    runs: folder of the runs. folds: how many of the five are tested.

    Raises:
        UserError: the data lacks speakers, a folder holds another run, or int8 loses too much.
    """
    splits = splits_of(dataset, folds)
    if splits[0].name != f"fold {SHIPPED_FOLD}":
        raise UserError(f"{FILE_NAME}: too few speakers: none of fold {SHIPPED_FOLD}")
    varied, copies = TrainingViews(dataset), TrainingFunctionals(dataset)
    networks = [
        VoiceRun(runs / "voice" / split.name, recipe).train(dataset, varied, copies, split)
        for split in splits
    ]
    folder = runs / "voice" / "release"
    folder.mkdir(parents=True, exist_ok=True)
    source, tflite = folder / "voice.keras", folder / "voice.tflite"
    networks[0].save(source)
    card = convert_voice(networks[0], source, tflite, dataset, command)
    card = write_card(
        tflite, source, CLASSES, card["metrics"] | cross_validated(dataset, splits, runs), command,
        **{key: card[key] for key in OWN_ENTRIES}, data=DATA,
    )  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    for suffix in SUFFIXES:
        shutil.copyfile(folder / f"voice{suffix}", out / f"voice{suffix}")
    return card


def cross_validated(
    dataset: VoiceDataset, splits: Sequence[VoiceSplit], runs: Path
) -> dict[str, dict[str, Any]]:
    """Figures of the float networks of finished runs, quiet and in noise, and across corpora."""
    folds = [split for split in splits if split.name.startswith("fold")]
    # Every clip of these folds once, in the order of the folds.
    chosen = dataset.only(np.concatenate([np.flatnonzero(split.test) for split in folds]))
    figures: dict[str, Any] = {}
    for title, noise in CONDITIONS.items():
        found = [_outputs(runs, split, dataset, noise) for split in folds]
        outputs = {head: np.concatenate([one[head] for one in found]) for head in HEADS}
        figures |= voice_figures(outputs, chosen, f", {title}")
    report = {f"cross-validated over {len(folds)} of {FOLDS} folds": figures}
    for split in splits:
        if split not in folds:
            part = dataset.only(split.test)
            outputs = _outputs(runs, split, dataset)
            report[f"trained on {split.name}"] = voice_figures(outputs, part, by=split.by)
    return report


def _outputs(
    runs: Path, split: VoiceSplit, dataset: VoiceDataset, noise: bool = False
) -> dict[str, Floats]:
    """Logits of a run's network for the clips that it is tested on."""
    network = load_network(runs / "voice" / split.name / "voice.keras")
    return predict_clips(network, whole_clips(dataset.only(split.test), noise))


def convert_voice(
    network: keras.Model, source: Path, out: Path, dataset: VoiceDataset, command: str
) -> dict[str, Any]:
    """Convert to int8, measure on the held-out speakers, write file and card; return the card.

    Raises:
        UserError: another network, or int8 loses too much on the held-out speakers or is too large;
            nothing is written.
    """
    if set(HEADS) - set(network.output):
        raise UserError(f"{source}: has no outputs {', '.join(HEADS)}; not a voice network")
    split = fold_split(dataset, SHIPPED_FOLD)
    samples = whole_clips(dataset.only(split.train & (np.arange(len(dataset)) % 10 == 0)))
    content = voice_to_tflite(network, samples)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_suffix(".part.tflite")
    part.write_bytes(content)
    try:
        if len(content) > MAX_BYTES:
            raise UserError(f"{source}: {len(content)} bytes as int8, takes {MAX_BYTES} at most")
        held_out = dataset.only(split.test)
        metrics = {
            "float": figures_by_condition(partial(predict_clips, network), held_out),
            "int8": held_out_figures(part, held_out),
        }
        refuse_loss(metrics, MAX_LOSS)
        speed = milliseconds_a_second(load_model(part))
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return write_card(
        out, source, CLASSES, metrics, command, data=DATA,
        input={
            "name": "view", "rate": RATE, "window": WINDOW, "hop": HOP, "mels": MELS,
            "hertz": [LOWEST_HZ, HIGHEST_HZ], "frames": FRAMES, "tempos": list(TEMPOS),
            "made_by": "device/hearing/spectrogram.py",
            "beside": {
                "name": "functionals", "values": FUNCTIONALS,
                "made_by": "device/hearing/functionals.py",
            },
        },
        outputs={
            "emotion": "probabilities", "classes": "logits by corpus", "arousal": "logit of high",
            "valence": list(VALENCES),
        },
        conversion={
            "type": "int8", "max_loss": MAX_LOSS, "milliseconds_a_second_of_sound": round(speed, 3),
        },
        held_out=speakers_in(held_out),
        noise={"trained": list(HEARD), "tested": list(UNHEARD), "decibels": TEST_NOISE_DB},
    )  # fmt: skip


def held_out_figures(tflite: Path, held_out: VoiceDataset) -> dict[str, dict[str, Any]]:
    """Figures of a `.tflite` by corpus, quiet and in noise."""
    return figures_by_condition(partial(predict_tflite, load_model(tflite)), held_out)


def figures_by_condition(
    predict: Callable[[list[dict[str, Floats]]], dict[str, Floats]], held_out: VoiceDataset
) -> dict[str, dict[str, Any]]:
    """Figures by corpus, quiet and in noise."""
    found: dict[str, dict[str, Any]] = {}
    for title, noise in CONDITIONS.items():
        outputs = predict(whole_clips(held_out, noise))
        found |= voice_figures(outputs, held_out, f" held out, {title}")
    return found


def evaluate(tflite: Path, dataset: VoiceDataset, runs: Path) -> dict[str, dict[str, Any]]:
    """Figures of a `.tflite` on the speakers held out of it, and of the finished runs.

    Raises:
        UserError: no such model, or not the one of its card.
    """
    load_card(tflite)
    held_out = dataset.only(fold_split(dataset, SHIPPED_FOLD).test)
    splits = [s for s in splits_of(dataset) if (runs / "voice" / s.name / "voice.keras").exists()]
    figures = {"int8": held_out_figures(tflite, held_out)}
    finished = any(split.name.startswith("fold") for split in splits)
    return figures | (cross_validated(dataset, splits, runs) if finished else {})


def milliseconds_a_second(model: Model, seconds: int = 3, calls: int = 30) -> float:
    """Median milliseconds for a second of sound: what `ToneReader` computes."""
    sound = np.random.default_rng(0).standard_normal(seconds * RATE).astype(np.float32)
    taken = []
    for _ in range(calls):
        begun = time.perf_counter()
        predict_sound(model, inputs_of(sound, mel_power(sound)))
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken)) * 1000 / seconds


def predict_tflite(model: Model, clips: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
    """Mean outputs of each clip, in the kiosk's runtime. clips: of `whole_clips`."""
    found = [predict_sound(model, clip) for clip in clips]
    return {name: np.stack([one[name] for one in found]) for name in found[0]}
