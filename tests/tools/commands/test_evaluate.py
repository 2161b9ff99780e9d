"""`wayside-tools evaluate`, end to end: small sets in zip files, a small network with votes."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest

from device.values import EMOTIONS
from tests.tools.small_sets import fer_zip, utkface_zip
from tools.__main__ import main
from tools.evaluation import compare
from tools.training.convert import face_to_tflite
from tools.training.model_cards import FACE, write_card
from tools.training.networks import SIZE, TINY, face_network, with_consensus


def model_at(path: Path, seed: int) -> Path:
    keras.utils.set_random_seed(seed)
    network = with_consensus(face_network(TINY))
    pictures = np.random.default_rng(0).integers(0, 256, (20, SIZE, SIZE), np.uint8)
    path.write_bytes(face_to_tflite(network, pictures))
    write_card(path, path, EMOTIONS, {}, "a test", **FACE)
    return path


def of_own_classes(path: Path, model: Path) -> Path:
    """The same model with a card that names two moods."""
    path.write_bytes(model.read_bytes())
    write_card(path, path, ("calm", "excited"), {}, "a test", **FACE)
    return path


@dataclass(frozen=True, slots=True)
class Room:
    """A workstation's folders, and the options that name them."""

    folder: Path
    model: Path
    other: Path

    def evaluate(self, *more: str) -> int:
        return main(
            [
                "evaluate", "--model", str(self.model), "--data", str(self.folder),
                "--runs", str(self.folder / "runs"), "--part", "validation", *more,
            ]
        )  # fmt: skip

    @property
    def report(self) -> dict[str, Any]:
        return json.loads(
            (self.folder / "runs" / "evaluate" / "validation" / "report.json").read_text()
        )


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    folder = tmp_path_factory.mktemp("room")
    fer_zip(folder / "fer2013.zip", 20)
    utkface_zip(folder / "utkface_112.zip", 12)
    return Room(folder, model_at(folder / "face.tflite", 1), model_at(folder / "other.tflite", 2))


@pytest.mark.slow
def test_every_section_is_measured_written_and_drawn(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    assert room.evaluate("--compare", str(room.other)) == 0
    printed = capsys.readouterr().out
    report = room.report
    fer, utk = report["parts"]["fer2013 validation"], report["parts"]["utkface validation"]
    assert (fer["faces"], utk["faces"]) == (20, 12)
    votes = fer["votes"]
    assert (votes["faces"], votes["ties"], votes["contempt"], votes["without_votes"]) == (
        8, 4, 4, 4,
    )  # fmt: skip
    assert votes["agreed_faces"] == 2
    assert {f"{name}_agreed_accuracy" for name in ("emotion", "votes", "consensus")} <= set(votes)
    assert np.array(votes["confusion"]).shape == (7, 8)
    assert {"votes_accuracy", "emotion_by_votes_accuracy", "ece", "nll", "macro_f1"} <= set(fer)
    heads = report["calibration"]["fer2013 validation"]
    assert {name: head["faces"] for name, head in heads.items()} == {
        "emotion": 20, "votes": 8, "consensus": 8, "consensus_by_label": 20, "emotion_by_votes": 8,
    }  # fmt: skip
    assert sum(row["faces"] for row in heads["emotion"]["bins"]) == 20
    assert list(report["calibration"]["utkface validation"]) == ["gender"]
    groups = report["fairness"]["utkface validation"]["groups"]
    assert set(groups) == {"race", "gender", "age", "race and gender"}
    assert all(row["small"] for row in groups["race"].values())
    robust = report["robustness"]["validation"]
    assert set(robust["clean"]) == {
        "accuracy", "votes_accuracy", "consensus_accuracy", "gender_accuracy",
        "age_band_accuracy", "age_error",
    }  # fmt: skip
    assert robust["clean"]["accuracy"] == fer["accuracy"]
    for condition in robust["conditions"].values():
        for curve in condition["curves"].values():
            assert len(curve) == len(condition["strengths"])
    compared = report["compare"]
    assert compared["name"] == str(room.other)
    assert compared["ours_less_theirs"]["fer2013 validation"]["emotion"]["value"] == pytest.approx(
        fer["accuracy"] - compared["parts"]["fer2013 validation"]["accuracy"], abs=2e-4
    )
    names = {Path(path).name for path in report["pictures"]}
    assert names == {
        "fer2013-validation-confusion.png",
        "fer2013-validation-votes-confusion.png",
        "fer2013-validation-reliability.png",
        "utkface-validation-reliability.png",
        "utkface-validation-fairness.png",
        "validation-robustness.png",
        "validation-robustness-age.png",
    }
    for path in report["pictures"]:
        assert min(cv2.imread(path).shape[:2]) > 300
    made = room.folder / "runs" / "evaluate" / "validation"
    written = (made / "report.md").read_text()
    assert "the labels of FER-2013 and FER+ say nothing of who is seen" in written
    assert "8 faces; left out: 4 ties, 4 of contempt, 4 without votes" in written
    assert "12 (few)" in written
    assert str(made) in printed
    assert "| fer2013 validation | 20 |" in printed


def test_only_what_is_asked_for_is_measured_and_a_repetition_is_the_same(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--only", "fairness,calibration", "--limit", "5", "--json")
    assert room.evaluate(*asked) == 0
    first = json.loads(capsys.readouterr().out)
    assert room.evaluate(*asked) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert {"calibration", "fairness"} < set(first)
    # Beside the report of the whole part, not in its place.
    made = room.folder / "runs" / "evaluate" / "validation calibration fairness limit 5"
    assert json.loads((made / "report.json").read_text()) == first
    assert not {"parts", "robustness", "compare"} & set(first)
    assert first["fairness"]["utkface validation"]["faces"] == 5
    assert list(first["fairness"]["fer2013 validation"]) == ["not_measured"]


def test_a_section_or_a_rival_that_is_not_there_is_one_clear_line(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        room.evaluate("--only", "accuracy,beauty")
    assert "got 'beauty', takes some of accuracy,calibration" in capsys.readouterr().err
    for rival, words in (
        ("deepface", "takes `fer` or a file FILE.tflite"),
        (str(room.folder / "none.tflite"), "no such model"),
    ):
        assert room.evaluate("--only", "accuracy", "--compare", rival) == 1
        said = capsys.readouterr().err
        assert said.strip().splitlines()[-1].startswith("wayside-tools: ")
        assert words in said


def test_only_models_of_the_same_classes_are_compared(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    moods = of_own_classes(room.folder / "moods.tflite", room.other)
    assert room.evaluate("--only", "accuracy", "--compare", str(moods)) == 1
    assert "only models of the same classes can be compared" in capsys.readouterr().err


def test_a_model_of_own_classes_is_not_held_against_the_public_sets(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    moods = of_own_classes(room.folder / "own.tflite", room.model)
    assert replace(room, model=moods).evaluate("--only", "accuracy") == 1
    assert "own.tflite: tells calm, excited, which no public set" in capsys.readouterr().err


def test_two_models_of_one_name_are_told_apart(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "faces" / "sad").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "faces" / "sad" / "a.png"), np.full((50, 50), 80, np.uint8))
    for suffix in (".tflite", ".json"):
        rival = tmp_path / room.model.with_suffix(suffix).name
        rival.write_bytes(room.model.with_suffix(suffix).read_bytes())
    monkeypatch.chdir(tmp_path)
    asked = ("--folder", "faces", "--compare", room.model.name, "--part", "all")
    assert room.evaluate(*asked) == 0
    header = capsys.readouterr().out.splitlines()
    assert any(f"| {room.model.resolve()} | {room.model.name} |" in line for line in header)


def test_two_models_read_the_same_folder(
    room: Room, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for label in ("anger", "happiness"):
        (tmp_path / label).mkdir()
        cv2.imwrite(str(tmp_path / label / "a.png"), np.full((50, 50), 80, np.uint8))
    asked = ("--folder", str(tmp_path), "--compare", str(room.other), "--part", "all")
    assert room.evaluate(*asked, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["faces"] == report["compare"]["faces"] == 2
    assert report["compare"]["model"] == str(room.other)
    assert room.evaluate(*asked) == 0
    assert "| angry | 1 |" in capsys.readouterr().out
    made = room.folder / "runs" / "evaluate" / f"folder {tmp_path.name}"
    assert sorted(path.name for path in made.iterdir()) == [
        "compared-confusion.png", "compared-reliability.png", "confusion.png", "reliability.png",
        "report.json", "report.md",
    ]  # fmt: skip


def test_of_a_folder_in_parts_the_training_faces_are_not_measured(
    room: Room, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for part, count in (("train", 4), ("validation", 2), ("test", 3)):
        for number in range(count):
            path = tmp_path / part / "sad" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), np.full((64, 64), 9 * number + count, np.uint8))
    for more, faces in (
        (("--part", "all"), 5),
        (("--part", "all", "--limit", "1"), 2),
        (("--part", "test"), 3),
        (("--part", "test", "--limit", "1"), 1),
    ):
        assert room.evaluate("--folder", str(tmp_path), "--json", *more) == 0
        assert json.loads(capsys.readouterr().out)["faces"] == faces


def test_what_a_folder_cannot_be_asked_is_one_clear_line(
    room: Room, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sad").mkdir()
    (tmp_path / "sad" / "note.txt").touch()
    cv2.imwrite(str(tmp_path / "sad" / "a.png"), np.full((64, 64), 9, np.uint8))
    assert room.evaluate("--folder", str(tmp_path)) == 1  # a room asks for --part validation
    said = capsys.readouterr().err
    assert "1 left out, no picture of a class: sad/note.txt" in said
    assert "--part validation: the folder names no parts" in said
    assert room.evaluate("--folder", str(tmp_path), "--only", "fairness") == 1
    assert "--only: of the public sets" in capsys.readouterr().err


@pytest.mark.slow
def test_without_a_network_the_package_is_one_clear_line(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (
        ("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", str(tmp_path)), ("PIP_CONFIG_FILE", "/dev/null"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    assert room.evaluate("--only", "accuracy", "--compare", "fer") == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("wayside-tools: compare-fer.txt: cannot be installed; this takes a")
    assert not (room.folder / "runs" / "environments" / "fer" / "made-from").exists()


@pytest.mark.slow
def test_an_environment_is_made_once_and_again_for_other_pins(tmp_path: Path) -> None:
    pins = tmp_path / "pins.txt"
    pins.write_text("# nothing\n")
    python = compare.install(tmp_path / "environment", pins)
    marked = python.parent.parent / "kept"
    marked.touch()
    assert compare.install(tmp_path / "environment", pins) == python
    assert marked.exists()
    pins.write_text("# nothing else\n")
    compare.install(tmp_path / "environment", pins)
    assert not marked.exists()
    assert python.resolve() == Path(sys.executable).resolve()


def test_the_pins_of_the_package_name_no_registry_and_carry_hashes() -> None:
    lines = compare.REQUIREMENTS.read_text().splitlines()
    assert not any(word in line for line in lines for word in ("://", "index-url", "file:"))
    packages = [line for line in lines if not line.startswith((" ", "#"))]
    assert any(line.startswith("fer==") for line in packages)
    assert all("==" in line and line.endswith("\\") for line in packages)
