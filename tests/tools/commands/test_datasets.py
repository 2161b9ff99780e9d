"""`wayside-tools datasets`: counts, contact sheets, and problems."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from device.values import MOODS
from tests.tools.small_datasets import noise
from tools.__main__ import main

Output = pytest.CaptureFixture[str]


def moods(folder: Path) -> Path:
    for number, mood in enumerate(MOODS):
        (folder / mood).mkdir(parents=True)
        for index in range(5):
            cv2.imwrite(str(folder / mood / f"{index}.png"), noise(10 * number + index))
    return folder


def test_a_dataset_is_summarised_with_a_contact_sheet(tmp_path: Path, capsys: Output) -> None:
    folder = moods(tmp_path / "emopoi")
    (folder / "bored" / "broken.png").write_text("no picture")
    (folder / "puzzled").mkdir()
    given = ["datasets", str(folder), "--classes", "moods", "--out", str(tmp_path / "sheets")]
    assert main(given) == 0
    output = capsys.readouterr().out
    assert "class folders, 40 faces" in output
    table = [line.split() for line in output.splitlines()]
    assert ["bored", "4", "1", "0"] in table
    assert ["all", "32", "8", "0"] in table
    assert "1 skipped, not a readable image: bored/broken.png" in output
    assert "1 skipped, not one of happy, excited" in output
    sheet = cv2.imread(str(tmp_path / "sheets" / "emopoi.png"))
    assert sheet.shape[0] > 8 * 64
    assert sheet.shape[1] > 5 * 64
    held_out = (tmp_path / "sheets" / "emopoi held out.csv").read_text().splitlines()
    assert held_out[0] == "digest,split"
    assert [row.split(",")[1] for row in held_out[1:]] == ["validation"] * 8
    assert main([*given, "--strict"]) == 1
    refused = capsys.readouterr().err
    assert "bored/broken.png: not a readable image; fix it" in refused
    assert refused.count("\n") == 1


def test_two_datasets_of_one_name_or_classes_without_a_path_are_user_errors(
    tmp_path: Path, capsys: Output
) -> None:
    one, two = moods(tmp_path / "a" / "faces"), moods(tmp_path / "b" / "faces")
    assert main(["datasets", str(one), str(two), "--out", str(tmp_path / "sheets")]) == 1
    assert "faces: two datasets of one name" in capsys.readouterr().err
    assert not (tmp_path / "sheets").exists()
    assert main(["datasets", "--classes", "moods", "--data", str(tmp_path / "a" / "faces")]) == 1
    assert "name a PATH" in capsys.readouterr().err


def test_kaggles_csv_is_a_dataset(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "fer2013.csv"
    rows = [f"{n},{' '.join(map(str, noise(n).flatten()))},Training" for n in range(7)]
    path.write_text("\n".join(["emotion,pixels,Usage", *rows, "7,0 0,Training"]))
    assert main(["datasets", str(path), "--out", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert "FER-2013, 7 faces" in output
    assert "fer2013.csv row 9" in output
