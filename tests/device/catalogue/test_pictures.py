"""Pictures by folder: a file that is named by an item's id is its picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.catalogue.build import write
from device.catalogue.pictures import by_name
from device.catalogue.store import Catalogue
from device.config import Config
from device.matching.match import Matcher
from device.values import Item
from device.words.words import load_words
from tests.kiosks import changed


def test_a_file_named_by_the_id_is_the_picture_and_a_cell_wins(
    config: Config, tmp_path: Path
) -> None:
    items = [
        Item("osm-n123", "place", "Named", "amenity/cafe"),
        Item("osm-n124", "place", "Told", "amenity/cafe", picture="told.png"),
        Item("osm-n125", "place", "Neither", "amenity/cafe"),
    ]
    write(items, tmp_path / "town.sqlite")
    (tmp_path / "pictures/cafés").mkdir(parents=True)
    for name in ("cafés/osm-n123.JPG", "told.png", "osm-n124.jpg", "osm-n125.txt"):
        (tmp_path / "pictures" / name).touch()
    config = changed(
        config,
        matching__catalogue=tmp_path / "town.sqlite",
        display__pictures=tmp_path / "pictures",
    )
    catalogue = Matcher.open(config, load_words("en")).catalogue
    assert [item.picture for item in catalogue] == ["cafés/osm-n123.JPG", "told.png", ""]
    assert catalogue.item(0).picture == "cafés/osm-n123.JPG"


def test_of_two_files_of_one_name_the_first_path_is_taken() -> None:
    assert by_name(["b/a.png", "a.jpg", "z/a.webp"]) == {"a": "a.jpg"}


@pytest.mark.parametrize("cell", ["", "own.jpg"])
def test_a_catalogue_without_a_folder_is_as_it_was(cell: str) -> None:
    catalogue = Catalogue.of([Item("a", "film", "A", "drama", picture=cell)])
    assert catalogue.item(0).picture == cell
