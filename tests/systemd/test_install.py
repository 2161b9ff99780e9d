"""What install.sh installs, what it keeps, and that nothing is rewritten in place."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from device.config import Config, MqttConfig, load_config
from device.fleet.installed import Installed
from device.messaging.probe import probe
from tests.brokers import mosquitto
from tests.needs import needs, needs_root

pytestmark = [
    pytest.mark.slow,
    needs("systemctl", "systemd-sysusers", "systemd-tmpfiles", "mosquitto"),
    needs_root(),
]

LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "*.keras", "soft_targets", "tests", "runs", "shared"
)


@pytest.fixture(scope="module")
def source(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project that a test may change."""
    copy = tmp_path_factory.mktemp("source") / "wayside"
    shutil.copytree(root, copy, ignore=LEFT_OUT)
    (copy / "models/large.keras").touch()
    (copy / "models/soft_targets").mkdir()
    (copy / "models/soft_targets/large.npz").touch()
    return copy


def install(source: Path, target: Path, *options: str) -> None:
    subprocess.run(
        [source / "systemd/install.sh", "--root", target, "--venv", sys.prefix, *options],
        check=True,
        capture_output=True,
    )


@contextmanager
def changed(source: Path, remark: str) -> Iterator[None]:
    """The source with one more line of code."""
    file = source / "device/__init__.py"
    text = file.read_text()
    file.write_text(f"{text}\n# {remark}\n")
    yield
    file.write_text(text)


@pytest.fixture(scope="module")
def installed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kiosk for tests that only read."""
    target = tmp_path_factory.mktemp("kiosk")
    install(source, target)
    return target


@pytest.fixture
def target(installed: Path, tmp_path: Path) -> Path:
    """A copy of that kiosk, for tests that change it."""
    shutil.copytree(installed, tmp_path / "kiosk", symlinks=True)
    return tmp_path / "kiosk"


def test_the_installed_configuration_is_valid_and_its_files_exist(installed: Path) -> None:
    config = load_config(installed / "etc/wayside/config.yaml")
    release = installed / "opt/wayside/current"
    for path in (Config().models / "face.tflite", Config().matching.catalogue):
        assert (release / path).exists(), path
    given = (installed / "etc/wayside/config.yaml").read_text()
    assert "models:" not in given  # those of the release that runs
    assert config.mqtt.broker == "127.0.0.1"
    assert config.display.port is None
    assert config.mqtt.password_file is not None
    assert (installed / config.mqtt.password_file.relative_to("/")).read_text().strip()


def test_passwords_are_random_and_not_world_readable(
    installed: Path, source: Path, tmp_path: Path
) -> None:
    etc = installed / "etc/wayside"
    for name in (
        "config.yaml",
        "mqtt-password",
        "agent-password",
        "mosquitto.passwd",
        "screen/mosquitto_sub",
    ):
        assert not (etc / name).stat().st_mode & stat.S_IRWXO, name
    assert "@PAGE_PASSWORD@" not in (etc / "config.yaml").read_text()
    hashed = (etc / "mosquitto.passwd").read_text().splitlines()
    assert [line.split(":$")[0] for line in hashed] == ["kiosk", "agent", "page", "screen"]
    another = tmp_path
    install(source, another)
    passwords = [(at / "etc/wayside/mqtt-password").read_text() for at in (installed, another)]
    assert passwords[0] != passwords[1]


def test_the_services_are_enabled_and_have_their_own_users(installed: Path) -> None:
    wanted = installed / "etc/systemd/system/multi-user.target.wants"
    assert {link.name for link in wanted.iterdir()} >= {
        "wayside.service",
        "wayside-broker.service",
        "wayside-display.service",
        "wayside-agent.service",
        "wayside-switch.path",
        "wayside-diagnostics.path",
        "wayside-screenshot.path",
    }
    users = {line.split(":")[0] for line in (installed / "etc/passwd").read_text().splitlines()}
    assert {"wayside", "wayside-display"} <= users


def test_a_release_holds_only_what_a_kiosk_runs(installed: Path) -> None:
    release = installed / "opt/wayside/current"
    assert (release / "device/__main__.py").is_file()
    assert (release / "systemd/restart-delay").stat().st_mode & stat.S_IXOTH
    held = {path.name for path in release.iterdir()}
    assert not held & {"tests", "tools", "runs", ".git", "shared"}
    assert not list(release.rglob("*.keras"))
    assert not (release / "models/soft_targets").exists()
    assert not list(release.rglob("models/*.csv"))
    assert (release / "LICENSE").is_file()


def test_guard_and_agent_are_an_install_of_their_own_that_knows_what_the_machine_has(
    installed: Path, source: Path
) -> None:
    agent = installed / "opt/wayside/agent"
    assert (agent / "device/fleet/guard.py").is_file()
    assert not agent.resolve().is_relative_to(installed / "opt/wayside/releases")
    requirements = [
        (source / f"requirements/{name}.txt").read_bytes() for name in ("kiosk", "demo")
    ]
    wheels = hashlib.sha256(b"".join(requirements)).hexdigest()[:12]
    assert Installed.read(agent / "installed.json") == Installed(wheels)
    fleet = installed / "var/lib/wayside/fleet"
    assert fleet.stat().st_uid == (fleet.parent).stat().st_uid != 0


def test_installing_again_changes_nothing_and_keeps_the_configuration(
    target: Path, source: Path
) -> None:
    etc = target / "etc/wayside"
    current = (target / "opt/wayside/current").resolve()
    code = {path: path.stat().st_ino for path in current.rglob("*.py")}
    with (etc / "config.yaml").open("a") as config:
        config.write("upkeep: {hot_celsius: 70}\n")
    before = {name: (etc / name).read_text() for name in ("config.yaml", "mqtt-password")}
    (etc / "agent-password").write_bytes(b"")  # a power cut in an earlier install
    install(source, target)
    assert (target / "opt/wayside/current").resolve() == current
    assert {path: path.stat().st_ino for path in current.rglob("*.py")} == code
    assert {name: (etc / name).read_text() for name in before} == before
    assert (etc / "agent-password").read_text().strip()


def test_a_new_release_is_installed_beside_the_old_one_and_activated_by_one_link(
    target: Path, source: Path
) -> None:
    link = target / "opt/wayside/current"
    old = link.resolve()
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in old.rglob("*.py")}
    with changed(source, "another release"):
        install(source, target)
    assert link.is_symlink()
    assert link.resolve() != old
    assert "another release" in (link / "device/__init__.py").read_text()
    # failure 25: the running release is untouched, so a power cut at any time leaves a complete one
    after = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in old.rglob("*.py")}
    assert after == before
    assert not list((target / "opt/wayside/releases").glob(".new*"))
    assert not list(target.rglob("*.new"))


def test_only_the_previous_release_is_kept(target: Path, source: Path) -> None:
    releases = target / "opt/wayside/releases"
    used = [(target / "opt/wayside/current").resolve()]
    for name in ("second", "third", "third"):
        with changed(source, name):
            install(source, target)
        used.append((target / "opt/wayside/current").resolve())
    assert set(releases.iterdir()) == {used[1], used[2]}
    agents = {path.name for path in (target / "opt/wayside/agents").iterdir()}
    assert agents == {used[1].name, used[2].name}


def test_uninstalling_keeps_the_configuration_only(target: Path, source: Path) -> None:
    subprocess.run([source / "systemd/uninstall.sh", "--root", target], check=True)
    left = [path for path in target.rglob("*") if "wayside" in path.name]
    assert left == [target / "etc/wayside"]
    assert (target / "etc/wayside/config.yaml").is_file()


@pytest.mark.parametrize("script", ["install.sh", "uninstall.sh"])
def test_an_unknown_option_is_one_line(source: Path, script: str) -> None:
    answer = subprocess.run(
        [source / "systemd" / script, "--rot"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert answer.stderr.startswith("wayside: --rot: unknown option")
    assert answer.stderr.count("\n") == 1


@pytest.mark.mosquitto
def test_passwords_that_an_operator_types_log_in_at_the_broker(
    target: Path, source: Path, tmp_path: Path
) -> None:  # failure 45
    etc = target / "etc/wayside"
    kiosk, page = r" a:b\tc$x \\ ", "'\"#:ü 西湖\\n "
    (etc / "mqtt-password").write_text(f"{kiosk}\n", encoding="utf-8")
    shipped = (etc / "config.yaml").read_text()
    written = re.sub(r"(?<=  password: ).*", lambda _: json.dumps(page), shipped)
    (etc / "config.yaml").write_text(written, encoding="utf-8")
    install(source, target)
    assert load_config(etc / "config.yaml").display.password == SecretStr(page)
    options = (etc / "screen/mosquitto_sub").read_text()
    logins = {"kiosk": kiosk, "page": page, "screen": options.splitlines()[1].removeprefix("-P ")}
    settings = f"allow_anonymous false\npassword_file {etc / 'mosquitto.passwd'}"
    with mosquitto(tmp_path, settings=settings) as broker:
        for username, password in logins.items():
            assert probe(
                MqttConfig(
                    broker="127.0.0.1",
                    port=broker.port,
                    username=username,
                    password=SecretStr(password),
                )
            )


@pytest.mark.parametrize("password", ["secret\r\n", "\ufeffsecret\n", "\n"])
def test_a_password_that_would_be_changed_is_refused_and_the_old_ones_stay(
    target: Path, source: Path, password: str
) -> None:
    etc = target / "etc/wayside"
    before = (etc / "mosquitto.passwd").read_text()
    (etc / "mqtt-password").write_bytes(password.encode())
    answer = subprocess.run(
        [source / "systemd/install.sh", "--root", target, "--venv", sys.prefix],
        check=False,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"wayside: {etc}/mqtt-password: ")
    assert answer.stderr.count("\n") == 1
    assert "secret" not in answer.stderr
    assert (etc / "mosquitto.passwd").read_text() == before


def test_security_updates_of_the_system_are_an_option_that_is_off(
    source: Path, installed: Path, tmp_path: Path
) -> None:
    place = "etc/apt/apt.conf.d/60wayside"
    assert not (installed / place).exists()
    install(source, tmp_path, "--security-updates")
    asked = ["apt-config", "dump", "Unattended-Upgrade", "APT::Periodic"]
    environment = {**os.environ, "APT_CONFIG": str(tmp_path / place)}
    said = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True)
    assert 'Automatic-Reboot "false"' in said.stdout
    assert 'APT::Periodic::Unattended-Upgrade "1"' in said.stdout
    (origin,) = re.findall(r'Origins-Pattern:: "(.+)"', said.stdout)
    assert "Debian-Security" in origin
    subprocess.run([source / "systemd/uninstall.sh", "--root", tmp_path], check=True)
    assert not (tmp_path / place).exists()


def test_a_microphone_is_an_option_that_is_off_and_stays_on(
    source: Path, installed: Path, tmp_path: Path
) -> None:
    drop_in = "etc/systemd/system/wayside.service.d/microphone.conf"
    assert not (installed / drop_in).exists()
    install(source, tmp_path, "--microphone")
    written = (tmp_path / drop_in).stat().st_mtime_ns
    verified = ["systemd-analyze", "verify", "--root", tmp_path, "wayside.service"]
    said = subprocess.run(verified, check=False, capture_output=True, text=True).stderr
    assert "microphone.conf" not in said
    install(source, tmp_path)
    assert (tmp_path / drop_in).stat().st_mtime_ns > written
    subprocess.run([source / "systemd/uninstall.sh", "--root", tmp_path], check=True)
    assert not (tmp_path / drop_in).parent.exists()
