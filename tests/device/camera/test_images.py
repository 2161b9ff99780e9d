"""Loading a picture: orientation, transparency, size; broken files."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.camera.images import (
    LONGEST_SIDE,
    fit,
    frame_of,
    is_picture,
    list_pictures,
    load_picture,
)
from device.errors import UserError
from device.values import Image
from tests.device.camera.exif import exif, turned_jpeg, turned_webp

RED, BLUE = (200, 30, 20), (10, 40, 220)


def halves() -> Image:
    """60 wide, 40 high, RGB: the left half red, the right half blue."""
    picture = np.full((40, 60, 3), RED, np.uint8)
    picture[:, 30:] = BLUE
    return picture


def write(path: Path, rgb: Image) -> Path:
    assert cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return path


def near(pixel: Image, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() < 30)


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "bmp"])
def test_a_picture_is_loaded_as_rgb(tmp_path, kind):
    picture = load_picture(write(tmp_path / f"p.{kind}", halves()))
    assert picture.shape == (40, 60, 3)
    assert near(picture[20, 10], RED)
    assert near(picture[20, 50], BLUE)


def test_a_grey_picture_is_loaded_as_rgb(tmp_path):
    path = tmp_path / "grey.png"
    cv2.imwrite(str(path), np.full((40, 60), 90, np.uint8))
    picture = load_picture(path)
    assert picture.shape == (40, 60, 3)
    assert np.all(picture == 90)


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_transparent_parts_are_white(tmp_path, kind):
    path = tmp_path / f"cut_out.{kind}"
    rgba = np.dstack([halves()[:, :, ::-1], np.full((40, 60), 255, np.uint8)])
    rgba[:, 30:, 3] = 0
    cv2.imwrite(str(path), rgba)
    picture = load_picture(path)
    assert near(picture[20, 10], RED)
    assert near(picture[20, 50], (255, 255, 255))


def test_a_photo_is_rotated_upright_by_its_exif(tmp_path):
    path = write(tmp_path / "turned.jpg", halves())
    path.write_bytes(turned_jpeg(path.read_bytes(), 6))  # to be shown a quarter turn clockwise
    picture = load_picture(path)
    assert picture.shape == (60, 40, 3)
    assert near(picture[10, 20], RED)
    assert near(picture[50, 20], BLUE)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_webp_is_rotated_by_its_exif_as_a_jpeg_is(tmp_path, orientation):
    corner = halves()
    corner[:20, :20] = 255
    jpeg, webp = (write(tmp_path / f"p.{kind}", corner) for kind in ("jpg", "webp"))
    jpeg.write_bytes(turned_jpeg(jpeg.read_bytes(), orientation))
    webp.write_bytes(turned_webp(webp.read_bytes(), 60, 40, exif(orientation)))
    expected, picture = load_picture(jpeg), load_picture(webp)
    assert picture.shape == expected.shape
    assert np.abs(picture.astype(int) - expected).mean() < 8


def test_a_transparent_webp_is_white_where_its_rotated_alpha_says(tmp_path):
    rgba = np.dstack([halves()[:, :, ::-1], np.full((40, 60), 255, np.uint8)])
    rgba[:, 30:, 3] = 0
    path = tmp_path / "cut_out.webp"
    lossless = cv2.imencode(".webp", rgba, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    path.write_bytes(turned_webp(lossless, 60, 40, exif(6)))
    picture = load_picture(path)
    assert picture.shape == (60, 40, 3)
    assert near(picture[10, 20], RED)
    assert near(picture[50, 20], (255, 255, 255))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_a_picture_of_108_megapixels_is_scaled_down_in_bounded_memory(tmp_path, kind):
    path = tmp_path / f"huge.{kind}"
    program = f"""
import cv2, numpy, resource, sys
cv2.imwrite({str(path)!r}, numpy.full((9000, 12000, 3), 90, numpy.uint8))
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
    measure = f"""
import resource
from pathlib import Path
from device.camera.images import load_scaled
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
picture, scale = load_scaled(Path({str(path)!r}))
assert scale == 12000 / picture.shape[1]
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(*picture.shape, (after - before) // 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", measure], capture_output=True, text=True, timeout=120, check=True
    )
    height, width, _, megabytes = map(int, done.stdout.split())
    assert (width, height) == (LONGEST_SIDE, LONGEST_SIDE * 3 // 4)
    assert megabytes < {"jpg": 60, "png": 400}[kind]  # whole and scaled it would be 620


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.jpg", b"buy milk\n" * 40, "not a picture"),
        ("nothing.png", b"", "not a picture"),
        ("missing.jpg", None, "cannot be read (No such file or directory)"),
    ],
)
def test_a_file_that_is_no_picture_is_an_error_that_names_it(tmp_path, name, content, reason):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as error:
        load_picture(path)
    assert str(path) in str(error.value)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["photo.heic", "photo.jpg"])
def test_a_heic_is_named_as_such_whatever_its_suffix(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    with pytest.raises(UserError) as error:
        load_picture(path)
    assert str(error.value) == f"{path}: HEIC is not supported; save it as JPEG"


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_a_picture_that_is_cut_in_half_is_refused(tmp_path, kind):
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    path = write(tmp_path / f"cut.{kind}", noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match="cut short"):
        load_picture(path)


def test_a_picture_of_one_pixel_is_too_small_for_a_face(tmp_path):
    path = write(tmp_path / "dot.png", np.zeros((1, 1, 3), np.uint8))
    with pytest.raises(UserError, match="1x1 pixels are too few"):
        load_picture(path)


def test_a_broken_colour_profile_writes_nothing_to_the_terminal(tmp_path):
    path = write(tmp_path / "profile.png", halves())
    whole = path.read_bytes()
    body = b"iCCP" + b"bad\0\0" + zlib.compress(b"not a profile")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    path.write_bytes(whole[:33] + chunk + whole[33:])
    program = f"""
from pathlib import Path
from device.camera.images import load_picture
print(load_picture(Path({str(path)!r})).shape)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "(40, 60, 3)\n"
    assert done.stderr == ""


def test_an_empty_folder_is_an_error_that_lists_the_suffixes(tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(UserError, match=r"no picture in this folder; takes .*\.jpg"):
        list_pictures(tmp_path)
    with pytest.raises(UserError, match="no such folder"):
        list_pictures(tmp_path / "none")


def test_a_folder_lists_its_pictures_by_name(tmp_path):
    for name in ("b.jpg", "a.PNG", "c.txt", "d.HEIC"):
        (tmp_path / name).touch()
    # One that cannot be loaded is listed, so that it is reported and not passed over.
    assert [p.name for p in list_pictures(tmp_path)] == ["a.PNG", "b.jpg", "d.HEIC"]
    assert is_picture(tmp_path / "a.PNG")
    assert not is_picture(tmp_path / "clip.mp4")


def test_a_frame_has_both_planes_and_a_small_picture_keeps_its_size():
    picture = halves()
    assert fit(picture, 60) is picture
    assert fit(picture, 30).shape == (20, 30, 3)
    frame = frame_of(picture, 3.5)
    assert frame.rgb is picture
    assert frame.grey.shape == (40, 60)
    assert frame.at == 3.5
