"""Enrolling a kiosk: one file that makes a machine a kiosk of the fleet."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from device.errors import UserError
from device.fleet.enrolment import install
from device.fleet.enrolment import main as enrol_program
from tests.device.fleet.repository import FleetRepository
from tools.__main__ import main
from tools.fleet.certificates import KIOSK_DAYS
from tools.fleet.enrol import enrol
from tools.fleet.hub import Hub, new_hub


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    new_hub(tmp_path / "hub", ["hub.example.org", "203.0.113.7"], 8883)
    return Hub.open(tmp_path / "hub")


def test_the_file_makes_a_machine_a_kiosk_of_the_fleet(hub: Hub, tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    file = enrol(hub, hub.authority(), "helsinki", "kiosk-1")
    assert file.stat().st_mode & 0o077 == 0
    assert enrol_program([str(file), "--folder", str(etc)]) == 0
    settings = yaml.safe_load((etc / "agent.yaml").read_text(encoding="utf-8"))
    assert (settings["site"], settings["kiosk"]) == ("helsinki", "kiosk-1")
    assert (settings["mqtt"]["broker"], settings["mqtt"]["port"]) == ("hub.example.org", 8883)
    tls = settings["mqtt"]["tls"]
    ssl.create_default_context(cafile=etc / tls["ca"]).load_cert_chain(
        etc / tls["certificate"], etc / tls["key"]
    )
    assert (etc / tls["key"]).stat().st_mode & 0o007 == 0


def test_a_new_certificate_keeps_what_the_operator_has_set(hub: Hub, tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    authority = hub.authority()
    install(enrol(hub, authority, "helsinki", "kiosk-1"), etc)
    settings = yaml.safe_load((etc / "agent.yaml").read_text(encoding="utf-8"))
    settings["quiet_hours"] = "02:00-05:00"
    settings["mqtt"]["keepalive_s"] = 60
    (etc / "agent.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    before = (etc / "agent.pem").read_bytes()
    install(enrol(hub, authority, "helsinki", "kiosk-1", renew=True), etc)
    kept = yaml.safe_load((etc / "agent.yaml").read_text(encoding="utf-8"))
    assert kept["quiet_hours"] == "02:00-05:00"
    assert kept["mqtt"]["keepalive_s"] == 60
    assert (etc / "agent.pem").read_bytes() != before


def test_a_name_is_enrolled_once(hub: Hub) -> None:
    authority = hub.authority()
    with pytest.raises(UserError, match="not enrolled"):
        enrol(hub, authority, "helsinki", "kiosk-1", renew=True)
    enrol(hub, authority, "helsinki", "kiosk-1")
    with pytest.raises(UserError, match="enrolled already"):
        enrol(hub, authority, "helsinki", "kiosk-1")
    ends = authority.enrolled()["helsinki/kiosk-1"]
    assert abs(ends - datetime.now(UTC) - timedelta(days=KIOSK_DAYS)) < timedelta(days=1)
    authority.revoke("helsinki/kiosk-1")
    assert authority.enrolled() == {}
    enrol(hub, authority, "helsinki", "kiosk-1")


@pytest.mark.parametrize(
    ("site", "kiosk", "says"),
    [
        ("fleet", "kiosk-1", "SITE"),
        ("helsinki", "operator/x", "KIOSK"),
        ("hel.sinki", "kiosk-1", "SITE"),
        ("helsinki", "+", "KIOSK"),
    ],
)
def test_a_name_that_would_be_another_topic_is_refused(
    hub: Hub, site: str, kiosk: str, says: str
) -> None:
    with pytest.raises(UserError, match=says):
        enrol(hub, hub.authority(), site, kiosk)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key": "none"}, "key"),
        ({"ca": None}, "ca"),
        ({"kiosk": "a/b"}, "kiosk"),
        ({"certificate": "another's"}, "certificate"),
        ({"more": 1}, "more"),
    ],
)
def test_a_file_with_a_mistake_changes_nothing(
    hub: Hub, tmp_path: Path, change: dict[str, object], says: str
) -> None:
    etc, authority = tmp_path / "etc", hub.authority()
    file = enrol(hub, authority, "helsinki", "kiosk-1")
    install(file, etc)
    before = {path.name: path.read_bytes() for path in etc.iterdir()}
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    if change == {"certificate": "another's"}:
        change = {"certificate": authority.certify("helsinki/kiosk-2").certificate}
    file.write_text(yaml.safe_dump(content | change), encoding="utf-8")
    with pytest.raises(UserError, match=says) as refusal:
        install(file, etc)
    assert "PRIVATE" not in str(refusal.value)
    assert {path.name: path.read_bytes() for path in etc.iterdir()} == before


def test_the_commands_tell_the_operator_what_to_do_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "hub")
    assert main(["fleet", "hub", "new", folder, "hub.example.org"]) == 0
    assert "install.sh" in capsys.readouterr().out
    assert main(["fleet", "enrol", "helsinki", "kiosk-1", "--hub", folder]) == 0
    assert "wayside-enrol" in capsys.readouterr().out
    assert main(["fleet", "enrolled", "--hub", folder]) == 0
    assert "helsinki/kiosk-1" in capsys.readouterr().out
    settings = (tmp_path / "hub" / "hub.yaml").read_text(encoding="utf-8").splitlines()
    lines = [line for line in settings if not line.startswith("restart:")]
    for restart, says in (("restart: touch restarted", "restarting"), ("", "restart")):
        (tmp_path / "hub" / "hub.yaml").write_text("\n".join([*lines, restart]), encoding="utf-8")
        assert main(["fleet", "revoke", "helsinki", "kiosk-1", "--hub", folder]) == 0
        assert says in capsys.readouterr().out
        assert (tmp_path / "hub" / "restarted").exists()
        assert main(["fleet", "enrol", "helsinki", "kiosk-1", "--hub", folder]) == 0


@pytest.mark.parametrize("change", ["cut", "other", "unsigned"])
def test_a_root_of_trust_that_is_none_changes_nothing(
    hub: Hub, tmp_path: Path, change: str
) -> None:
    file = enrol(hub, hub.authority(), "helsinki", "kiosk-1")
    root = FleetRepository(tmp_path / "signed").root.decode()
    spoiled = {"cut": root[:-20], "other": '{"signed": {}}', "unsigned": root.replace("sig", "gis")}
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump(settings | {"root": spoiled[change]}), encoding="utf-8")
    with pytest.raises(UserError, match=r"root: .*signed root metadata"):
        install(file, tmp_path / "etc")
    assert not (tmp_path / "etc").exists()
    file.write_text(yaml.safe_dump(settings | {"root": root}), encoding="utf-8")
    install(file, tmp_path / "etc")
    assert (tmp_path / "etc/root.json").read_text(encoding="utf-8") == root
