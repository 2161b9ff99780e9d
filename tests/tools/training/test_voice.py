"""The voice network, on tones: no speaker in two parts, and from clips to a model that runs."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from device.hearing.functionals import FUNCTIONALS
from device.hearing.spectrogram import FRAMES, MELS
from device.inference.litert import load_model
from device.inference.model_card import load_card
from tests.tools.small_voices import voice_zip
from tools.__main__ import main
from tools.datasets.station_noise import HEARD
from tools.datasets.voice import (
    AROUSED,
    CLASSES,
    FOLDS,
    UNIT_CORPUS,
    VoiceDataset,
    load_voice,
)
from tools.fleet.packing import refuse_loss
from tools.training import voice_views
from tools.training.voice import VoiceRecipe, VoiceRun, across_split, fold_split
from tools.training.voice_functionals import (
    COPIES,
    SHARPNESS,
    Linear,
    TrainingFunctionals,
    beside,
    fit,
)
from tools.training.voice_network import HEADS
from tools.training.voice_views import TrainingViews, noises_by_fold, whole_clips

ACTORS = (1, 3, 4, 9)


def test_no_speaker_is_in_two_parts_of_a_run_and_each_is_tested_once(tmp_path: Path) -> None:
    voice_zip(tmp_path / "voice.zip", range(1, 21), (3, 8, 9, 10, 11, 12, 13, 14))
    dataset = load_voice(tmp_path)
    people = 100 * dataset.corpus + dataset.speaker
    tested = np.zeros(len(dataset), int)
    for fold in range(FOLDS):
        split = fold_split(dataset, fold)
        parts = [set(people[rows]) for rows in (split.train, split.test)]
        assert sum(map(len, parts)) == len(set.union(*parts)) == 28
        assert all(parts)
        tested += split.test
    assert (tested == 1).all()
    across = across_split(dataset, "RAVDESS")
    assert set(dataset.corpus[across.train]) == {0}
    assert set(dataset.corpus[across.test]) == {1}


def test_views_are_varied_and_finite_and_noise_costs_no_shape(tmp_path: Path) -> None:
    voice_zip(tmp_path / "voice.zip", (1,))
    dataset = load_voice(tmp_path)
    drawn = TrainingViews(dataset)
    views = np.stack([drawn.view(0, np.random.default_rng(seed)) for seed in range(20)])
    assert views.shape == (20, FRAMES, MELS)
    assert np.isfinite(views).all()
    assert len(np.unique(views.reshape(20, -1), axis=0)) == 20
    assert (drawn.view(0, np.random.default_rng(3)) == views[3]).all()
    quiet, noisy = (whole_clips(dataset, noise)[0] for noise in (False, True))
    assert np.abs(quiet["view"] - noisy["view"]).mean() > 0.1
    assert np.abs(quiet["functionals"] - noisy["functionals"]).mean() > 0.1


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> VoiceDataset:
    folder = tmp_path_factory.mktemp("voices")
    voice_zip(folder / "voice.zip", ACTORS, (8,))
    return load_voice(folder)


@pytest.fixture(scope="module")
def copies(small: VoiceDataset) -> TrainingFunctionals:
    return TrainingFunctionals(small)


def test_copies_of_a_clip_differ_and_are_the_same_each_time(
    small: VoiceDataset, copies: TrainingFunctionals
) -> None:
    assert copies.values.shape == (len(small), len(COPIES), FUNCTIONALS)
    assert len(np.unique(copies.values[0], axis=0)) == len(COPIES)
    again = TrainingFunctionals(small.only(small.speaker == 1))
    assert (TrainingFunctionals(small.only(small.speaker == 1)).values == again.values).all()


def test_noise_is_made_from_the_speech_of_one_fold(
    small: VoiceDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_from: list[set[int]] = []
    folds = {id(sound): int(fold) for sound, fold in zip(small.sounds, small.fold, strict=True)}

    def recorded(maker: object, seconds: float, speech: list[np.ndarray], draw: object) -> str:
        made_from.append({folds[id(sound)] for sound in speech})
        return str(made_from[-1])

    monkeypatch.setattr(voice_views, "make_noise", recorded)
    found = noises_by_fold(small, 1.0, np.random.default_rng(0), takes=2)
    assert [set(noises) for noises in found] == [
        {str({fold})} if fold in small.fold else set() for fold in range(FOLDS)
    ]
    assert {len(noises) for noises in found if noises} == {2 * len(HEARD)}


def linear_logits(linear: Linear, head: str, functionals: np.ndarray) -> np.ndarray:
    weights, bias = linear[head]
    return np.asarray(functionals @ weights + bias)


def test_the_linear_part_tells_classes_and_arousal_of_a_speaker_not_fitted_to(
    small: VoiceDataset, copies: TrainingFunctionals
) -> None:
    held_out = small.speaker == ACTORS[-1]
    linear = fit(small, ~held_out, copies)
    clips = whole_clips(small.only(held_out))
    said = np.stack([clip["functionals"][0] for clip in clips])
    classes = linear_logits(linear, "classes", said)[:, UNIT_CORPUS == 0].argmax(axis=1)
    assert (classes == small.label[held_out]).mean() > 0.5  # one of eight by chance
    aroused = linear_logits(linear, "arousal", said)[:, 0] > 0
    assert (aroused == AROUSED[small.label[held_out]]).mean() > 0.6


def test_nothing_is_told_of_a_corpus_not_fitted_to(
    small: VoiceDataset, copies: TrainingFunctionals
) -> None:
    weights, bias = fit(small, small.corpus == 0, copies)["classes"]
    assert weights[:, UNIT_CORPUS == 0].any()
    assert not weights[:, UNIT_CORPUS == 1].any()
    assert not bias[UNIT_CORPUS == 1].any()


def test_both_parts_say_as_much() -> None:
    view = keras.Input((FRAMES, MELS), name="view")
    pooled = keras.layers.GlobalAveragePooling1D()(view)
    heads = {name: keras.layers.Dense(units)(pooled) for name, units in HEADS.items()}
    network = keras.Model(view, heads)
    draw = np.random.default_rng(0)
    linear = {
        name: (draw.standard_normal((FUNCTIONALS, units)).astype(np.float32),
               draw.standard_normal(units).astype(np.float32))
        for name, units in HEADS.items()
    }  # fmt: skip
    clip = {
        "view": draw.standard_normal((2, FRAMES, MELS)).astype(np.float32),
        "functionals": draw.standard_normal((2, FUNCTIONALS)).astype(np.float32),
    }
    alone = np.asarray(network(clip["view"])["arousal"])
    other = linear_logits(linear, "arousal", clip["functionals"])
    both = beside(network, linear)
    found = both([clip[one.name] for one in both.inputs])["arousal"]
    np.testing.assert_allclose(found, SHARPNESS * (alone + other) / 2, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.usefixtures("eager")
def test_a_voice_network_is_trained_converted_and_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    voice_zip(tmp_path / "voice.zip", ACTORS)
    out, runs = tmp_path / "models", tmp_path / "runs"
    places = ["--data", str(tmp_path), "--runs", str(runs)]
    given = ["train", "--voice", "--folds", "1", "--epochs", "2", "--out", str(out), *places]
    assert main(given) == 0
    assert "| RAVDESS held out, quiet, int8 | 16 |" in capsys.readouterr().out
    card = json.loads((out / "voice.json").read_text())
    assert load_card(out / "voice.tflite").labels == CLASSES
    assert card["held_out"] == {"RAVDESS": [9], "EmoDB": []}
    quiet, noise = "RAVDESS held out, quiet", "RAVDESS held out, noise of 10 dB"
    assert set(card["metrics"]["float"]) == {quiet, noise}
    refuse_loss(out / "voice.json")  # as when a release is packed
    model = load_model(out / "voice.tflite")
    inputs = {"view": (1, FRAMES, MELS), "functionals": (1, FUNCTIONALS)}
    model.require(inputs, {"emotion": (1, 9), "arousal": (1, 1)})

    dataset = load_voice(tmp_path)
    finished = (runs / "voice" / "fold 4" / "state.npz").stat().st_mtime_ns
    run = VoiceRun(runs / "voice" / "fold 4", VoiceRecipe(epochs=2))
    varied = TrainingViews(dataset), TrainingFunctionals(dataset)
    assert run.train(dataset, *varied, fold_split(dataset, 4)).count_params()  # not trained twice
    assert (runs / "voice" / "fold 4" / "state.npz").stat().st_mtime_ns == finished
    again = tmp_path / "again.tflite"
    assert main(["convert", str(out / "voice.keras"), "--out", str(again), *places]) == 0
    assert again.read_bytes() == (out / "voice.tflite").read_bytes()
    capsys.readouterr()
    model_option = ["--model", str(again), "--json"]
    assert main(["evaluate", "--voice", *model_option, *places]) == 0
    report = json.loads(capsys.readouterr().out)
    held_out = {t: f for t, f in card["metrics"].pop("int8").items() if "held out" in t}
    assert report.pop("int8") == held_out
    assert report == {t: f for t, f in card["metrics"].items() if t != "float"}


def test_options_of_the_face_network_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--voice", "--limit", "20"]) == 1
    assert "--limit: cannot be combined with --voice" in capsys.readouterr().err
