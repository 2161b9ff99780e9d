"""`wayside release` on kiosks in every state of an update."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from device.__main__ import main
from tests.device.fleet.kiosk import FakeKiosk
from tests.device.fleet.releases import Release

OLD, NEW = {"models/face.tflite": b"old"}, {"models/face.tflite": b"new"}

Output = pytest.CaptureFixture[str]


def said(kiosk: FakeKiosk, capsys: Output) -> list[str]:
    capsys.readouterr()
    assert main(["release", "--folder", str(kiosk.folder)]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_kiosk_without_a_fleet_is_told_so(tmp_path: Path, capsys: Output) -> None:
    assert main(["release", "--folder", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "it runs the factory's" in error
    assert error.count("\n") == 1


def test_it_prints_what_runs_what_is_staged_and_what_was_refused(
    tmp_path: Path, capsys: Output
) -> None:
    kiosk = FakeKiosk(tmp_path)
    kiosk.run(2)
    assert said(kiosk, capsys)[0].startswith("runs      the factory's release, ")
    kiosk.publish(Release(7, OLD, version="spring"))
    kiosk.run()
    assert said(kiosk, capsys) == ["runs      release 7 (spring)"]
    kiosk.behaves[8] = "crashes"
    kiosk.publish(Release(8, NEW))
    kiosk.run()
    reason = "it was not well after 3 starts"
    assert said(kiosk, capsys) == [
        "runs      release 7 (spring)",
        f"newest    release 8 (x): was tried, and taken back: {reason}",
        f"refused   8: {reason}",
    ]
    kiosk.publish(Release(9, NEW))
    while kiosk.updates.state.name != "TRIAL":
        kiosk.fetch(kiosk.turn())
    kiosk.guard.start()
    assert said(kiosk, capsys)[1] == "newest    release 9 (x): is on trial, start 1 of 3"
    kiosk.run()
    assert said(kiosk, capsys)[:2] == [
        "runs      release 9 (x)",
        "before    release 7 (spring), kept to go back to",
    ]
    capsys.readouterr()
    assert main(["release", "--folder", str(kiosk.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["running"], found["state"]) == (9, "COMMITTED")
    assert found["refused"] == [{"release": 8, "reason": reason}]
