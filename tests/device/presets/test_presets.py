"""A place has the category that the iD editor would give it, and its name in the languages."""

from __future__ import annotations

import json

import pytest

from device.presets.presets import FILE, Geometry, matching, names
from device.words.table import LANGUAGES


@pytest.mark.parametrize(
    ("tags", "geometry", "preset"),
    [
        ({"amenity": "cafe"}, "point", "amenity/cafe"),
        ({"amenity": "restaurant", "cuisine": "sushi"}, "point", "amenity/restaurant/sushi"),
        ({"amenity": "cafe", "building": "yes"}, "area", "amenity/cafe"),
        ({"shop": "yes"}, "point", "shop/yes"),
        ({"shop": "no such thing"}, "point", "shop"),
        ({"tourism": "artwork", "artwork_type": "statue"}, "point", "tourism/artwork/statue"),
        ({"historic": "memorial", "memorial": "plaque"}, "point", "historic/memorial/plaque"),
        ({"leisure": "park"}, "area", "leisure/park"),
        ({"man_made": "pier"}, "line", "man_made/pier"),
        ({"amenity": "restaurant;bar", "cuisine": "pizza"}, "point", "amenity/restaurant/pizza"),
    ],
)
def test_the_most_specific_preset_of_the_geometry_wins(
    tags: dict[str, str], geometry: Geometry, preset: str
) -> None:
    assert matching(tags, geometry)[0][1].name == preset


def test_a_preset_of_another_geometry_does_not_match() -> None:
    assert matching({"amenity": "cafe"}, "line") == [] or all(
        preset.is_generic for _, preset in matching({"amenity": "cafe"}, "line")
    )
    assert matching({}, "point") == []
    assert matching({"highway": "residential"}, "line") == []


def test_tags_with_many_values_are_read_in_bounded_time() -> None:
    many = ";".join(f"v{n}" for n in range(300))
    assert matching({"amenity": many, "shop": many, "tourism": many}, "point")


def test_presets_have_names_in_every_language_of_the_screen() -> None:
    assert names("fi")["amenity/cafe"] == "Kahvila"
    every = names("en").keys()
    for language in LANGUAGES:
        assert len(names(language)) > 0.75 * len(every), language
        assert all(text.strip() for text in names(language).values())
    assert names("tlh") == {}


def test_the_cut_names_its_package_and_carries_its_licence() -> None:
    cut = json.loads(FILE.read_text(encoding="utf-8"))
    assert cut["package"] == "@openstreetmap/id-tagging-schema"
    assert cut["licence"] == "ISC"
    assert cut["version"].count(".") == 2
    licence = FILE.with_name("LICENSE.md").read_text(encoding="utf-8")
    assert "ISC License" in licence
    assert "iD Contributors" in licence
