"""The guide greets as a curve that was recorded, if it is one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from device.config import Config
from device.display.greeting import SHAPES, Curve, read_curve
from device.display.made import made_files
from device.display.server import settings_script
from device.errors import UserError

REST = (0.0,) * len(SHAPES)


def test_a_curve_is_read_as_it_was_written(tmp_path: Path) -> None:
    curve = Curve(25.0, (REST, (0.25,) * len(SHAPES)))
    (tmp_path / "greeting.json").write_text(curve.text())
    assert read_curve(tmp_path / "greeting.json") == curve


@pytest.mark.parametrize(
    "change",
    [
        {"fps": 1000}, {"fps": "fast"}, {"names": ["jawOpen"]}, {"frames": []}, {"frames": [[0.5]]},
        {"frames": [[2.0] * 52]}, {"frames": [["x"] * 52]}, {"frames": [REST] * 501},
        {"frames": [[float("nan")] * 52]},
    ],
)  # fmt: skip
def test_what_is_no_curve_is_one_line_with_its_file(
    tmp_path: Path, change: dict[str, object]
) -> None:
    content = json.loads(Curve(25.0, (REST,)).text()) | change
    file = tmp_path / "greeting.json"
    file.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"display.guide: .*greeting.json: no curve") as error:
        read_curve(file)
    assert "\n" not in str(error.value)


def test_a_missing_or_foreign_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        read_curve(tmp_path / "greeting.json")
    for text in ("", "[]", "hello", '"text"'):
        (tmp_path / "other.json").write_text(text)
        with pytest.raises(UserError, match="no curve"):
            read_curve(tmp_path / "other.json")


def test_the_page_gets_the_greeting_that_the_configuration_names(tmp_path: Path) -> None:
    file = tmp_path / "greeting.json"
    file.write_text(Curve(25.0, (REST,)).text())
    named = Config.model_validate({"display": {"guide": str(file)}})
    assert made_files(named)["greeting.json"] == file.read_text()
    assert '"greeting": "greeting.json"' in settings_script(named)
    drawn = Config.model_validate({"display": {"guide": True}})
    assert "greeting.json" not in made_files(drawn)
    assert '"guide": {"least_fps": 30, "greeting": null}' in settings_script(drawn)
    assert '"guide": null' in settings_script(Config())
