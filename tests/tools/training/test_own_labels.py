"""From class folders to a kiosk that reports those classes, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from device.__main__ import main as wayside
from device.audience.group import audience_of
from device.audience.smoothing import Smoother
from device.config import AudienceConfig, RecogniseConfig, VisionConfig, load_config
from device.errors import UserError
from device.faces.blazeface import KEYPOINTS
from device.faces.crop import framing_of
from device.inference.model_card import load_card
from device.recognition.recognise import Recogniser
from device.values import MOODS, Box, Face, Frame, Track
from tests.tools.training.interruption import interrupted_in_the_second_epoch
from tools.__main__ import main
from tools.datasets.face_dataset import TRAIN, VALIDATION
from tools.datasets.import_issues import ImportIssues
from tools.datasets.photos import ALIGNED_KEYPOINTS
from tools.scoring.predict import predict_keras
from tools.training.clips import TemporalRecipe
from tools.training.finetune import Finetune, FinetuneRecipe, copied, with_new_head
from tools.training.networks import TINY, face_network, with_only
from tools.training.own_labels import (
    lost_beyond_chance,
    mood_notes,
    read_own_faces,
    train_own_labels,
)
from tools.training.temporal import temporal_network

LABELS = tuple(sorted(MOODS))


def pattern(label: int, draw: np.random.Generator) -> np.ndarray:
    """An easy picture: a band at one of four heights, bright on dark or dark on bright."""
    picture = draw.integers(0, 60, (64, 64), np.uint8)
    top = 16 * (label % 4)
    picture[top : top + 14] += 180
    return picture if label < 4 else 255 - picture


def folders(root: Path, labels: tuple[str, ...] = LABELS, count: int = 12) -> Path:
    draw = np.random.default_rng(1)
    for number, label in enumerate(labels):
        (root / label).mkdir(parents=True)
        for index in range(count):
            cv2.imwrite(str(root / label / f"{index}.png"), pattern(number, draw))
    return root


def on_a_wall(picture: np.ndarray, at: float) -> tuple[Frame, Face]:
    """A frame in which the device's crop of the face is this picture."""
    keypoints = ALIGNED_KEYPOINTS * np.float32(140) + np.float32([250, 170])
    keypoints[1, 1] = keypoints[0, 1]  # level eyes
    face = Face(Box(250, 170, 140, 140), keypoints, score=0.9, layout=KEYPOINTS)
    framing = framing_of(face)
    side = round(framing.side)
    left, top = round(framing.x - side / 2), round(framing.y - side / 2)
    grey = np.full((480, 640), 128, np.uint8)
    grey[top : top + side, left : left + side] = cv2.resize(picture, (side, side))
    return Frame(grey, np.dstack([grey] * 3), at), face


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_model_of_eight_moods_runs_on_the_device_up_to_suggestions(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "models"
    card = train_own_labels(
        folders(tmp_path / "emopoi"), root / "models" / "face.keras", tmp_path / "runs", out,
        FinetuneRecipe(head_epochs=24, head_rate=1e-2, epochs=4, rate=1e-3),
        TemporalRecipe(clips=24, steps=15, held_out_clips=4, held_out_s=1.0, epochs=1, batch=8),
        "a test", ImportIssues(),
    )  # fmt: skip
    assert "every label is a mood" in capsys.readouterr().out
    for name in ("face", "temporal"):
        assert load_card(out / f"{name}.tflite").labels == LABELS
    assert card["metrics"]["int8"]["emopoi validation"]["accuracy"] > 0.8
    assert card["data"][0]["name"].startswith("emopoi (bored, excited")

    # Frame by frame: recogniser, smoothing, audience.
    recogniser = Recogniser(out, VisionConfig(), RecogniseConfig(eyes=False))
    draw = np.random.default_rng(2)
    moods = {}
    for number, label in enumerate(LABELS):
        smoother = Smoother(AudienceConfig())
        visitors = ()
        for step in range(15):
            frame, face = on_a_wall(pattern(number, draw), step / 15)
            tracks = (Track(label, face, step + 1),)
            readings = recogniser.read(frame, tracks)
            visitors = smoother.update(tracks, readings, frame.at, 480)
        moods[label] = audience_of(visitors).mood
    assert sum(mood == label for label, mood in moods.items()) >= 6, moods

    # The kiosk's command on crops, with the shipped catalogue.
    text = (root / "config.yaml").read_text().replace("models: models", f"models: {out}")
    config = tmp_path / "config.yaml"
    config.write_text(text.replace("catalogue/", f"{root}/catalogue/"))
    load_config(config)
    crops = [tmp_path / f"{label}.png" for label in LABELS]
    for number, crop in enumerate(crops):
        cv2.imwrite(str(crop), pattern(number, draw))
    look = ["look", *map(str, crops), "--crop", "--json", "--config", str(config)]
    assert wayside(look) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == len(LABELS)
    suggested = {}
    for line in lines:
        (face,) = line["faces"]
        assert set(face["emotion"]) == set(MOODS)
        assert face["mood"] == max(face["emotion"], key=face["emotion"].get)
        suggested[face["mood"]] = [row["id"] for row in line["suggestions"]]
    assert all(suggested.values())
    assert len({tuple(ids) for ids in suggested.values()}) > 1


@pytest.mark.usefixtures("eager")
def test_a_new_head_learns_and_the_other_heads_stay_the_same(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    before = face_network(TINY)
    labels, faces = read_own_faces(folders(tmp_path / "in", ("bored", "sad")), ImportIssues())
    recipe = FinetuneRecipe(head_epochs=8, head_rate=0.05, epochs=2, batch=32)
    tuning = Finetune(with_new_head(copied(before), len(labels)), before, recipe)
    held_out = faces.only(VALIDATION)
    was = predict_keras(before, held_out.pictures)
    history = tuning.train(faces.only(TRAIN), held_out, tmp_path / "runs")
    assert [row["epoch"] for row in history] == list(range(1, len(history) + 1))
    assert predict_keras(tuning.network, held_out.pictures)["emotion"].shape[1] == 2
    assert min(row["val_loss"] for row in history) < history[0]["val_loss"]
    drift = tuning.drift(held_out)
    assert drift["age_moved_years"] < 1
    # The network that it was made from is unchanged.
    now = predict_keras(before, held_out.pictures)
    np.testing.assert_array_equal(now["emotion"], was["emotion"])


@pytest.mark.usefixtures("eager")
def test_an_interrupted_fine_tuning_continues_from_its_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, faces = read_own_faces(folders(tmp_path / "in", ("bored", "sad")), ImportIssues())
    recipe = FinetuneRecipe(head_epochs=2, epochs=2, batch=12)

    def tuned(folder: str) -> tuple[keras.Model, list[dict[str, float]]]:
        keras.utils.set_random_seed(1)
        before = face_network(TINY)
        tuning = Finetune(with_new_head(copied(before), len(labels)), before, recipe)
        splits = faces.only(TRAIN), faces.only(VALIDATION)
        return tuning.network, tuning.train(*splits, tmp_path / folder)

    with interrupted_in_the_second_epoch():
        tuned("interrupted")
    capsys.readouterr()
    network, history = tuned("interrupted")
    assert capsys.readouterr().out.count('{"epoch"') == 3  # of four: the first was saved
    whole, at_once = tuned("whole")
    losses = [[row["val_loss"] for row in rows] for rows in (history, at_once)]
    np.testing.assert_allclose(*losses, rtol=0.01)
    logits = [predict_keras(one, faces.pictures)["emotion"] for one in (network, whole)]
    np.testing.assert_allclose(*logits, atol=0.05)


def test_too_few_faces_of_a_class_are_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"sad: 4 faces, 1 of them held out; needs 10 or more"):
        read_own_faces(folders(tmp_path / "few", ("sad", "worried"), count=4), ImportIssues())
    with pytest.raises(UserError, match=r"one class, sad; needs two or more"):
        read_own_faces(folders(tmp_path / "one", ("sad",)), ImportIssues())
    clip = folders(tmp_path / "clip", ("sad", "worried"), count=12)
    for file in (clip / "sad").iterdir():
        file.rename(file.with_name(f"clip.mp4@{file.stem}.png"))
    with pytest.raises(UserError, match="from two photos or videos or more"):
        read_own_faces(clip, ImportIssues())


@pytest.mark.parametrize("kind", ["emotion alone", "temporal"])
def test_a_network_to_fine_tune_must_have_age_and_gender_heads(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = tmp_path / "start.keras"
    if kind == "temporal":
        temporal_network((3, 3, 16), 7, embedding=64, rank=2).save(start)
    else:
        with_only(face_network(TINY), ("emotion",)).save(start)
    faces = folders(tmp_path / "faces", ("sad", "worried"))
    asked = ["--labels", str(faces), "--start", str(start), "--runs", str(tmp_path / "runs")]
    assert main(["train", *asked]) == 1
    error = capsys.readouterr().err
    assert "name a face network with age, female, embedding, features" in error


def test_the_limit_of_a_trial_is_not_an_error_of_too_few_faces(tmp_path: Path) -> None:
    labels, faces = read_own_faces(
        folders(tmp_path, ("sad", "worried"), 40), ImportIssues(), limit=8
    )
    assert labels == ("sad", "worried")
    assert len(faces.only(TRAIN)) == 8


def test_a_missing_folder_is_a_user_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--labels", str(tmp_path / "no"), "--runs", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "no: no such folder; name a folder with one folder for each class" in error
    assert len([line for line in error.splitlines() if "wayside-tools:" in line]) == 1


def test_the_user_learns_which_labels_give_a_mood() -> None:
    assert mood_notes(MOODS) == [
        "every label is a mood: the device reports it as the visitor's mood"
    ]
    notes = mood_notes(("angry", "happy", "thoughtful"))
    assert len(notes) == 2
    assert notes[1].startswith("thoughtful: not in it, so it gives no mood")


def test_a_loss_of_one_face_in_a_small_dataset_is_chance_and_of_many_is_not() -> None:
    exact = np.ones(50, np.bool_)
    one = exact.copy()
    one[0] = False
    assert not lost_beyond_chance(exact, one)
    many = exact.copy()
    many[:10] = False
    assert lost_beyond_chance(exact, many)
    assert not lost_beyond_chance(many, exact)
