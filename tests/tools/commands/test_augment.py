"""`wayside-tools augment`: crops, variations, and photos without a face."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from tools.__main__ import main

Output = pytest.CaptureFixture[str]


def photo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2BGR))
    return path


def test_faces_are_cropped_and_varied_and_photos_without_one_are_reported(
    tmp_path: Path, capsys: Output
) -> None:
    photo(tmp_path / "in" / "happy" / "astronaut.png")
    cv2.imwrite(str(tmp_path / "in" / "happy" / "wall.png"), np.full((200, 200), 120, np.uint8))
    (tmp_path / "in" / "happy" / "text.jpg").write_text("no picture")

    def make(out: str, *more: str) -> list[np.ndarray]:
        given = ["augment", str(tmp_path / "in"), "--count", "4", "--out", str(tmp_path / out)]
        assert main([*given, *more]) == 0
        files = sorted((tmp_path / out / "happy").iterdir())
        assert [f.name for f in files] == [f"astronaut.png@0-00{n}.png" for n in range(4)]
        return [cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in files]

    first = make("a")
    output = capsys.readouterr().out
    assert "1 skipped, no face found: happy/wall.png" in output
    assert "happy/text.jpg" in output
    assert all(picture.shape == (64, 64) for picture in first)
    assert (tmp_path / "a" / "contact-sheet.png").is_file()
    # A seed repeats them, whatever other photos there are; another seed varies the same crop.
    photo(tmp_path / "in" / "sad" / "another.png")
    np.testing.assert_array_equal(make("b"), first)
    other = make("c", "--seed", "2")
    np.testing.assert_array_equal(other[0], first[0])
    assert (other[1] != first[1]).any()


def test_photos_without_any_face_are_a_user_error(tmp_path: Path, capsys: Output) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200), 120, np.uint8))
    assert main(["augment", str(tmp_path / "wall.png"), "--out", str(tmp_path / "out")]) == 1
    assert "no face found in 1 photos" in capsys.readouterr().err
