"""The page's folder, as a broker that serves files finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.upkeep.page import main


def config(folder: Path, text: str) -> str:
    file = folder / "config.yaml"
    file.write_text(text)
    return str(file)


def test_the_folder_holds_the_page_and_settings_that_say_what_the_configuration_says(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "page"
    (folder / "old").mkdir(parents=True)
    file = config(tmp_path, "{site: here, kiosk: k-7, mqtt: {broker: 127.0.0.1}}")
    assert main(["--config", file, str(folder)]) == 0
    assert '"root": "wayside/v1/here/k-7"' in (folder / "settings.js").read_text()
    assert (folder / "index.html").is_file()
    assert not (folder / "old").exists()


def test_a_broker_that_is_not_on_the_kiosk_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = config(tmp_path, "mqtt: {broker: hub.example}")
    assert main(["--config", file, str(tmp_path / "page")]) == 1
    told = capsys.readouterr().err
    assert told.startswith("wayside: display.websocket_url: missing")
    assert told.count("\n") == 1
