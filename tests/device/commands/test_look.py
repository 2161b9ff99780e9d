from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.__main__ import main
from device.camera.demo import PHOTOGRAPHS, Demo, locate
from device.camera.images import load_picture
from device.commands.look import MeanReading
from device.config import CameraConfig
from device.faces.blazeface import KEYPOINTS
from device.values import EMOTIONS, KINDS, Box, Face, Image, Reading, Trust
from tests.device.camera.exif import turn_video, turned_jpeg
from tests.schemas import valid

FACE = (226, 120)
"""Middle of the face on the photograph, pixels."""


@pytest.fixture(scope="module")
def photo() -> Path:
    """A photograph of one person, 512x512."""
    return locate(PHOTOGRAPHS[1])


@pytest.fixture
def look(root, capsys):
    """Runs `wayside look`: exit code, valid JSON objects or text, lines of the error output."""

    def run(*arguments: object):
        code = main(["look", *map(str, arguments), "--config", str(root / "config.yaml")])
        out, err = capsys.readouterr()
        if "--json" not in arguments:
            return code, out, err.splitlines()
        lines = [json.loads(line) for line in out.splitlines()]
        for line in lines:
            valid("look", line)
        return code, lines, err.splitlines()

    return run


def write(path: Path, rgb: Image) -> Path:
    assert cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return path


def write_clip(path: Path, pictures: list[Image], fps: int = 10) -> Path:
    height, width = pictures[0].shape[:2]
    codec = cv2.VideoWriter_fourcc(*("MJPG" if path.suffix == ".avi" else "mp4v"))
    video = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, codec, fps, (width, height))
    for picture in pictures:
        video.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    video.release()
    return path


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def holds(box: list[float], x: float, y: float) -> bool:
    return box[0] < x < box[0] + box[2] and box[1] < y < box[1] + box[3]


def test_a_photo_is_one_json_line_of_who_is_there_and_what_would_be_suggested(look, photo):
    code, lines, errors = look(photo, "--json")
    assert (code, errors) == (0, [])
    (line,) = lines
    assert list(line) == ["source", "at", "faces", "suggestions"]
    assert line["source"] == str(photo)
    assert line["at"] is None
    (face,) = line["faces"]
    assert list(face) == ["box", "score", "emotion", "mood", "age", "age_band", "female", "trust"]
    assert holds(face["box"], *FACE)
    assert 80 < face["box"][3] < 130
    assert 0.5 <= face["score"] <= 1
    assert list(face["emotion"]) == list(EMOTIONS)
    assert sum(face["emotion"].values()) == pytest.approx(1, abs=0.01)
    assert 0 <= face["age"] <= 100
    assert 0 <= face["female"] <= 1
    assert face["trust"] == {"emotion": 1, "age": 1, "gender": 1}
    assert len(line["suggestions"]) == 5
    for suggestion in line["suggestions"]:
        assert list(suggestion) == ["id", "kind", "title", "score", "why"]
        assert suggestion["kind"] in KINDS
    scores = [s["score"] for s in line["suggestions"]]
    assert scores == sorted(scores, reverse=True)


def test_a_person_reads_who_is_there_and_every_score_term_by_term(look, photo):
    code, text, _ = look(photo, "--top", "2")
    assert code == 0
    first, face, *rest = text.splitlines()
    assert first == f"{photo}: 1 face"
    assert "mood" in face
    assert "years" in face
    assert "trust" in face
    assert sum("  1. " in line or "  2. " in line for line in rest) == 2
    terms = re.findall(r"(\w+) ([+-][\d.]+) = (-?[\d.]+) x ([\d.]+)", text)
    assert len(terms) >= 4
    for _, counts, value, weight in terms:
        assert float(counts) == pytest.approx(float(value) * float(weight), abs=0.01)


def test_a_clip_is_a_line_a_second_and_one_for_the_whole(look, tmp_path):
    demo = Demo(CameraConfig())
    clip = write_clip(tmp_path / "clip.mp4", [demo.view(2 + n / 10) for n in range(34)])
    code, lines, errors = look(clip, "--json")
    assert (code, errors) == (0, [])
    assert [line["at"] for line in lines] == [1.0, 2.0, 3.0, "all"]
    assert all(len(line["faces"]) == 1 for line in lines)
    assert all(line["suggestions"] for line in lines)
    whole = lines[-1]["faces"][0]
    assert sum(whole["emotion"].values()) == pytest.approx(1, abs=0.01)
    assert holds(whole["box"], 320, 200)


def test_the_whole_clip_is_the_mean_of_its_readings_by_their_trust():
    def reading(happy: float, female: float, trust: float) -> Reading:
        emotion = np.array([happy, 1 - happy], np.float32)
        age = np.eye(21, dtype=np.float32)[6]
        return Reading(
            "a", 0.0, ("happy", "sad"), emotion, age, female, None, Trust(trust, 1.0, trust)
        )

    face = Face(Box(0, 0, 9, 9), np.zeros((6, 2), np.float32), 0.9, KEYPOINTS)
    mean = MeanReading(reading(1.0, 1.0, 0.8))
    mean.add(reading(1.0, 1.0, 0.8), face)
    mean.add(reading(0.0, 0.0, 0.2), face)
    whole = mean.reading()
    assert whole.emotion is not None
    assert np.allclose(whole.emotion, [0.8, 0.2])
    assert whole.female == pytest.approx(0.8)
    assert whole.trust == Trust(pytest.approx(0.5), 1.0, pytest.approx(0.5))


def test_nobody_there_means_no_face_and_no_suggestion(look, tmp_path):
    wall = Demo(CameraConfig()).view(15)
    picture = write(tmp_path / "wall.png", wall)
    clip = write_clip(tmp_path / "wall.avi", [wall] * 12)
    code, lines, _ = look(picture, clip, "--json")
    assert code == 0
    assert [line["at"] for line in lines] == [None, 1.0, "all"]
    assert all(line["faces"] == line["suggestions"] == [] for line in lines)


def test_one_photo_does_not_influence_the_next(look, photo, tmp_path):
    other = write(tmp_path / "other.png", load_picture(locate(PHOTOGRAPHS[0])))
    _, (first, _, again), _ = look(photo, other, photo, "--json")
    assert first == again


def test_a_crop_is_a_face_without_detection(look, photo, tmp_path):
    x, y = FACE
    face = load_picture(photo)[y - 60 : y + 60, x - 60 : x + 60]
    small = cv2.resize(face, (48, 48), interpolation=cv2.INTER_AREA)
    path = write(tmp_path / "crop.png", small)
    _, (line,), _ = look(path, "--crop", "--json")
    assert [f["box"] for f in line["faces"]] == [[0, 0, 48, 48]]
    assert line["faces"][0]["age"] is not None
    assert len(line["suggestions"]) == 5


@pytest.mark.parametrize("count", ["0", "-1", "many", "51"])
def test_a_count_of_suggestions_is_a_whole_number(look, photo, count, capsys):
    with pytest.raises(SystemExit) as ended:
        look(photo, "--top", count)
    assert ended.value.code == 2
    assert "whole number from 1 to 50" in capsys.readouterr().err


def test_each_bad_input_is_one_line_and_the_good_ones_are_analysed_all_the_same(
    look, photo, tmp_path
):
    noise = [np.random.default_rng(n).integers(0, 255, (96, 96, 3), np.uint8) for n in range(30)]
    text = tmp_path / "notes.jpg"
    text.write_text("buy milk\n" * 30)
    heic = tmp_path / "photo.heic"
    heic.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    (tmp_path / "empty").mkdir()
    bad = {
        cut(write_clip(tmp_path / "no_index.mp4", noise)): "cut short",
        text: "not a picture",
        heic: "HEIC is not supported; save it as JPEG",
        write(tmp_path / "dot.png", np.zeros((1, 1, 3), np.uint8)): "1x1 pixels are too few",
        tmp_path / "gone.jpg": "No such file",
        tmp_path / "gone.mp4": "no such file",
        tmp_path / "empty": "no picture in this folder",
        cut(write(tmp_path / "half.png", noise[0])): "cut short",
    }
    code, lines, errors = look(*bad, photo, "--json")
    assert code == 1
    assert lines[-1]["source"] == str(photo)
    assert len(lines[-1]["faces"]) == 1
    assert len(errors) == len(bad)
    for error, (path, says) in zip(errors, bad.items(), strict=True):
        assert error.startswith("wayside: ")
        assert str(path) in error
        assert says in error


def test_a_clip_that_is_cut_short_gives_all_that_could_be_read_then_the_error(look, tmp_path):
    demo = Demo(CameraConfig())
    clip = cut(write_clip(tmp_path / "half.avi", [demo.view(2 + n / 10) for n in range(50)]))
    code, lines, errors = look(clip, "--json")
    assert code == 1
    assert [line["at"] for line in lines] == [1.0, 2.0, "all"]
    assert len(lines[-1]["faces"]) == 1
    assert lines[-1]["suggestions"]
    (error,) = errors
    assert re.fullmatch(
        rf"wayside: {clip}: (cut short after|broken at) 2\.\d s.*export it again", error
    )


def test_a_clip_cut_within_its_first_second_still_gives_the_whole(look, tmp_path):
    demo = Demo(CameraConfig())
    clip = cut(write_clip(tmp_path / "half.avi", [demo.view(2 + n / 10) for n in range(12)]))
    code, lines, errors = look(clip, "--json")
    assert (code, len(errors)) == (1, 1)
    assert [line["at"] for line in lines] == ["all"]


def test_a_clip_of_a_phone_held_upright_shows_the_face_upright(look, photo, tmp_path):
    lying = np.ascontiguousarray(np.rot90(load_picture(photo)))
    clip = turn_video(write_clip(tmp_path / "phone.mp4", [lying] * 12), 90)
    _, lines, _ = look(clip, "--json")
    (face,) = lines[-1]["faces"]
    assert holds(face["box"], *FACE)


def test_a_clip_without_a_picture_is_one_line(look, tmp_path):
    clip = tmp_path / "empty.avi"
    video = cv2.VideoWriter(
        str(clip), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"MJPG"), 10, (96, 96)
    )
    video.release()
    code, out, errors = look(clip)
    assert (code, out) == (1, "")
    assert errors == [f"wayside: {clip}: this video has no picture"]


def test_a_grey_a_transparent_and_a_turned_photo_all_show_the_face(look, photo, tmp_path):
    rgb = load_picture(photo)
    grey = tmp_path / "grey.png"
    cv2.imwrite(str(grey), cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
    cut_out = tmp_path / "cut_out.png"
    shape = np.zeros(rgb.shape[:2], np.uint8)
    cv2.circle(shape, FACE, 110, 255, -1)
    cv2.imwrite(str(cut_out), np.dstack([cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), shape]))
    turned = write(tmp_path / "turned.jpg", np.ascontiguousarray(np.rot90(rgb)))
    turned.write_bytes(turned_jpeg(turned.read_bytes(), 6))
    code, lines, errors = look(grey, cut_out, turned, "--json")
    assert (code, errors) == (0, [])
    for line in lines:
        (face,) = line["faces"]
        assert holds(face["box"], *FACE)


@pytest.mark.slow
def test_boxes_on_a_photo_of_108_megapixels_are_in_its_own_pixels(look, photo, tmp_path):
    canvas = np.full((9000, 12000, 3), 150, np.uint8)
    canvas[200:8392, 1000:9192] = np.repeat(np.repeat(load_picture(photo), 16, 0), 16, 1)
    huge = write(tmp_path / "huge.jpg", canvas)
    del canvas
    code, (line,), _ = look(huge, "--json")
    assert code == 0
    (face,) = line["faces"]
    assert holds(face["box"], 1000 + 16 * FACE[0], 200 + 16 * FACE[1])
    assert 80 * 16 < face["box"][3] < 130 * 16


def test_a_folder_is_every_picture_in_it(look, photo, tmp_path):
    rgb = load_picture(photo)
    write(tmp_path / "b.png", rgb)
    write(tmp_path / "a.png", rgb)
    (tmp_path / "c.png").write_text("broken")
    code, lines, errors = look(tmp_path, "--json")
    assert code == 1
    assert [Path(line["source"]).name for line in lines] == ["a.png", "b.png"]
    assert len(errors) == 1
