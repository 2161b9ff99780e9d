"""The six privacy rules of docs/privacy.md: each test fails when its rule is broken."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.audience.group import audience_of
from device.camera.capture import FakeCamera
from device.camera.demo import Demo
from device.camera.files import Paced
from device.camera.images import frame_of
from device.config import Config
from device.corridor import Corridor
from device.hearing.microphone import FakeMicrophone, deaf_because
from device.session.counts import Counts
from device.values import EMOTIONS, MOODS, UNKNOWN, Audience, Context
from tests.brokers import wait_until
from tests.device.audience.people import visitor
from tests.kiosks import RunningKiosk, changed, person, running, somebody, wall

ENCODERS = {"imwrite", "imwritemulti", "imencode", "imencodemulti", "VideoWriter", "tofile", "save",
            "savez", "savez_compressed", "tobytes", "dump", "memmap"}  # fmt: skip
"""Calls that can turn an array of pixels into a file or a stream."""

WHERE_ALLOWED = {"device/commands/preview.py"}
"""Rule 1: only `preview` encodes a picture, and serves it on loopback only."""


def test_rule_1_no_code_on_the_device_encodes_or_writes_a_picture(root: Path) -> None:
    found = {
        str(file.relative_to(root))
        for file in (root / "device").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Attribute) and node.func.attr in ENCODERS)
            or (isinstance(node.func, ast.Name) and node.func.id in ENCODERS)
        )
    }
    assert found <= WHERE_ALLOWED


@pytest.mark.slow
def test_rule_1_a_running_kiosk_writes_no_file(root: Path, tmp_path: Path) -> None:
    config = (root / "config.yaml").read_text(encoding="utf-8")
    for key, free in (
        ("port: 1883", "port: 0"),
        ("8083", "0"),
        ("port: 8080", "port: 0"),
        ("8084", "0"),
    ):
        config = config.replace(key, free)
    for path in ("models: models", "catalogue: catalogue/", "rules: catalogue/"):
        name, _, place = path.partition(": ")
        config = config.replace(path, f"{name}: {root}/{place}")
    (tmp_path / "config.yaml").write_text(config, encoding="utf-8")
    watched = textwrap.dedent(
        """
        import json, os, sys
        written = []
        def audit(event, given):
            if event != "open" or not isinstance(given[0], (str, bytes, os.PathLike)):
                return
            path, mode, flags = os.fsdecode(given[0]), given[1] or "", given[2] or 0
            if set(mode) & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                written.append(path)
        sys.addaudithook(audit)
        sys.dont_write_bytecode = True
        from device.__main__ import main
        code = main(["run", "--config", sys.argv[1], "--source", "demo", "--seconds", "6"])
        print(json.dumps({"code": code, "written": written}))
        """
    )
    ran = subprocess.run(
        [sys.executable, "-c", watched, str(tmp_path / "config.yaml")],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    result = json.loads(ran.stdout.splitlines()[-1])
    assert result["code"] == 0
    assert [path for path in result["written"] if not path.startswith("/dev/")] == []
    assert "showing" in ran.stdout  # it has analysed a visitor


def test_rule_2_an_id_is_random_and_dies_with_its_track(config: Config) -> None:
    ids = []
    demo = Demo(config.camera)
    for _ in range(2):  # the same person, the same pictures, twice
        corridor = Corridor(config)
        for number in range(15):
            seen = corridor.see(frame_of(demo.view(3 + number / 15), 1 + number / 15)).audience
        ids.append(seen.visitors[0].track_id)
        for number in range(30):
            seen = corridor.see(wall(2 + number / 15)).audience
        assert seen.size == 0
        corridor.close()
    assert ids[0] != ids[1]


@pytest.fixture(scope="module")
def showing(config: Config) -> Iterator[RunningKiosk]:
    """A kiosk that no page talks to, and that shows suggestions to one visitor."""
    with running(changed(config, upkeep__health_every_s=1), somebody(config)) as kiosk:
        kiosk.says("suggestions", lambda m: m["state"] == "showing")
        kiosk.says("health", lambda m: m["fps"] and m["fps"] > 1)
        yield kiosk


@pytest.mark.parametrize("name", ["suggestions", "health", "status"])
def test_rule_2_no_message_holds_an_id_an_embedding_or_a_state_of_a_visitor(
    showing: RunningKiosk, name: str
) -> None:
    ids = [v.track_id for v in showing.kiosk.audience.visitors]
    sent = " ".join(
        m.payload.decode() for m in showing.heard.messages if m.topic.endswith(f"/{name}")
    )
    assert ids
    assert sent
    assert not any(track_id in sent for track_id in ids)
    words = set(re.findall(r"[\w-]+", sent.lower()))
    assert not words & ({*EMOTIONS, *MOODS, "female", "male", "teen", "senior"} - {"neutral"})


def test_rule_3_a_live_camera_opens_only_while_a_page_shows_the_notice(config: Config) -> None:
    config = changed(config, display__heartbeat_timeout_s=0.5)
    camera = FakeCamera(wall(number / 15) for number in range(10**6))
    with running(config, Paced(camera), live=True) as kiosk:
        assert kiosk.says("suggestions")["notice"] == "watching"  # first the notice
        kiosk.page_shows(False)
        kiosk.says("health", lambda m: m["camera"]["state"] == "waiting_for_page")
        assert camera.opened == 0
        kiosk.page_shows(True)
        wait_until(lambda: camera.is_open, "the camera opens for a page that shows the notice")
        wait_until(
            lambda: not camera.is_open, "the camera closes when the page is silent"
        )  # failure 28
        kiosk.page_shows(True)
        wait_until(lambda: camera.is_open, "the camera opens again")
        kiosk.page_shows(False)
        wait_until(lambda: not camera.is_open, "the camera closes when the notice is hidden")


RECORDERS = ("sounddevice", "soundcard", "pyaudio", "alsaaudio", "arecord", "parec", "pw-record")


def test_rule_1_sound_is_read_in_one_place_and_written_in_none(root: Path) -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in (root / "device").rglob("*.py")}
    found = {path.name for path, text in texts.items() for name in RECORDERS if f'"{name}"' in text}
    assert found == {"microphone.py"}
    writing = {"write", "write_bytes", "write_text", "writeframes", "sendall", "publish", "open"}
    calls = {
        (path.name, node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id)
        for path in (root / "device" / "hearing").glob("*.py")
        for node in ast.walk(ast.parse(texts[path]))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    }
    assert {call for call in calls if call[1] in writing} == {("listening.py", "open")}


def test_rule_3_the_microphone_opens_only_while_a_finger_holds_the_button_under_the_notice(
    config: Config,
) -> None:
    microphone = FakeMicrophone(b"\1" * 64_000, paced=True)
    config = changed(config, display__heartbeat_timeout_s=60)
    with running(config, somebody(config), microphone=microphone) as kiosk:
        kiosk.ask("hold", "before the page lives", shows_notice=True)
        kiosk.page_shows(True)
        kiosk.says("suggestions", lambda m: m["state"] == "showing")
        kiosk.ask("hold", "without the notice", shows_notice=False)
        kiosk.ask("release", "without the notice")
        kiosk.ask("hold", "first", shows_notice=True)
        kiosk.says("heard", lambda m: m["state"] == "listening")
        assert (microphone.is_open, microphone.opened) == (True, 1)
        kiosk.ask("release", "first")
        kiosk.says("heard", lambda m: m["state"] == "nothing")
        assert not microphone.is_open
        kiosk.ask("hold", "second", shows_notice=True)
        wait_until(lambda: microphone.is_open, "the microphone opens again")
        kiosk.page_shows(False)
        wait_until(lambda: not microphone.is_open, "it closes when the notice is hidden")
        kiosk.ask("hold", "second", shows_notice=True)
        sent = b"".join(m.payload for m in kiosk.heard.messages if m.name == "heard")
    assert b"\1" not in sent
    assert microphone.opened == 2


def test_rule_3_a_microphone_is_off_by_default(config: Config) -> None:
    assert not config.hearing.ask
    assert deaf_because(config.hearing) == "hearing.ask: false"


def test_rule_3_files_and_the_demo_need_no_page(showing: RunningKiosk) -> None:
    assert "display" not in {message.name for message in showing.heard.messages}
    assert showing.newest("suggestions")["state"] == "showing"


def test_rule_4_one_touch_closes_the_camera_and_suggestions_go_on(config: Config) -> None:
    camera = FakeCamera(person(config))
    config = changed(config, display__heartbeat_timeout_s=60)
    with running(config, Paced(camera), live=True) as kiosk:
        kiosk.page_shows(True)
        kiosk.says("suggestions", lambda m: m["state"] == "showing")
        kiosk.touch("opt_out")
        sent = kiosk.says("suggestions", lambda m: m["state"] == "opted_out")
        assert len(sent["items"]) == config.matching.count
        assert sent["notice"] == "opted_out"
        wait_until(lambda: not camera.is_open, "the camera closes")
        assert kiosk.kiosk.audience.size == 0
        kiosk.touch("opt_in")
        kiosk.says("suggestions", lambda m: m["serial"] > sent["serial"] and m["items"])
        assert camera.is_open


def test_rule_4_suggestions_after_opting_out_do_not_depend_on_the_visitor(
    config: Config,
) -> None:
    corridor, demo = Corridor(config), Demo(config.camera)
    out = Context(at=100.0, opted_out=True)
    blank = corridor.show(Audience(), out)
    corridor.session.update(Audience(), (), Context(at=101.0))
    for number in range(30):
        corridor.see(frame_of(demo.view(3 + number / 15), 102 + number / 15))
    corridor.forget()
    again = corridor.show(Audience(), Context(at=110.0, opted_out=True))
    assert [s.item.id for s in again.suggestions] == [s.item.id for s in blank.suggestions]
    corridor.close()


def test_rule_4_a_button_opts_out_too(config: Config) -> None:
    with running(config, somebody(config)) as kiosk:
        kiosk.says("suggestions", lambda m: m["state"] == "showing")
        kiosk.kiosk.world.press()
        assert kiosk.says("suggestions", lambda m: m["state"] == "opted_out")["items"]


def test_rule_5_a_possible_minor_gets_items_for_all_ages_and_is_not_counted(
    config: Config,
) -> None:
    corridor, counts = Corridor(config), Counts(changed(config, privacy__smallest_cell=2).privacy)
    for at in range(0, 3700, 2):
        child = visitor(f"{at // 20}", band="child", age=9.0, minor=True)
        audience, context = audience_of((child,)), Context(at=float(at))
        suggested = corridor.matcher.match(audience, context)
        counts.update(audience, context)
    assert suggested
    assert all(s.item.minimum_age == 0 for s in suggested)
    hour = counts.due(Context(at=3800.0))
    assert hour is not None
    assert hour["visitors"] is None
    assert not any(value for value in hour.values() if isinstance(value, int))
    corridor.close()


@pytest.mark.parametrize("part", ["emotion", "age", "gender", "eyes"])
def test_rule_6_each_part_can_be_switched_off_and_suggestions_go_on(
    config: Config, part: str
) -> None:
    corridor = Corridor(changed(config, **{f"recognise__{part}": False}))
    demo = Demo(config.camera)
    for number in range(45):
        frame = frame_of(demo.view(3 + number / 15), 1 + number / 15)
        seen = corridor.see(frame).audience
        screen = corridor.show(seen, Context(at=frame.at))
    visitor = seen.visitors[0]
    if part == "emotion":
        assert visitor.emotion == visitor.mood == UNKNOWN
    if part == "age":
        assert (visitor.age_band, visitor.years) == (UNKNOWN, None)
    if part == "gender":
        assert (visitor.gender, visitor.female) == ("unknown", None)
    assert screen.state == "showing"
    assert screen.suggestions
    corridor.close()


def test_rule_6_with_all_parts_off_a_face_still_gets_suggestions(config: Config) -> None:
    off = {f"recognise__{part}": False for part in ("emotion", "age", "gender", "eyes")}
    corridor = Corridor(changed(config, **off))
    demo = Demo(config.camera)
    for number in range(45):
        frame = frame_of(demo.view(3 + number / 15), 1 + number / 15)
        screen = corridor.show(corridor.see(frame).audience, Context(at=frame.at))
    assert screen.state == "showing"
    corridor.close()
