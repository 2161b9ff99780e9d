"""`wayside run` as a command: what it prints, and how it stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.brokers import free_port, listen

PATIENCE_S = 60


@pytest.fixture
def config_file(root: Path, tmp_path: Path) -> Path:
    """The configuration that ships, on free ports, from another folder."""
    text = (root / "config.yaml").read_text(encoding="utf-8")
    for key, free in (
        ("port: 1883", f"port: {free_port()}"),
        ("websocket_port: 8083", "websocket_port: 0"),
        ("port: 8080", "port: 0"),
        ("port: 8084", "port: 0"),
        ("models: models", f"models: {root}/models"),
        ("catalogue/example", f"{root}/catalogue/example"),
        ("catalogue/rules", f"{root}/catalogue/rules"),
    ):
        assert key in text
        text = text.replace(key, free)
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@contextmanager
def wayside(root: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, ended with the block."""
    command = [sys.executable, "-m", "device", *arguments]
    process = subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def port_of(config_file: Path) -> int:
    line = next(x for x in config_file.read_text().splitlines() if x.strip().startswith("port: "))
    return int(line.split()[1])


def test_it_prints_the_pages_address_and_a_line_for_each_change(
    root: Path, config_file: Path
) -> None:
    with wayside(root, "run", "--config", str(config_file), "--source", "demo") as process:
        assert process.stdout
        lines: list[str] = []
        while not any("showing" in line for line in lines):
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            lines.append(line)
    assert lines[0] == "camera: demo\n"
    assert lines[1].startswith("page: http://127.0.0.1:")
    assert lines[-1].count(" · ") == 2  # three cards


def test_offline_is_its_last_message_when_a_service_manager_stops_it(
    root: Path, config_file: Path
) -> None:
    # failure 15
    with wayside(root, "run", "--config", str(config_file), "--source", "demo") as process:
        assert process.stdout
        while "resting" not in process.stdout.readline():
            pass
        with listen(port_of(config_file)) as heard:
            heard.wait(lambda m: m.name == "status" and m.json()["state"] == "online")
            process.send_signal(signal.SIGTERM)
            heard.wait(lambda m: m.name == "status" and m.json()["state"] == "offline")
        assert process.wait(PATIENCE_S) == 0


def test_a_taken_port_is_one_line_that_names_its_key(root: Path, config_file: Path) -> None:
    with wayside(root, "run", "--config", str(config_file), "--source", "demo") as first:
        assert first.stdout
        while "resting" not in first.stdout.readline():
            pass
        with wayside(root, "run", "--config", str(config_file), "--source", "demo") as second:
            _, said = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 1
    assert said.count("\n") == 1
    assert said.startswith("wayside: mqtt.port:")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--config", "absent.yaml"), "wayside: absent.yaml: cannot be read"),
        (("--source", "nowhere.mp4"), "wayside: camera.source: nowhere.mp4:"),
    ],
)
def test_a_failed_start_is_one_line_and_exit_code_1(
    root: Path, config_file: Path, arguments: tuple[str, str], said: str
) -> None:
    given = ("--config", str(config_file), *arguments)
    with wayside(root, "run", *given) as process:
        _, error = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert error.startswith(said)
    assert error.count("\n") == 1


def test_a_service_that_cannot_start_leaves_the_reason_where_it_is_looked_for(
    root: Path, config_file: Path, tmp_path: Path
) -> None:
    # failure 43
    config_file.write_text(config_file.read_text() + "upkep: {}\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        environment = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "RUNTIME_DIRECTORY": str(tmp_path),
        }
        done = subprocess.run(
            [sys.executable, "-m", "device", "run", "--config", str(config_file)],
            cwd=root,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        told = manager.recv(4096).decode()
    assert done.returncode == 1
    reason = done.stderr.strip().removeprefix("wayside: ")
    assert "upkep" in reason
    assert told == f"STATUS=not started: {reason}"
    assert (tmp_path / "refused").read_text() == reason


def test_a_model_that_is_cut_in_half_is_one_line(root: Path, config_file: Path) -> None:
    models = config_file.parent / "models"
    models.mkdir()
    for file in (root / "models").iterdir():
        if file.suffix in (".tflite", ".json"):
            (models / file.name).write_bytes(file.read_bytes())
    (models / "third_party").symlink_to(root / "models/third_party")
    whole = (models / "face.tflite").read_bytes()
    (models / "face.tflite").write_bytes(whole[: len(whole) // 2])
    text = config_file.read_text().replace(f"{root}/models", str(models))
    config_file.write_text(text)
    with wayside(root, "run", "--config", str(config_file), "--source", "demo") as process:
        _, error = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert error.count("\n") == 1
    assert "face.tflite" in error
