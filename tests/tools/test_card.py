"""A card that Raspberry Pi Imager has written gets the program, and a line that starts it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from tools.__main__ import main
from tools.card import SOURCES, prepare
from tools.fleet.enrol import enrol
from tools.fleet.hub import Hub, new_hub

FIRSTRUN = """#!/bin/bash

set +e

CURRENT_HOSTNAME=`cat /etc/hostname | tr -d " \\t\\n\\r"`
/usr/lib/userconf-pi/userconf 'me' 'hash'
rm -f /boot/firstrun.sh
sed -i 's| systemd.run.*||g' /boot/cmdline.txt
exit 0
"""
USER_DATA = """#cloud-config
hostname: pier
users:
- name: me
  passwd: hash
runcmd:
- [ rfkill, unblock, wifi ]
"""


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    boot = tmp_path / "bootfs"
    boot.mkdir()
    (boot / "cmdline.txt").write_text("console=tty1 systemd.run=/boot/firstrun.sh")
    (boot / "firstrun.sh").write_text(FIRSTRUN)
    return boot


@pytest.fixture
def sources(root: Path, tmp_path: Path) -> Path:
    """A checkout of little more than what the first start runs."""
    checkout = tmp_path / "checkout"
    for name in SOURCES:
        (checkout / name).mkdir(parents=True)
    shutil.copytree(root / "systemd/firstboot", checkout / "systemd/firstboot")
    return checkout


def test_firstrun_calls_it_before_it_removes_itself_and_only_once(
    boot: Path, sources: Path
) -> None:
    for _ in range(2):
        prepare(boot, sources)
    script = (boot / "firstrun.sh").read_text()
    assert script.count("wayside/plant") == 1
    assert script.index("userconf") < script.index("wayside/plant") < script.index("rm -f /boot")
    assert script.replace('sh "$(dirname "$0")/wayside/plant"  # Wayside\n', "") == FIRSTRUN


def test_firstrun_really_calls_it_wherever_the_partition_is_mounted(
    boot: Path, sources: Path, tmp_path: Path
) -> None:
    prepare(boot, sources)
    (boot / "wayside/plant").write_text(f"touch {tmp_path}/called\n")
    safe = (boot / "firstrun.sh").read_text().partition("rm -f /boot")[0]
    safe = "\n".join(line for line in safe.splitlines() if "/usr/lib" not in line)
    (boot / "firstrun.sh").write_text(safe)
    subprocess.run(["sh", boot / "firstrun.sh"], check=True)
    assert (tmp_path / "called").exists()


def test_cloud_init_gets_a_command_besides_its_own_and_only_once(boot: Path) -> None:
    (boot / "firstrun.sh").unlink()
    (boot / "user-data").write_text(USER_DATA)
    for _ in range(2):
        assert main(["card", str(boot)]) == 0
    text = (boot / "user-data").read_text()
    assert text.startswith("#cloud-config\n")
    settings = yaml.safe_load(text)
    assert settings["hostname"] == "pier"
    assert settings["users"] == [{"name": "me", "passwd": "hash"}]
    plant = ["sh", "/boot/firmware/wayside/plant", "now"]
    assert settings["runcmd"] == [["rfkill", "unblock", "wifi"], plant]


def test_the_program_is_on_it_whole_and_owned_by_root(boot: Path) -> None:
    assert main(["card", str(boot)]) == 0
    with tarfile.open(boot / "wayside/wayside.tar.gz") as archive:
        members = {member.name: member for member in archive.getmembers()}
    for name in ("systemd/install.sh", "device/setup/page/setup.html", "models/face.tflite",
                 "requirements/kiosk.txt", "catalogue/helsinki/places.csv"):  # fmt: skip
        assert members[name].uid == 0
        assert members[name].isfile()
    assert members["systemd/install.sh"].mode & 0o111
    assert not [name for name in members if name.endswith((".pyc", ".keras", ".sqlite"))]


def test_an_enrolment_comes_with_its_names(boot: Path, sources: Path, tmp_path: Path) -> None:
    new_hub(tmp_path / "hub", ["hub.example.org"], 8883)
    hub = Hub.open(tmp_path / "hub")
    file = enrol(hub, hub.authority(), "oslo", "pier-1")
    prepare(boot, sources, file)
    assert (boot / "wayside/enrolment.yaml").read_text() == file.read_text()
    answers = json.loads((boot / "wayside/answers.json").read_text())
    assert answers == {"site": "oslo", "kiosk": "pier-1"}


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda boot: (boot / "cmdline.txt").unlink(), "has no cmdline.txt"),
        (lambda boot: (boot / "firstrun.sh").unlink(), "neither a user nor a network"),
        (lambda boot: shutil.rmtree(boot), "has no cmdline.txt"),
    ],
)
def test_what_is_no_card_of_the_imager_is_one_line_and_stays_as_it_is(
    boot: Path, capsys: pytest.CaptureFixture[str], spoil: object, error: str
) -> None:
    assert callable(spoil)
    spoil(boot)
    assert main(["card", str(boot)]) == 1
    said = capsys.readouterr().err
    assert error in said
    assert said.count("\n") == 1
    assert not (boot / "wayside").exists()


def test_a_template_of_cloud_init_in_which_nothing_is_set_is_no_customised_card(
    boot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (boot / "firstrun.sh").unlink()
    (boot / "user-data").write_text("#cloud-config\n# users:\n")
    assert main(["card", str(boot)]) == 1
    assert "neither a user nor a network" in capsys.readouterr().err


def test_an_enrolment_with_a_mistake_leaves_the_card_as_it_is(boot: Path, tmp_path: Path) -> None:
    (tmp_path / "enrolment.yaml").write_text("site: oslo\n")
    assert main(["card", str(boot), "--enrolment", str(tmp_path / "enrolment.yaml")]) == 1
    assert (boot / "firstrun.sh").read_text() == FIRSTRUN
    assert not (boot / "wayside").exists()
