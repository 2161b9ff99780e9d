"""Names in any script, with quotes and markup, are the same text from an import to the page."""

# failure 38

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.__main__ import main
from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.matching.match import Matcher
from device.matching.rules import Rules
from device.messaging.payloads import encode, suggestions
from device.values import Audience, Context, Screen
from device.words.words import load_words
from tests.brokers import wait_until
from tests.device.catalogue.imports.town import Town
from tests.device.display.stage import Stage
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

NAMES = (
    "مقهى الزمالك",
    "Töölönlahden jäätelöbaari Ääkkönen",
    "\"Bob's\" 'n' “Rosé” & Söhne; 50 % <off>",
    "👩🏽‍🍳 Küche 🏳️‍🌈 東京",
    "<script>document.title='h'</script><img src=x onerror=\"document.title='h'\">",
    "</h2>{{7*7}}${1}&lt;b&gt;%3Cb%3E",
)


def test_names_come_from_an_import_to_the_page_as_the_same_text(
    stage: Stage, tmp_path: Path, rules: Rules
) -> None:
    town = Town()
    for number, name in enumerate(NAMES):
        town.node(number * 500, 0, name=name, amenity="cafe")
    extract = town.write(tmp_path / "town.osm.pbf")
    films = tmp_path / "films"
    films.mkdir()
    with (films / "movies.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["movieId", "title", "genres"])
        rows.writerows([number, f"{name} (1999)", "Children"] for number, name in enumerate(NAMES))
    out = tmp_path / "names.sqlite"
    assert main(["catalogue", "import", str(extract), str(films), "--out", str(out)]) == 0

    catalogue = Catalogue.open(out)
    for kind in ("place", "film"):
        config = MatchingConfig(count=len(NAMES), kinds=(kind,))
        found = Matcher(catalogue, rules, config, PlaceConfig()).match(
            Audience(), Context(at=0.0, now=None)
        )
        screen = Screen("showing", found, serial=1 + (kind == "film"))
        payload = encode(suggestions(screen, "watching", datetime.now(UTC), load_words("en")))
        stage.say("suggestions", json.loads(payload))
        titles = [each.item.title for each in found]
        assert sorted(titles) == sorted(NAMES)
        wait_until(lambda first=titles[0]: stage.titles()[:1] == [first], "the first cards")
        read: list[str] = []
        while len(read) < len(titles):  # on as many pages as there are
            read += stage.titles()
            assert stage.script("return document.querySelector('#cards :is(script, img)')") is None
            stage.script("document.querySelector('#more').click()")
        assert read == titles
        assert stage.driver.title == "Wayside"
