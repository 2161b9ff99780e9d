"""A kiosk's settings move to another one, which stays itself; a bad backup changes nothing."""

from __future__ import annotations

import itertools
import json
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, SecretStr

from device.__main__ import main
from device.backup.archive import MANIFEST
from device.backup.restore import restore
from device.backup.settings import is_own
from device.config import Config, load_config
from device.errors import UserError
from device.fleet.settings import load_settings
from tests.device.fleet.disks import DyingDisk, PowerCutError

SECRETS = ("camsecret", "mqttsecret", "pagesecret", "oldsecret", "hubsecret")

OLD = """
site: oulu
kiosk: market
state: {folder}/state
operator: {{name: City of Oulu, contact: ouka.fi}}   # the password was oldsecret
camera: {{source: "rtsp://me:camsecret@10.0.0.5/1", rotate: 90, fps: 10}}
place: {{latitude: 65.01, longitude: 25.47, timezone: Europe/Helsinki, country: FI}}
recognise: {{gender: false}}
privacy: {{smallest_cell: 20}}
matching: {{catalogue: "{catalogue}", hand: hand.yaml, count: 2}}
mqtt: {{broker: 127.0.0.1, username: kiosk, password: mqttsecret}}
display:
  languages: [fi, sv]
  hours: "06:00-23:00; PH off"
  pictures: pictures
  username: page
  password: pagesecret
"""

NEW = """
kiosk: station
camera: {source: "usb:0"}
matching: {preset: congruent}
mqtt: {broker: 127.0.0.1, username: kiosk, password_file: mqtt-password}
display: {port: null, username: page, password: another}
"""


@pytest.fixture
def old(tmp_path: Path, root: Path) -> Path:
    """The configuration of a kiosk with a hand, pictures and quiet hours."""
    folder = tmp_path / "old"
    (folder / "pictures/by the lake").mkdir(parents=True)
    for name in ("a.jpg", "by the lake/b.png", "10:30.jpg", "CREDITS.txt", "notes.txt"):
        (folder / "pictures" / name).write_bytes(name.encode())
    (folder / "hand.yaml").write_text("hide: [film-alien]\n")
    (folder / "agent.yaml").write_text(
        "site: oulu\nkiosk: market\nquiet_hours: 01:30-05:00\ntimezone: Europe/Helsinki\n"
        "mqtt: {broker: hub.example, username: k, password: hubsecret}\n"
    )
    (folder / "state").mkdir()
    (folder / "state/touches.json").write_text("{}")
    text = OLD.format(folder=folder, catalogue=root / "catalogue/example.sqlite")
    (folder / "config.yaml").write_text(text)
    return folder / "config.yaml"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "config.yaml").write_text(NEW)
    (folder / "config.yaml").chmod(0o640)
    return folder / "config.yaml"


@pytest.fixture
def backup(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "market.wayside"
    assert main(["backup", "--config", str(old), str(path)]) == 0
    return path


@pytest.fixture
def untouched(new: Path) -> Iterator[None]:
    """What a test leaves must be what it found."""
    before = {file.name: file.read_bytes() for file in new.parent.iterdir()}
    yield
    assert {file.name: file.read_bytes() for file in new.parent.iterdir()} == before


def forged(backup: Path, changes: dict[str, bytes], **about: Any) -> Path:
    """The same backup with other files, and a manifest that knows them."""
    with zipfile.ZipFile(backup) as file:
        files = {name: file.read(name) for name in file.namelist()}
    manifest = json.loads(files.pop(MANIFEST)) | about
    files |= changes
    manifest["sha256"] = {name: sha256(data).hexdigest() for name, data in files.items()}
    path = backup.with_name("forged.wayside")
    with zipfile.ZipFile(path, "w") as file:
        for name, data in {**files, MANIFEST: json.dumps(manifest).encode()}.items():
            file.writestr(name, data)
    return path


def test_no_password_key_or_comment_is_in_a_backup(old: Path, backup: Path) -> None:
    with zipfile.ZipFile(backup) as file:
        content = b"\n".join(file.read(name) for name in file.namelist())
        names = set(file.namelist())
    assert all(
        secret in (old.parent / "config.yaml").read_text() + "hubsecret" for secret in SECRETS
    )
    assert [secret for secret in SECRETS if secret.encode() in content] == []
    assert b"10.0.0.5" not in content
    assert not any("touches" in name or "notes" in name for name in names)


def test_every_secret_and_every_file_but_a_few_stay_with_their_kiosk() -> None:
    def keys(model: type[BaseModel], wanted: type, before: str = "") -> Iterator[str]:
        for name, about in model.model_fields.items():
            kinds = (about.annotation, *getattr(about.annotation, "__args__", ()))
            if wanted in kinds:
                yield f"{before}{name}"
            for kind in kinds:
                if isinstance(kind, type) and issubclass(kind, BaseModel):
                    yield from keys(kind, wanted, f"{before}{name}.")

    secrets = set(keys(Config, SecretStr))
    assert {"mqtt.password", "display.password"} <= secrets
    assert [key for key in secrets if not is_own(key, "x")] == []
    paths = set(keys(Config, Path))
    assert {"state", "models", "diary.file", "mqtt.tls.key", "mqtt.password_file"} <= paths
    assert {key for key in paths if not is_own(key, "x")} == {
        "matching.catalogue",
        "matching.sources",
        "matching.rules",
        "matching.hand",
        "matching.touches",
        "display.pictures",
        "display.guide",
        "display.photographs",
    }


def test_another_kiosk_gets_the_settings_and_stays_itself(
    backup: Path, new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restore", "--config", str(new), str(backup)]) == 0
    said = capsys.readouterr().out
    assert (new.parent / "config.yaml").read_text().startswith("# This kiosk's configuration, rest")
    for part in (
        "10:30.jpg: its name",
        "as oulu/market was on",
        "not in the backup: camera.source",
        "systemctl restart",
    ):
        assert part in said
    config = load_config(new)
    assert (config.site, config.kiosk) == ("oulu", "station")
    assert (config.matching.count, config.matching.preset) == (2, "repair")
    assert (config.camera.rotate, config.camera.source) == (90, "auto")
    assert (config.recognise.gender, config.privacy.smallest_cell) == (False, 20)
    assert config.display.languages == ("fi", "sv")
    assert config.display.hours == "06:00-23:00; PH off"
    assert config.operator.name == "City of Oulu"
    assert config.display.password == SecretStr("another")
    assert config.mqtt.password_file == new.parent / "mqtt-password"
    assert config.matching.hand is not None
    assert config.matching.hand.read_text() == "hide: [film-alien]\n"
    assert config.display.pictures is not None
    assert (config.display.pictures / "by the lake/b.png").read_bytes() == b"by the lake/b.png"
    assert (config.display.pictures / "CREDITS.txt").exists()
    assert new.stat().st_mode & 0o777 == 0o640
    assert config.display.pictures.stat().st_mode & 0o005 == 0o005  # for the broker's user
    (aside,) = new.parent.glob("config.yaml.before-*")
    assert aside.read_text() == NEW
    quiet = load_settings(new.parent / "agent.yaml")
    assert (quiet.quiet_hours, quiet.timezone, quiet.mqtt) == (
        "01:30-05:00",
        "Europe/Helsinki",
        None,
    )


def test_the_same_kiosk_gets_everything_back(old: Path, backup: Path) -> None:
    before = load_config(old)
    old.write_text(old.read_text().replace("count: 2", "count: 7"))
    restore(backup, old, "1")
    after = load_config(old)
    assert after.camera == before.camera  # with its password
    assert after.mqtt == before.mqtt
    assert after.matching.count == 2
    assert (after.state, after.kiosk) == (before.state, before.kiosk)


@pytest.mark.parametrize("lose", [False, True])
def test_a_power_cut_leaves_the_old_settings_or_the_new(
    backup: Path, tmp_path: Path, lose: bool
) -> None:
    for dies_at in itertools.count(1):
        config = tmp_path / f"{dies_at}/config.yaml"
        config.parent.mkdir()
        config.write_text(NEW)
        try:
            restore(backup, config, "1", disk=DyingDisk(dies_at, lose=lose))
        except PowerCutError:
            after = load_config(config)
            hand = after.matching.hand
            assert after.matching.count in (Config().matching.count, 2)
            assert hand is None or hand.exists()
            continue
        assert dies_at > 4
        break


def test_a_new_card_without_a_configuration_gets_one(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "card").mkdir()
    done = restore(backup, tmp_path / "card/config.yaml", "1")
    assert done.aside is None
    assert load_config(tmp_path / "card/config.yaml").matching.count == 2


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (b"site: [", "settings.yaml:2: not valid YAML"),
        (b"matching: {count: 99}", "matching.count: got 99"),
        (b"nonsense: 1", "nonsense: unknown key"),
        (b"display: {languages: [tlh]}", "display.languages: got 'tlh'"),
        (b"matching: {preset: absent}", "preset"),
        (b"matching: {hand: /etc/passwd}", "matching.hand is not among its files"),
        (b"display: {pictures: /home}", "display.pictures is not among its files"),
    ],
)
def test_settings_that_the_kiosk_would_refuse_change_nothing(
    backup: Path, new: Path, settings: bytes, words: str
) -> None:
    with pytest.raises(UserError) as error:
        restore(forged(backup, {"settings.yaml": settings}, places={}), new, "1")
    assert words in str(error.value)
    assert "restored-1" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("files", "about", "words"),
    [
        ({"files/matching.hand.yaml": b"hide: 3"}, {}, "hide"),
        ({}, {"places": {"matching.hand": "files/absent.yaml"}}, "it has no matching.hand"),
        ({}, {"places": {"mqtt.password_file": "files/matching.hand.yaml"}}, "it has no mqtt"),
        ({}, {"places": {"matching.hand": ".."}}, "it has no matching.hand"),
        ({"agent.yaml": b"mqtt: {broker: evil.example}"}, {}, "more than quiet hours"),
        ({"agent.yaml": b"quiet_hours: never"}, {}, "quiet_hours: got 'never'"),
    ],
)
def test_files_that_the_kiosk_would_refuse_change_nothing(
    backup: Path, new: Path, files: dict[str, bytes], about: dict[str, Any], words: str
) -> None:
    with pytest.raises(UserError) as error:
        restore(forged(backup, files, **about), new, "1")
    assert words in str(error.value)


def test_what_is_another_kiosks_own_is_not_taken_from_a_forged_backup(
    backup: Path, new: Path
) -> None:
    evil = yaml.safe_dump({"kiosk": "market", "mqtt": {"broker": "evil.example"},
                           "camera": {"source": "rtsp://evil.example/1"}})  # fmt: skip
    restore(forged(backup, {"settings.yaml": evil.encode()}, places={}), new, "1")
    config = load_config(new)
    assert (config.kiosk, config.mqtt.broker, config.camera.source) == (
        "station", "127.0.0.1", "auto",
    )  # fmt: skip


@pytest.mark.usefixtures("untouched")
def test_a_kiosk_of_another_fleet_is_enrolled_anew_first(backup: Path, new: Path) -> None:
    agent = new.parent / "agent.yaml"
    agent.write_text("site: turku\nmqtt: {broker: hub.example}\n")
    try:
        with pytest.raises(UserError, match="this kiosk is enrolled in turku; enrol it anew"):
            restore(backup, new, "1")
    finally:
        agent.unlink()


def test_calendars_whose_addresses_may_be_secret_are_left_out_and_files_of_sources_are_named(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = old.parent / "sources.yaml"
    old.write_text(old.read_text().replace("count: 2", "count: 2, sources: sources.yaml"))
    backup = str(tmp_path / "b.wayside")
    sources.write_text("calendars: [{address: 'https://x.example/private-token/basic.ics'}]\n")
    assert main(["backup", "--config", str(old), backup]) == 0
    assert "the addresses of its calendars may hold passwords" in capsys.readouterr().out
    assert b"private-token" not in Path(backup).read_bytes()
    sources.write_text("files: [ours.csv]\n")
    assert main(["backup", "--config", str(old), backup]) == 0
    said = capsys.readouterr().out
    assert f"{old.parent}/ours.csv, which matching.sources names" in said
    assert "`wayside catalogue refresh` makes it" in said


def test_the_pictures_may_be_left_out(old: Path, tmp_path: Path) -> None:
    backup = tmp_path / "b.wayside"
    assert main(["backup", "--config", str(old), "--no-pictures", str(backup)]) == 0
    with zipfile.ZipFile(backup) as file:
        assert not any(name.startswith("folders/") for name in file.namelist())


def test_mistakes_are_one_line(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restore", "--config", str(old), str(tmp_path / "absent")]) == 1
    assert "absent: no such file" in capsys.readouterr().err
    assert main(["backup", "--config", str(old), str(tmp_path / "no/b")]) == 1
    assert "cannot be written (No such file" in capsys.readouterr().err
    (old.parent / "hand.yaml").unlink()
    assert main(["backup", "--config", str(old), str(tmp_path / "b")]) == 1
    assert "hand.yaml: no such file; bring it back" in capsys.readouterr().err
