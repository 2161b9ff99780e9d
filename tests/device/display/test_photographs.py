"""The operator's photographs: which are shown, with what credit, what is said of the others."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.commands.check import PARTS
from device.commands.verdict import verdict
from device.config import Config
from device.display.folder import write_folder
from device.display.photographs import LARGEST_BYTES, MOST, doubts, photographs
from device.display.server import PageServer, settings_script
from tests.device.display.test_server import ask


def album(folder: Path, *names: str, grey: int = 120) -> Path:
    """A folder with a small picture of each name."""
    folder.mkdir(exist_ok=True)
    picture = np.full((60, 90, 3), grey, np.uint8)
    for name in names:
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    return folder


def config(folder: Path) -> Config:
    return Config.model_validate({"display": {"photographs": str(folder)}})


def test_they_come_by_name_and_each_has_its_credit(tmp_path: Path) -> None:
    folder = album(
        tmp_path / "album", "c © Ann Example, CC BY 4.0.png", "a.png", "b/b.png", "d.png"
    )
    (folder / "CREDITS.txt").write_text("a.png: Joe: by the sea\nb/b.png : © Eve\n\nnothing\n")
    assert [(one.path, one.credit) for one in photographs(folder)] == [
        ("a.png", "Joe: by the sea"),
        ("b/b.png", "© Eve"),
        ("c © Ann Example, CC BY 4.0.png", "© Ann Example, CC BY 4.0"),
        ("d.png", ""),
    ]
    assert list(doubts(folder)) == []


def test_what_is_too_large_or_too_many_is_left_out_and_said(tmp_path: Path) -> None:
    folder = album(tmp_path / "album", *(f"{number:02}.png" for number in range(MOST + 2)))
    (folder / "00.png").write_bytes(bytes(LARGEST_BYTES + 1))
    (folder / "CREDITS.txt").write_text("gone.png: © Ann")
    assert [one.path for one in photographs(folder)] == [f"{n:02}.png" for n in range(1, MOST + 1)]
    large, many, unknown = doubts(folder)
    assert "00.png; scale them" in large
    assert f"first {MOST} of {MOST + 1}" in many
    assert "gone.png" in unknown


def test_a_folder_that_is_not_there_is_said_and_shows_none(tmp_path: Path) -> None:
    assert photographs(tmp_path / "gone") == ()
    assert "no such folder" in "".join(doubts(tmp_path / "gone"))
    assert photographs(None) == ()
    assert list(doubts(None)) == []


def test_check_reads_every_photograph(tmp_path: Path) -> None:
    part = PARTS["photographs"]
    assert verdict("photographs", part, Config()).result == "ok"
    folder = album(tmp_path / "album", "a.png", "b.png")
    assert str(verdict("photographs", part, config(folder))).endswith(f"2 in {folder}")
    (folder / "b.png").write_bytes(b"no picture")
    said = verdict("photographs", part, config(folder))
    assert said.result == "!!"
    assert "b.png: not a picture" in said.words
    cv2.imwrite(str(folder / "b.png"), np.zeros((4000, 4000), np.uint8))
    assert "b.png: more than 12 megapixels" in verdict("photographs", part, config(folder)).words


@pytest.mark.parametrize("name", ["a.png", "Café/b.png"])
def test_both_servers_have_the_photographs_that_the_page_is_told_of(
    tmp_path: Path, name: str
) -> None:
    folder = album(tmp_path / "album", name)
    script = settings_script(config(folder))
    told = json.loads(script.removeprefix("window.WAYSIDE = ").removesuffix(";\n"))
    assert told["photographs"] == [{"path": name, "credit": ""}]
    server = PageServer(0, script, {}, None, folder)
    server.start()
    try:
        path = "/photographs/" + name.replace("é", "%C3%A9")
        answer, body = ask(server, path)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
    finally:
        server.stop()
    write_folder(config(folder), tmp_path / "page")
    assert body == (tmp_path / "page" / "photographs" / name).read_bytes()
