"""The page's folder, as a broker that serves files finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.display.folder import main


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


def test_the_folder_has_the_catalogues_pictures_too(tmp_path: Path) -> None:
    (tmp_path / "mine" / "by the lake").mkdir(parents=True)
    for name in ("a.jpg", "by the lake/b.png", "notes.txt"):
        (tmp_path / "mine" / name).write_bytes(b"some bytes")
    file = config(tmp_path, "{mqtt: {broker: 127.0.0.1}, display: {pictures: mine}}")
    assert main(["--config", file, str(tmp_path / "page")]) == 0
    laid_out = (path for path in (tmp_path / "page" / "pictures").rglob("*") if path.is_file())
    assert sorted(path.name for path in laid_out) == ["a.jpg", "b.png"]


def test_without_its_pictures_the_folder_has_the_page_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = config(tmp_path, "{mqtt: {broker: 127.0.0.1}, display: {pictures: gone}}")
    assert main(["--config", file, str(tmp_path / "page")]) == 0
    assert (tmp_path / "page" / "index.html").is_file()
    assert "gone: no such folder" in caplog.text


def test_a_broker_that_is_not_on_the_kiosk_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = config(tmp_path, "mqtt: {broker: hub.example}")
    assert main(["--config", file, str(tmp_path / "page")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("wayside: display.websocket_url: missing")
    assert error.count("\n") == 1
