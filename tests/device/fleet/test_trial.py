"""A release on trial commits when everything works, and never before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from device.catalogue.build import build
from device.config import Config
from device.errors import UserError
from device.fleet import golden, guard
from device.fleet.disk import Disk
from device.fleet.manifest import Golden
from device.fleet.store import Store
from device.fleet.trial import Trial
from device.messaging.messages import Display
from device.release import Release as Running
from device.values import Screen
from tests.brokers import wait_until
from tests.device.fleet.releases import Release, fill
from tests.kiosks import RunningKiosk, changed, nobody
from tests.needs import needs

MODEL = "models/temporal.tflite"
WELL = {"counter": 7, "reason": ""}


def staged(fleet: Path, model: bytes, stated: Golden | None = None) -> Running:
    """Release 7 with a model, as the guard starts it."""
    store = Store(fleet, Disk())
    more = {"golden": [json.loads(stated.model_dump_json())]} if stated else {}
    release = Release(7, {MODEL: model}, **more)
    fill(store, *release.contents.values())
    store.stage(release.manifest)
    return Running(store.release(7))


@pytest.fixture
def release(memory: Path, models: Path) -> Running:
    return staged(memory, (models / "temporal.tflite").read_bytes())


@pytest.fixture
def nonsense(memory: Path, models: Path) -> Running:
    """A release whose model loads and answers something else than when it was signed."""
    stated = golden.state(models / "temporal.tflite", MODEL, 3)
    wrong = {name: tuple(value + 5 for value in values) for name, values in stated.outputs.items()}
    stated = stated.model_copy(update={"outputs": wrong})
    return staged(memory, (models / "temporal.tflite").read_bytes(), stated)


def trial_of(running: Running, **more: Any) -> Trial:
    return Trial(running, disk=Disk(), **{"camera": False, **more})


def verdict(running: Running) -> dict[str, Any] | None:
    assert running.folder
    return guard.unseal(running.folder.parent.parent / guard.VERDICT)


def beat(release: str, serial: int) -> Display:
    return Display(state="resting", serial=serial, shows_notice=True, release=release)


def test_a_release_commits_when_its_own_page_shows_its_suggestions(release: Running) -> None:
    trial, screen = trial_of(release), Screen("resting", (), 0.0, 3)
    for heard in (None, beat("0.1.0", 3), beat("0.1.0+6", 3), beat(release.name, 2)):
        if heard:
            trial.hear(heard, 0.0)
        assert not trial.turn(screen, frames=9)
    assert verdict(release) is None
    trial.hear(beat(release.name, 3), 0.0)
    assert trial.turn(screen, frames=0)
    assert verdict(release) == WELL


def test_a_camera_that_gave_frames_before_must_give_one_now(release: Running) -> None:
    trial, screen = trial_of(release, camera=True), Screen("resting", (), 0.0, 3)
    trial.hear(beat(release.name, 3), 0.0)
    assert not trial.turn(screen, frames=0)
    assert verdict(release) is None
    assert trial.turn(screen, frames=1)


def test_the_shipped_models_pass_the_rehearsal(config: Config, memory: Path, models: Path) -> None:
    stated = golden.state(models / "temporal.tflite", MODEL, 3)
    release = staged(memory, (models / "temporal.tflite").read_bytes(), stated)
    trial_of(release).rehearse(config)


def test_a_model_that_loads_and_predicts_nonsense_is_refused(
    config: Config, nonsense: Running
) -> None:  # failure 29
    with pytest.raises(UserError, match=r"models/temporal.tflite: its answers are 0\.9"):
        trial_of(nonsense).rehearse(config)


def test_a_table_that_suggests_nothing_is_refused(
    config: Config, release: Running, tmp_path: Path
) -> None:
    (tmp_path / "few.csv").write_text("id,kind,title,category,source\nx,film,X,drama,own\n")
    build([tmp_path / "few.csv"], tmp_path / "few.sqlite")
    poor = changed(config, matching__catalogue=tmp_path / "few.sqlite", matching__kinds=("song",))
    with pytest.raises(UserError, match="leaves nothing"):
        trial_of(release).rehearse(poor)


def test_the_program_of_a_bad_release_says_why_and_ends(
    root: Path, tmp_path: Path, nonsense: Running
) -> None:
    (tmp_path / "config.yaml").write_text("mqtt: {port: 0, websocket_port: 0}\n")
    ran = subprocess.run(
        [sys.executable, "-m", "device", "run", "--config", str(tmp_path / "config.yaml")],
        cwd=root,
        env=os.environ | {"WAYSIDE_RELEASE": str(nonsense.folder), "WAYSIDE_TRIAL": "page",
                          "WAYSIDE_FACTORY": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip
    assert ran.returncode == 1
    said = verdict(nonsense)
    assert said is not None
    assert said["counter"] == 7
    assert said["reason"].startswith("models/temporal.tflite: its answers are 0.9")
    assert ran.stderr.splitlines()[-1] == f"wayside: {said['reason']}"


def test_an_ordinary_start_is_no_trial(release: Running) -> None:
    assert Trial.begun({"WAYSIDE_RELEASE": str(release.folder)}) is None
    assert Trial.begun({"WAYSIDE_TRIAL": "page"}) is None


class OnTrial(RunningKiosk):
    """A whole kiosk, whose trial turns with it."""

    def __init__(self, config: Config, trial: Trial) -> None:
        self.trial = trial
        super().__init__(config, nobody(), live=False)

    def _turn(self) -> None:
        self.trial.begin(self.kiosk.bus.inbox, self.kiosk.page_address)
        over = False
        while not self._ending.is_set():
            screen = self.kiosk.turn()
            over = over or self.trial.turn(screen, self.kiosk.frames)
        self.trial.close()


@pytest.mark.browser
@needs("chromium")
def test_where_the_screen_is_off_a_window_that_nobody_sees_acknowledges_the_page(
    config: Config, release: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYSIDE_RELEASE", str(release.folder))  # what the page says that it is of
    kiosk = OnTrial(config, trial_of(release, screen_s=0.0))
    try:
        wait_until(lambda: verdict(release) == WELL, "the commit", within_s=60)
        beats = [one.json() for one in kiosk.heard.messages if one.name == "display"]
        assert beats
        assert not any(one["shows_notice"] for one in beats)  # rule 3: no camera opens for it
    finally:
        kiosk.heard.close()
        kiosk.stop()
