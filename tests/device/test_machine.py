"""The name of a kiosk that nobody has named: the same at each start, and no other machine's."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from device.config import load_config
from device.errors import UserError
from device.machine import MACHINE_ID, SERIAL, machine_name


def machine(root: Path, serial: str | None = None, machine_id: str | None = None) -> Path:
    """A file system with these numbers."""
    for place, text in ((SERIAL, serial), (MACHINE_ID, machine_id)):
        if text is not None:
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            (root / place).write_bytes(text.encode())
    return root


def test_a_board_is_named_after_its_serial_number_whatever_card_is_in_it(tmp_path: Path) -> None:
    # failure 47
    one = machine(tmp_path / "1", "10000000abcdef12\0", "0" * 31 + "1\n")
    copy = machine(tmp_path / "2", "10000000abcdef13\0", "0" * 31 + "1\n")
    assert machine_name(one) == "kiosk-abcdef12"
    assert machine_name(copy) == "kiosk-abcdef13"


@pytest.mark.parametrize("serial", [None, "", "\0", "0000000000000000\0"])
def test_a_machine_without_a_serial_number_is_named_after_its_id(
    tmp_path: Path, serial: str | None
) -> None:
    # failure 47
    rng = random.Random(7)
    ids = [f"{rng.getrandbits(128):032x}" for _ in range(300)]
    names = [machine_name(machine(tmp_path / one, serial, f"{one}\n")) for one in ids]
    assert len(set(names)) == len(ids)
    for one, name in zip(ids, names, strict=True):
        assert re.fullmatch("kiosk-[0-9a-f]{8}", name)
        assert name[-8:] not in one, "the id itself is not published"


def test_serial_numbers_of_other_boards_are_told_apart(tmp_path: Path) -> None:
    serials = ("1422719012345", "CORAL-0001", "CORAL-0002", "S/N: 12 34", "0042")
    names = [machine_name(machine(tmp_path / f"{n}", text)) for n, text in enumerate(serials)]
    assert len(set(names)) == len(serials)
    assert all(re.fullmatch("kiosk-[0-9a-f]{8}", name) for name in names)


@pytest.mark.parametrize("serial", ["Default string\n", "None\0", "123456789\0"])
def test_boards_that_all_have_one_number_are_told_apart_by_their_ids(
    tmp_path: Path, serial: str
) -> None:
    # failure 47
    names = {machine_name(machine(tmp_path / one, serial, f"{one * 32}\n")) for one in "abcdef"}
    assert len(names) == 6


@pytest.mark.parametrize("machine_id", [None, "", "uninitialized\n"])
def test_a_machine_with_no_number_is_told_to_write_a_name(
    tmp_path: Path, machine_id: str | None
) -> None:
    with pytest.raises(UserError, match=r"kiosk: auto: .* write a name"):
        machine_name(machine(tmp_path, None, machine_id))


def test_auto_is_this_machines_name_and_another_name_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("kiosk: auto")
    assert load_config(file).kiosk == machine_name()
    file.write_text("kiosk: station")
    assert load_config(file).kiosk == "station"


def test_a_fresh_install_has_no_name_that_another_has(root: Path) -> None:
    # failure 47
    assert "\nkiosk: auto " in (root / "systemd/config.yaml").read_text(encoding="utf-8")
