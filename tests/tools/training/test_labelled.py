"""From somebody's own class folders to a kiosk that tells those classes, and what stops it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
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
from tools.__main__ import main
from tools.datasets.face_dataset import TRAIN, VALIDATION
from tools.datasets.import_issues import ImportIssues
from tools.datasets.photos import ALIGNED_KEYPOINTS
from tools.scoring.predict import predict_keras
from tools.training.clips import TemporalRecipe
from tools.training.finetune import Finetune, FinetuneRecipe, untouched, with_new_head
from tools.training.labelled import lost_beyond_chance, make_labelled, mood_notes, read_labelled
from tools.training.networks import TINY, face_network, with_only
from tools.training.temporal import temporal_network

LABELS = tuple(sorted(MOODS))


def pattern(label: int, draw: np.random.Generator) -> np.ndarray:
    """A picture that is easy to tell: a band at one of four heights, bright on dark or the other
    way round."""
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
def test_eight_folders_become_a_model_that_the_device_runs_all_the_way_to_suggestions(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "models"
    card = make_labelled(
        folders(tmp_path / "emopoi"), root / "models" / "face.keras", tmp_path / "runs", out,
        FinetuneRecipe(head_epochs=20, head_rate=1e-2, epochs=8, rate=1e-3),
        TemporalRecipe(clips=24, steps=15, held_out_clips=4, held_out_s=1.0, epochs=1, batch=8),
        "a test", ImportIssues(),
    )  # fmt: skip
    assert "every label is a mood" in capsys.readouterr().out
    for name in ("face", "temporal"):
        assert load_card(out / f"{name}.tflite").labels == LABELS
    assert card["metrics"]["int8"]["emopoi validation"]["accuracy"] > 0.8
    assert card["data"][0]["name"].startswith("emopoi (bored, excited")

    # Frame by frame: the recogniser over time, the smoothing, the audience.
    recogniser = Recogniser(out, VisionConfig(), RecogniseConfig(eyes=False))
    draw = np.random.default_rng(2)
    told = {}
    for number, label in enumerate(LABELS):
        smoother = Smoother(AudienceConfig())
        visitors = ()
        for step in range(15):
            frame, face = on_a_wall(pattern(number, draw), step / 15)
            tracks = (Track(label, face, step + 1),)
            readings = recogniser.read(frame, tracks)
            visitors = smoother.update(tracks, readings, frame.at, 480)
        told[label] = audience_of(visitors).mood
    assert sum(mood == label for label, mood in told.items()) >= 6, told

    # And the command of the kiosk, on crops, with the catalogue that ships.
    text = (root / "config.yaml").read_text().replace("models: models", f"models: {out}")
    config = tmp_path / "config.yaml"
    config.write_text(text.replace("catalogue/", f"{root}/catalogue/"))
    load_config(config)
    suggested = {}
    for number, label in enumerate(LABELS):
        crop = tmp_path / f"{label}.png"
        cv2.imwrite(str(crop), pattern(number, draw))
        assert wayside(["look", str(crop), "--crop", "--json", "--config", str(config)]) == 0
        sight = json.loads(capsys.readouterr().out)
        (face,) = sight["faces"]
        assert set(face["emotion"]) == set(MOODS)
        assert face["mood"] == max(face["emotion"], key=face["emotion"].get)
        suggested[face["mood"]] = [row["id"] for row in sight["suggestions"]]
    assert all(suggested.values())
    assert len({tuple(ids) for ids in suggested.values()}) > 1


def test_a_new_head_learns_and_the_other_heads_forget_nothing(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    before = face_network(TINY)
    labels, stills = read_labelled(folders(tmp_path / "in", ("bored", "sad")), ImportIssues())
    recipe = FinetuneRecipe(head_epochs=8, head_rate=0.05, epochs=2, batch=8)
    tuning = Finetune(with_new_head(untouched(before), len(labels)), before, recipe)
    held_out = stills.only(VALIDATION)
    was = predict_keras(before, held_out.pictures)
    history = tuning.train(stills.only(TRAIN), held_out, tmp_path / "runs")
    assert [row["epoch"] for row in history] == list(range(1, len(history) + 1))
    assert predict_keras(tuning.network, held_out.pictures)["emotion"].shape[1] == 2
    assert min(row["val_loss"] for row in history) < history[0]["val_loss"]
    drift = tuning.drift(held_out)
    assert drift["age_moved_years"] < 1
    # The network that it began as says what it said.
    now = predict_keras(before, held_out.pictures)
    np.testing.assert_array_equal(now["emotion"], was["emotion"])


def test_teaching_new_labels_goes_on_where_it_was_killed(
    tmp_path: Path,
    killed_after_an_epoch: Callable[[], AbstractContextManager[None]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    labels, stills = read_labelled(folders(tmp_path / "in", ("bored", "sad")), ImportIssues())
    recipe = FinetuneRecipe(head_epochs=2, epochs=2, batch=8)

    def tuned(folder: str) -> tuple[keras.Model, list[dict[str, float]]]:
        keras.utils.set_random_seed(1)
        before = face_network(TINY)
        tuning = Finetune(with_new_head(untouched(before), len(labels)), before, recipe)
        parts = stills.only(TRAIN), stills.only(VALIDATION)
        return tuning.network, tuning.train(*parts, tmp_path / folder)

    with killed_after_an_epoch():
        tuned("killed")
    capsys.readouterr()
    network, history = tuned("killed")
    assert capsys.readouterr().out.count('{"epoch"') == 3  # of four: the first was kept
    whole, at_once = tuned("whole")
    losses = [[row["val_loss"] for row in rows] for rows in (history, at_once)]
    np.testing.assert_allclose(*losses, rtol=0.01)
    told = [predict_keras(one, stills.pictures)["emotion"] for one in (network, whole)]
    np.testing.assert_allclose(*told, atol=0.05)


def test_too_few_faces_of_a_class_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"sad: 4 faces, 1 of them held out; takes 10 or more"):
        read_labelled(folders(tmp_path / "few", ("sad", "worried"), count=4), ImportIssues())
    with pytest.raises(UserError, match=r"one class, sad; takes two or more"):
        read_labelled(folders(tmp_path / "one", ("sad",)), ImportIssues())
    clip = folders(tmp_path / "clip", ("sad", "worried"), count=12)
    for file in (clip / "sad").iterdir():
        file.rename(file.with_name(f"clip.mp4@{file.stem}.png"))
    with pytest.raises(UserError, match="from two photos or videos or more"):
        read_labelled(clip, ImportIssues())


@pytest.mark.parametrize("kind", ["emotion alone", "temporal"])
def test_a_network_to_begin_with_must_read_faces_ages_and_genders(
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
    said = capsys.readouterr().err
    assert "name a face network that tells age, female, embedding, features" in said


def test_a_trial_of_few_faces_is_not_taken_for_a_small_folder(tmp_path: Path) -> None:
    labels, stills = read_labelled(
        folders(tmp_path, ("sad", "worried"), 40), ImportIssues(), limit=8
    )
    assert labels == ("sad", "worried")
    assert len(stills.only(TRAIN)) == 8


def test_a_folder_that_is_not_there_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--labels", str(tmp_path / "no"), "--runs", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "no: no such folder; it takes one folder for each class" in said
    assert len([line for line in said.splitlines() if "wayside-tools:" in line]) == 1


def test_a_user_is_told_which_labels_the_device_knows_a_mood_for() -> None:
    assert mood_notes(MOODS) == ["every label is a mood: the device tells it as the visitor's mood"]
    said = mood_notes(("angry", "happy", "thoughtful"))
    assert len(said) == 2
    assert said[1].startswith("thoughtful: not there, so it tells no mood")


def test_a_loss_of_one_face_in_a_small_set_is_chance_and_of_many_is_not() -> None:
    exact = np.ones(50, np.bool_)
    one = exact.copy()
    one[0] = False
    assert not lost_beyond_chance(exact, one)
    many = exact.copy()
    many[:10] = False
    assert lost_beyond_chance(exact, many)
    assert not lost_beyond_chance(many, exact)
