"""Every recipe of docs/recipes runs, and every link between the documents works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from device.config import Config
from tests.kiosks import running, somebody
from tools.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
RECIPES = ROOT / "docs" / "recipes"


def run(root: Path, name: str, *arguments: str) -> str:
    command = [sys.executable, str(RECIPES / name), *arguments]
    done = subprocess.run(
        command,
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_recipe_has_a_test() -> None:
    tested = {"who_is_there.py", "suggest_for_nobody.py", "follow_a_kiosk.py"}
    assert {file.name for file in RECIPES.glob("*.py")} == tested


def test_who_is_there(root: Path) -> None:
    assert run(root, "who_is_there.py") == "1 there, alone\n"


def test_suggest_for_nobody(root: Path, config: Config) -> None:
    assert len(run(root, "suggest_for_nobody.py").splitlines()) == config.matching.count


def test_follow_a_kiosk(root: Path, config: Config) -> None:
    with running(config, somebody(config)) as kiosk:
        broker = kiosk.kiosk.broker
        assert broker
        output = run(root, "follow_a_kiosk.py", "127.0.0.1", str(broker.port))
    assert output.splitlines()[-1].startswith("showing ")


def test_own_labels(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (root / "docs" / "recipes" / "own-labels.md").read_text(encoding="utf-8")
    commands = [line.split()[1:] for line in text.splitlines() if line.startswith("wayside-tools")]
    assert [command[0] for command in commands] == ["frames", "augment", "datasets", "train"]
    monkeypatch.chdir(tmp_path)
    face = cv2.cvtColor(skimage.data.astronaut()[:320, 60:380], cv2.COLOR_RGB2BGR)
    for number, mood in enumerate(("bored", "happy")):
        Path("videos", mood).mkdir(parents=True)
        for clip in range(2):
            fourcc = cv2.VideoWriter.fourcc(*"MJPG")
            writer = cv2.VideoWriter(f"videos/{mood}/{clip}.avi", fourcc, 4.0, (320, 320))
            for frame in range(8):
                shade = 20 * number + 10 * clip + frame
                writer.write(cv2.subtract(face, np.full_like(face, shade)))
            writer.release()
    for command in commands[:3]:
        assert main(command) == 0
    table = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["bored", "4", "4", "0"] in table  # one video in each split
    assert Path("sheets/faces.png").is_file()
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    usage = capsys.readouterr().out
    assert all(word in usage for word in commands[3] if word.startswith("--"))


@pytest.mark.parametrize(
    "page",
    [*sorted(ROOT.glob("*.md")), ROOT / "models/LICENSE.md", *sorted(ROOT.glob("docs/**/*.md"))],
    ids=lambda p: p.name,
)
def test_every_link_between_the_documents_works(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_place_that_contributing_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    places = re.findall(r"`((?:device|tools|catalogue|systemd|models|tests|docs)/[\w./-]*)`", text)
    assert len(places) > 10
    assert [place for place in places if not (ROOT / place).exists()] == []
