"""Root puts the answers into the configuration in one step, and takes nothing else for answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import load_config
from device.errors import UserError
from device.setup.answers import ANSWERS, MOST_BYTES, apply, checked, leave
from tests.device.setup.opened import CONFIG


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    file.chmod(0o640)
    return file


@pytest.fixture
def left(tmp_path: Path) -> Path:
    folder = tmp_path / "left"
    folder.mkdir()
    return folder


def test_the_answers_are_in_the_configuration_with_its_comments_and_its_mode(
    config: Path, left: Path
) -> None:
    answers = {"kiosk": "pier-2", "place.latitude": 60.2, "display.languages": ["fi", "en"]}
    leave(checked(config, answers), left)
    assert set(apply(left, config) or ()) == set(answers)
    now = load_config(config)
    assert (now.kiosk, now.place.latitude, now.display.languages) == ("pier-2", 60.2, ("fi", "en"))
    assert "latitude: 60.2  # of the pier" in config.read_text()
    assert config.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in config.parent.iterdir() if path.is_file()] == ["config.yaml"]


def test_a_name_that_the_kiosk_finds_itself_stays_so(config: Path) -> None:
    config.write_text("kiosk: auto\n")
    name = load_config(config).kiosk
    assert checked(config, {"kiosk": name, "site": "pier"}) == {"site": "pier"}


def test_without_answers_nothing_changes(config: Path, left: Path) -> None:
    assert apply(left, config) is None
    assert config.read_text() == CONFIG


@pytest.mark.parametrize(
    "content",
    [b"[]", b"{", b"\xff", b'{"mqtt.broker": "evil"}', b'{"site": [{}]}', b" " * (MOST_BYTES + 1),
     b"[" * 9000],
)  # fmt: skip
def test_what_is_no_answers_changes_nothing(config: Path, left: Path, content: bytes) -> None:
    (left / ANSWERS).write_bytes(content)
    with pytest.raises(UserError):
        apply(left, config)
    assert config.read_text() == CONFIG


def test_a_link_is_not_followed(config: Path, left: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text('{"site": "x"}')
    (left / ANSWERS).symlink_to(tmp_path / "other")
    with pytest.raises(UserError):
        apply(left, config)
    assert config.read_text() == CONFIG
