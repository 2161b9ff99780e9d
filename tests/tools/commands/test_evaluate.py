"""`wayside-tools evaluate`, end to end, on small datasets in zip files and a small network."""

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

from device.faces.crop import CROP_SIZE
from device.values import EMOTIONS
from tests.tools.small_datasets import fer_zip, utkface_zip
from tools.__main__ import main
from tools.evaluation import compare
from tools.training.model_cards import FACE, write_card
from tools.training.networks import TINY, face_network
from tools.training.tflite import face_to_tflite

SECTIONS = "accuracy,calibration,fairness,robustness"
"""All but the gate, which needs the development set's own files."""


def model_at(path: Path, seed: int) -> Path:
    keras.utils.set_random_seed(seed)
    network = face_network(TINY)
    pictures = np.random.default_rng(0).integers(0, 256, (20, CROP_SIZE, CROP_SIZE), np.uint8)
    path.write_bytes(face_to_tflite(network, pictures))
    write_card(path, path, EMOTIONS, {}, "a test", **FACE)
    return path


def with_moods(path: Path, model: Path) -> Path:
    """The same model with a card that names two moods."""
    path.write_bytes(model.read_bytes())
    write_card(path, path, ("calm", "excited"), {}, "a test", **FACE)
    return path


@dataclass(frozen=True, slots=True)
class Workstation:
    """A folder of data and two models, and the command with options that name them."""

    folder: Path
    model: Path
    other: Path

    def evaluate(self, *more: str) -> int:
        return main(
            [
                "evaluate", "--model", str(self.model), "--data", str(self.folder),
                "--runs", str(self.folder / "runs"), "--split", "validation", *more,
            ]
        )  # fmt: skip

    @property
    def report(self) -> dict[str, Any]:
        return json.loads((self.made / "report.json").read_text())

    @property
    def made(self) -> Path:
        """The folder of the report of `SECTIONS`."""
        return self.folder / "runs" / "evaluate" / f"validation {SECTIONS.replace(',', ' ')}"


@pytest.fixture(scope="module")
def workstation(tmp_path_factory: pytest.TempPathFactory) -> Workstation:
    folder = tmp_path_factory.mktemp("workstation")
    fer_zip(folder / "fer2013.zip", 20)
    utkface_zip(folder / "utkface_112.zip", 12)
    first, second = (
        model_at(folder / f"{name}.tflite", seed) for seed, name in enumerate(("face", "other"))
    )
    return Workstation(folder, first, second)


@pytest.mark.slow
def test_every_section_is_measured_written_and_drawn(
    workstation: Workstation, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--compare", str(workstation.other), "--only", SECTIONS)
    assert workstation.evaluate(*asked) == 0
    printed = capsys.readouterr().out
    report = workstation.report
    fer, utk = report["splits"]["fer2013 validation"], report["splits"]["utkface validation"]
    assert (fer["faces"], utk["faces"]) == (20, 12)
    votes = fer["votes"]
    assert (votes["faces"], votes["ties"], votes["contempt"], votes["without_votes"]) == (
        8, 4, 4, 4,
    )  # fmt: skip
    assert votes["agreed_faces"] == 2
    assert {f"{name}_agreed_accuracy" for name in ("emotion", "votes")} <= set(votes)
    assert np.array(votes["confusion"]).shape == (7, 8)
    assert {"votes_accuracy", "emotion_by_votes_accuracy", "ece", "nll", "macro_f1"} <= set(fer)
    heads = report["calibration"]["fer2013 validation"]
    assert {name: head["faces"] for name, head in heads.items()} == {
        "emotion": 20, "votes": 8, "emotion_by_votes": 8,
    }  # fmt: skip
    assert sum(row["faces"] for row in heads["emotion"]["bins"]) == 20
    assert list(report["calibration"]["utkface validation"]) == ["gender"]
    groups = report["fairness"]["utkface validation"]["groups"]
    assert set(groups) == {"race", "gender", "age", "race and gender"}
    assert all(row["small"] for row in groups["race"].values())
    robust = report["robustness"]["validation"]
    assert set(robust["clean"]) == {
        "accuracy", "votes_accuracy", "gender_accuracy",
        "age_band_accuracy", "age_error",
    }  # fmt: skip
    assert robust["clean"]["accuracy"] == fer["accuracy"]
    for condition in robust["conditions"].values():
        for curve in condition["curves"].values():
            assert len(curve) == len(condition["strengths"])
    (compared,) = report["compare"]
    assert compared["name"] == str(workstation.other)
    assert compared["ours_less_theirs"]["fer2013 validation"]["emotion"]["value"] == pytest.approx(
        fer["accuracy"] - compared["splits"]["fer2013 validation"]["accuracy"], abs=2e-4
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
    made = workstation.made
    written = (made / "report.md").read_text()
    assert "the labels of FER-2013 and FER+ say nothing of who is seen" in written
    assert "8 faces; left out: 4 ties, 4 of contempt, 4 without votes" in written
    assert "12 (few)" in written
    assert str(made) in printed
    assert "| fer2013 validation | 20 |" in printed


def test_only_the_sections_asked_for_are_measured_and_the_figures_are_repeatable(
    workstation: Workstation, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--only", "fairness,calibration", "--limit", "5", "--json")
    assert workstation.evaluate(*asked) == 0
    first = json.loads(capsys.readouterr().out)
    assert workstation.evaluate(*asked) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert {"calibration", "fairness"} < set(first)
    # It does not replace the report of the whole split.
    made = workstation.folder / "runs" / "evaluate" / "validation calibration fairness limit 5"
    assert json.loads((made / "report.json").read_text()) == first
    assert not {"splits", "robustness", "compare"} & set(first)
    assert first["fairness"]["utkface validation"]["faces"] == 5
    assert list(first["fairness"]["fer2013 validation"]) == ["not_measured"]


def test_an_unknown_section_or_baseline_is_one_clear_line(
    workstation: Workstation, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        workstation.evaluate("--only", "accuracy,beauty")
    assert "got 'beauty', takes some of gate,accuracy" in capsys.readouterr().err
    for baseline, error in (
        ("deepface", "takes `fer`, `hsemotion` or a file FILE.tflite"),
        (str(workstation.folder / "none.tflite"), "no such model"),
    ):
        assert workstation.evaluate("--only", "accuracy", "--compare", baseline) == 1
        printed = capsys.readouterr().err
        assert printed.strip().splitlines()[-1].startswith("wayside-tools: ")
        assert error in printed


def test_only_models_of_the_same_classes_are_compared(
    workstation: Workstation, capsys: pytest.CaptureFixture[str]
) -> None:
    moods = with_moods(workstation.folder / "moods.tflite", workstation.other)
    assert workstation.evaluate("--only", "accuracy", "--compare", str(moods)) == 1
    assert "only models of the same classes can be compared" in capsys.readouterr().err


def test_a_model_of_other_classes_is_not_measured_on_the_public_datasets(
    workstation: Workstation, capsys: pytest.CaptureFixture[str]
) -> None:
    moods = with_moods(workstation.folder / "own.tflite", workstation.model)
    assert replace(workstation, model=moods).evaluate("--only", "accuracy") == 1
    assert (
        "own.tflite: predicts calm, excited, for which no public dataset" in capsys.readouterr().err
    )


def test_two_models_of_one_name_are_distinguished(
    workstation: Workstation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "faces" / "sad").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "faces" / "sad" / "a.png"), np.full((50, 50), 80, np.uint8))
    for suffix in (".tflite", ".json"):
        copy = tmp_path / workstation.model.with_suffix(suffix).name
        copy.write_bytes(workstation.model.with_suffix(suffix).read_bytes())
    monkeypatch.chdir(tmp_path)
    asked = ("--folder", "faces", "--compare", workstation.model.name, "--split", "all")
    assert workstation.evaluate(*asked) == 0
    header = capsys.readouterr().out.splitlines()
    assert any(
        f"| {workstation.model.resolve()} | {workstation.model.name} |" in line for line in header
    )


def test_two_models_are_measured_on_the_same_folder(
    workstation: Workstation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for label in ("anger", "happiness"):
        (tmp_path / label).mkdir()
        cv2.imwrite(str(tmp_path / label / "a.png"), np.full((50, 50), 80, np.uint8))
    asked = ("--folder", str(tmp_path), "--compare", str(workstation.other), "--split", "all")
    assert workstation.evaluate(*asked, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    (compared,) = report["compare"]
    assert report["faces"] == compared["faces"] == 2
    assert compared["model"] == str(workstation.other)
    assert workstation.evaluate(*asked) == 0
    assert "| angry | 1 |" in capsys.readouterr().out
    made = workstation.folder / "runs" / "evaluate" / f"folder {tmp_path.name}"
    assert sorted(path.name for path in made.iterdir()) == [
        "compared-confusion.png", "compared-reliability.png", "confusion.png", "reliability.png",
        "report.json", "report.md",
    ]  # fmt: skip


def test_the_training_part_of_a_folder_is_not_measured(
    workstation: Workstation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for split, count in (("train", 4), ("validation", 2), ("test", 3)):
        for number in range(count):
            path = tmp_path / split / "sad" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), np.full((64, 64), 9 * number + count, np.uint8))
    for more, faces in (
        (("--split", "all"), 5),
        (("--split", "all", "--limit", "1"), 2),
        (("--split", "test"), 3),
        (("--split", "test", "--limit", "1"), 1),
    ):
        assert workstation.evaluate("--folder", str(tmp_path), "--json", *more) == 0
        assert json.loads(capsys.readouterr().out)["faces"] == faces


def test_options_that_do_not_fit_a_folder_are_one_clear_line(
    workstation: Workstation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sad").mkdir()
    (tmp_path / "sad" / "note.txt").touch()
    cv2.imwrite(str(tmp_path / "sad" / "a.png"), np.full((64, 64), 9, np.uint8))
    assert workstation.evaluate("--folder", str(tmp_path)) == 1  # with --split validation
    printed = capsys.readouterr().err
    assert "1 skipped, not a picture in a class folder: sad/note.txt" in printed
    assert "--split validation: the folder names no splits" in printed
    assert workstation.evaluate("--folder", str(tmp_path), "--only", "fairness") == 1
    assert "--only: not with --folder" in capsys.readouterr().err


@pytest.mark.slow
def test_a_package_that_cannot_be_installed_is_one_clear_line(
    workstation: Workstation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in (
        ("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", str(tmp_path)), ("PIP_CONFIG_FILE", "/dev/null"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    assert workstation.evaluate("--only", "accuracy", "--compare", "fer") == 1
    printed = capsys.readouterr().err.strip().splitlines()[-1]
    assert printed.startswith("wayside-tools: compare-fer.txt: cannot be installed; this takes a")
    assert not (workstation.folder / "runs" / "environments" / "fer" / "made-from").exists()


@pytest.mark.slow
def test_an_environment_is_reused_until_its_pins_change(tmp_path: Path) -> None:
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


def test_the_pins_of_the_package_have_hashes_and_no_registry() -> None:
    lines = compare.REQUIREMENTS.read_text().splitlines()
    assert not any(word in line for line in lines for word in ("://", "index-url", "file:"))
    packages = [line for line in lines if not line.startswith((" ", "#"))]
    assert any(line.startswith("fer==") for line in packages)
    assert all("==" in line and line.endswith("\\") for line in packages)
