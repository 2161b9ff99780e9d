"""What the installer lays out, what it leaves alone, and that nothing is rewritten in place."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device.config import load_config
from tests.needs import needs, needs_root

pytestmark = [
    needs("systemctl", "systemd-sysusers", "systemd-tmpfiles", "mosquitto_passwd"),
    needs_root(),
]

LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.keras", "tests", "runs", "shared")


@pytest.fixture(scope="module")
def source(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project that a test may change."""
    copy = tmp_path_factory.mktemp("source") / "wayside"
    shutil.copytree(root, copy, ignore=LEFT_OUT)
    (copy / "models/large.keras").touch()
    (copy / "models/lessons").mkdir(exist_ok=True)
    (copy / "models/lessons/large.npz").touch()
    return copy


def install(source: Path, target: Path) -> None:
    subprocess.run(
        [source / "systemd/install.sh", "--root", target, "--venv", sys.prefix],
        check=True,
        capture_output=True,
    )


@contextmanager
def changed(source: Path, remark: str) -> Iterator[None]:
    """The source with a line more in its code."""
    file = source / "device/__init__.py"
    text = file.read_text()
    file.write_text(f"{text}\n# {remark}\n")
    yield
    file.write_text(text)


@pytest.fixture(scope="module")
def laid_out(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kiosk for tests that only look."""
    target = tmp_path_factory.mktemp("kiosk")
    install(source, target)
    return target


@pytest.fixture
def target(source: Path, tmp_path: Path) -> Path:
    install(source, tmp_path)
    return tmp_path


def test_the_configuration_that_is_laid_out_is_valid_and_finds_everything(laid_out: Path) -> None:
    config = load_config(laid_out / "etc/wayside/config.yaml")
    catalogue, rules = config.matching.catalogue, config.matching.rules
    for path in (config.models / "face.tflite", catalogue, rules):
        assert (laid_out / path.relative_to("/")).exists(), path
    assert config.mqtt.broker == "127.0.0.1"
    assert config.display.port is None
    assert config.mqtt.password_file is not None
    assert (laid_out / config.mqtt.password_file.relative_to("/")).read_text().strip()


def test_passwords_are_random_and_not_for_everybody(
    laid_out: Path, source: Path, tmp_path: Path
) -> None:
    etc = laid_out / "etc/wayside"
    for name in ("config.yaml", "mqtt-password", "mosquitto.passwd", "screen/mosquitto_sub"):
        assert not (etc / name).stat().st_mode & stat.S_IRWXO, name
    assert "@PAGE_PASSWORD@" not in (etc / "config.yaml").read_text()
    hashed = (etc / "mosquitto.passwd").read_text().splitlines()
    assert [line.split(":$")[0] for line in hashed] == ["kiosk", "page", "screen"]
    another = tmp_path
    install(source, another)
    passwords = [(at / "etc/wayside/mqtt-password").read_text() for at in (laid_out, another)]
    assert passwords[0] != passwords[1]


def test_the_services_are_enabled_and_run_as_users_of_their_own(laid_out: Path) -> None:
    wanted = laid_out / "etc/systemd/system/multi-user.target.wants"
    assert {link.name for link in wanted.iterdir()} >= {
        "wayside.service",
        "wayside-broker.service",
        "wayside-display.service",
    }
    users = {line.split(":")[0] for line in (laid_out / "etc/passwd").read_text().splitlines()}
    assert {"wayside", "wayside-display"} <= users


def test_a_kiosk_holds_what_it_runs_and_nothing_else(laid_out: Path) -> None:
    release = laid_out / "opt/wayside/current"
    assert (release / "device/__main__.py").is_file()
    assert (release / "systemd/restart-delay").stat().st_mode & stat.S_IXOTH
    held = {path.name for path in release.iterdir()}
    assert not held & {"tests", "tools", "runs", ".git", "shared"}
    assert not list(release.rglob("*.keras"))
    assert not (release / "models/lessons").exists()


def test_installing_again_changes_nothing_and_keeps_what_the_operator_wrote(
    target: Path, source: Path
) -> None:
    etc = target / "etc/wayside"
    current = (target / "opt/wayside/current").resolve()
    code = {path: path.stat().st_ino for path in current.rglob("*.py")}
    with (etc / "config.yaml").open("a") as config:
        config.write("upkeep: {hot_celsius: 70}\n")
    before = {name: (etc / name).read_text() for name in ("config.yaml", "mqtt-password")}
    install(source, target)
    assert (target / "opt/wayside/current").resolve() == current
    assert {path: path.stat().st_ino for path in current.rglob("*.py")} == code
    assert {name: (etc / name).read_text() for name in before} == before


def test_a_new_release_is_laid_out_beside_the_old_one_and_put_to_use_by_one_link(
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
    # failure 25: the running release is untouched, so a cut of power at any time leaves a whole one
    after = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in old.rglob("*.py")}
    assert after == before
    assert not list((target / "opt/wayside/releases").glob(".new*"))
    assert not list(target.rglob("*.new"))


def test_the_release_before_is_kept_and_those_before_it_are_not(target: Path, source: Path) -> None:
    releases = target / "opt/wayside/releases"
    used = [(target / "opt/wayside/current").resolve()]
    for name in ("second", "third", "third"):
        with changed(source, name):
            install(source, target)
        used.append((target / "opt/wayside/current").resolve())
    assert set(releases.iterdir()) == {used[1], used[2]}


def test_uninstalling_leaves_the_configuration_and_nothing_else(target: Path, source: Path) -> None:
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
    assert answer.stderr.startswith("wayside: --rot: unknown")
    assert answer.stderr.count("\n") == 1
