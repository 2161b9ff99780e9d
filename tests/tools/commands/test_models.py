"""The verbs of the models' workshop, and the models that ship."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from device.inference.litert import load_model
from device.inference.model_card import load_card
from device.recognition.recognise import softmax
from device.values import EMOTIONS
from tools.__main__ import main
from tools.datasets.photos import DeviceCropper

MOST_BYTES = 3_000_000
SHIPPED = ("face", "temporal")


@pytest.mark.parametrize(
    "verb",
    ["datasets", "frames", "augment", "train", "teach", "convert", "architectures", "evaluate"],
)
def test_the_help_of_each_verb_shows_an_example(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    assert f"example: wayside-tools {verb}" in capsys.readouterr().out.replace("\n", " ")


def test_a_kiosk_can_use_the_command_without_keras() -> None:
    seen = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, tools.__main__ as m\n"
            "try: m.main(['catalogue', '--help'])\n"
            "except SystemExit: pass\n"
            "print(sorted({'keras', 'tensorflow', 'matplotlib'} & set(sys.modules)))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout.strip().endswith("[]")


def test_missing_data_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--data", str(tmp_path), "--runs", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "fer2013.zip: no such file" in said


@pytest.mark.parametrize("name", SHIPPED)
def test_the_files_that_ship_are_the_ones_their_cards_name(root: Path, name: str) -> None:
    models = root / "models"
    card = json.loads((models / f"{name}.json").read_text())
    assert load_card(models / f"{name}.tflite").labels == EMOTIONS
    for file, digest in ((card["file"], "sha256"), (card["source"], "source_sha256")):
        data = (models / file).read_bytes()
        assert hashlib.sha256(data).hexdigest() == card[digest]
        assert len(data) < 8_000_000
    assert all(row["name"] and row["terms"] for row in card["data"])


def test_together_they_are_as_small_as_was_promised(root: Path) -> None:
    sizes = [(root / "models" / f"{name}.tflite").stat().st_size for name in SHIPPED]
    assert sum(sizes) <= MOST_BYTES


def test_a_folder_of_faces_is_measured_and_what_was_skipped_is_named(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("anger", "happiness", "odd"):
        (tmp_path / "faces" / name).mkdir(parents=True)
        picture = np.full((50, 50), 80, np.uint8)
        cv2.imwrite(str(tmp_path / "faces" / name / "a.png"), picture)
    face = root / "models" / "face.tflite"
    faces, runs = tmp_path / "faces", str(tmp_path / "runs")
    asked = ["evaluate", "--model", str(face), "--folder", str(faces), "--runs", runs, "--json"]
    assert main(asked) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert report["faces"] == 2
    assert set(report["classes"]) == {"angry", "happy"}
    columns = np.nonzero(np.sum(report["confusion"], axis=0))[0]
    assert len(columns) == 1  # two pictures that are alike are read alike
    right = {"angry", "happy"} & {report["labels"][columns[0]]}
    assert report["accuracy"] == len(right) / 2
    assert "1 skipped, not one of angry, disgust" in err
    assert err.strip().endswith(": odd/")


def test_one_face_is_read_alike_with_and_without_time(root: Path) -> None:
    """The temporal model speaks the same language as the backbone's own head."""
    face = load_model(root / "models" / "face.tflite")
    step = load_model(root / "models" / "temporal.tflite")
    crop = DeviceCropper()(np.ascontiguousarray(skimage.data.astronaut()[40:180, 155:295]))
    for picture in (crop, crop[:, ::-1], crop // 2):
        told = face.run({"face": picture[None, ..., None]})
        state = {name: np.zeros(step.inputs[name].shape, np.float32) for name in ("h", "c")}
        for _ in range(15):  # a second
            after = step.run({"features": told["features"], **state})
            state = {"h": after["h"], "c": after["c"]}
        alone, over_time = softmax(told["consensus"][0]), softmax(after["emotion"][0])
        assert alone.argmax() == over_time.argmax()
        assert np.abs(alone - over_time).max() < 0.3


@pytest.mark.real_data
@pytest.mark.slow
def test_the_card_states_what_the_shipped_int8_model_really_does(
    root: Path, wayside_data: Path, tmp_path: Path
) -> None:  # failure 29
    from tools.datasets.face_dataset import VALIDATION, resized
    from tools.datasets.fer2013 import read_fer
    from tools.scoring.metrics import measure
    from tools.scoring.predict import predict_tflite
    from tools.training.quantized import MOST_LOST

    card = json.loads((root / "models" / "face.json").read_text())
    stills = resized(read_fer(wayside_data / "fer2013.zip").only(VALIDATION))
    told = measure(predict_tflite(root / "models" / "face.tflite", stills.pictures), stills)
    stated = card["metrics"]["int8"]["fer2013 validation"]
    assert told["faces"] == stated["faces"]
    for figure in ("accuracy", "macro_f1", "votes_accuracy", "consensus_accuracy", "ece"):
        assert told[figure] == pytest.approx(stated[figure], abs=0.002), figure
    lost = card["metrics"]["float"]["fer2013 validation"]["accuracy"] - told["accuracy"]
    assert lost <= MOST_LOST
