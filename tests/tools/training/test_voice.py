"""The voice network, on tones: no speaker in two parts, and from clips to a model that runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from device.hearing.spectrogram import FRAMES, MELS
from device.inference.litert import load_model
from device.inference.model_card import load_card
from tests.tools.small_voices import voice_zip
from tools.__main__ import main
from tools.datasets.voice import CLASSES, FOLDS, load_voice
from tools.fleet.packing import refuse_loss
from tools.training.voice import VoiceRecipe, VoiceRun, across_split, fold_split
from tools.training.voice_views import TrainingViews, whole_views

ACTORS = (1, 3, 4, 9)


def test_no_speaker_is_in_two_parts_of_a_run_and_each_is_tested_once(tmp_path: Path) -> None:
    voice_zip(tmp_path / "voice.zip", range(1, 21), (3, 8, 9, 10, 11, 12, 13, 14))
    dataset = load_voice(tmp_path)
    people = 100 * dataset.corpus + dataset.speaker
    tested = np.zeros(len(dataset), int)
    for fold in range(FOLDS):
        split = fold_split(dataset, fold)
        parts = [set(people[rows]) for rows in (split.train, split.validation, split.test)]
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
    quiet, noisy = (whole_views(dataset, noise)[0] for noise in (False, True))
    assert np.abs(quiet[0] - noisy[0]).mean() > 0.1


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
    assert set(card["metrics"]["float"]) == {"RAVDESS validation"}
    refuse_loss(out / "voice.json")  # as when a release is packed
    model = load_model(out / "voice.tflite")
    model.require({"view": (1, FRAMES, MELS)}, {"emotion": (1, 9), "arousal": (1, 1)})

    dataset = load_voice(tmp_path)
    finished = (runs / "voice" / "fold 4" / "state.npz").stat().st_mtime_ns
    run = VoiceRun(runs / "voice" / "fold 4", VoiceRecipe(epochs=2))
    views = TrainingViews(dataset)
    assert run.train(dataset, views, fold_split(dataset, 4)).count_params()  # not trained twice
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
