"""What the kiosk makes for the page of its configuration: the streets of the map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from device.catalogue.build import write
from device.catalogue.network import Network
from device.catalogue.polylines import SCALE, decode
from device.config import Config
from device.display.made import MAP_M, made_files
from device.values import Item
from tests.device.catalogue.streets import metres, network, place

NEAR = [(0, 0), (900, 0)]
FAR = [(2 * MAP_M, 0), (2 * MAP_M, 900)]


def config(folder: Path, footways: Network | None, **where: Any) -> Config:
    """A kiosk whose catalogue has these footways, at the middle of the town."""
    file = folder / "town.sqlite"
    write([Item("a", "place", "A", "cafe", source="me")], file, footways)
    latitude, longitude = place(0, 0)
    here = {"latitude": latitude, "longitude": longitude, **where}
    return Config.model_validate({"matching": {"catalogue": str(file)}, "place": here})


def streets_of(config: Config) -> list[str]:
    streets: list[str] = json.loads(made_files(config)["map.json"])["streets"]
    return streets


def test_the_map_has_the_streets_around_the_kiosk_and_their_credit(tmp_path: Path) -> None:
    made = json.loads(made_files(config(tmp_path, network(NEAR, FAR)))["map.json"])
    (line,) = (decode(f"{street}\n".encode()) for street in made["streets"])
    assert metres(line.points[:, ::-1] / SCALE) == NEAR
    assert made["credits"] == ["drawn by hand"]
    assert made["here"] == pytest.approx(place(0, 0))


@pytest.mark.parametrize("streets", [None, [FAR]])
def test_without_streets_around_the_kiosk_there_is_no_map(tmp_path: Path, streets: Any) -> None:
    footways = None if streets is None else network(*streets)
    assert streets_of(config(tmp_path, footways)) == []


def test_a_kiosk_that_does_not_know_its_place_has_no_map(tmp_path: Path) -> None:
    nowhere = config(tmp_path, network(NEAR), latitude=None, longitude=None)
    assert streets_of(nowhere) == []


@pytest.mark.parametrize("content", [b"", b"no catalogue", None])
def test_a_broken_catalogue_leaves_the_page_without_a_map(
    tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    broken = config(tmp_path, network(NEAR))
    broken.matching.catalogue.unlink()
    if content is not None:
        broken.matching.catalogue.write_bytes(content)
    assert streets_of(broken) == []
    assert "no map is made" in caplog.text
