"""The recipes of docs/recipes run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from device.config import Config
from tests.kiosks import running, somebody

RECIPES = Path(__file__).resolve().parents[2] / "docs" / "recipes"


def cook(root: Path, name: str, *arguments: str) -> str:
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
    told = {"who_is_there.py", "suggest_for_nobody.py", "follow_a_kiosk.py"}
    assert {file.name for file in RECIPES.iterdir() if file.suffix == ".py"} == told


def test_who_is_there(root: Path) -> None:
    assert cook(root, "who_is_there.py") == "1 there, alone\n"


def test_suggest_for_nobody(root: Path, config: Config) -> None:
    assert len(cook(root, "suggest_for_nobody.py").splitlines()) == config.matching.count


def test_follow_a_kiosk(root: Path, config: Config) -> None:
    with running(config, somebody(config)) as kiosk:
        broker = kiosk.kiosk.broker
        assert broker
        said = cook(root, "follow_a_kiosk.py", "127.0.0.1", str(broker.port))
    assert said.splitlines()[-1].startswith("showing ")


@pytest.mark.parametrize(
    "page",
    [RECIPES.parents[1] / "README.md", *sorted(RECIPES.parent.glob("*.md"))],
    ids=lambda p: p.name,
)
def test_every_link_between_the_documents_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"
