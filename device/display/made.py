"""The files beside the page that the kiosk makes of its configuration when it starts.

`words.js` has the words of the site's own languages, which the page needs before it can say
anything; each other language is a JSON file of its own, which the page asks for when a visitor
touches that language. `map.json` has the streets around the kiosk, which the page asks for once it
is idle, or when a visitor opens the card of a place: they stay the same, while the way to a place
comes with its card. `greeting.json` is how the guide greets, where the operator has recorded it.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from pathlib import Path
from typing import Any

from device.catalogue.polylines import encode
from device.catalogue.store import read_footways
from device.config import Config
from device.display.greeting import read_curve
from device.display.server import GREETING, HYPHENS
from device.words.table import LANGUAGES
from device.words.words import load_words

log = logging.getLogger(__name__)

MAP_M = 3000.0
"""Streets with a point nearer to the kiosk than so many metres are on the map; of a longer way its
end stands on an empty ground."""


def made_files(config: Config) -> dict[str, str]:
    """Text of each file, by its path below the page.

    Raises:
        UserError: a language without words, words that cannot be used, or a greeting that is none.
    """
    site = config.display.languages
    codes = (*site, *(language for language in LANGUAGES if language not in site))
    tables = {code: load_words(code, config.matching.catalogue).for_page() for code in codes}
    offered = [
        {"code": code, "own_name": table["own_name"], "direction": table["direction"]}
        for code, table in tables.items()
    ]
    own = {code: tables[code] for code in site}
    hyphens = sorted(path.stem for path in HYPHENS.glob("*.json"))
    words = {"site": site, "offered": offered, "tables": own, "hyphens": hyphens}
    files = {"words.js": f"window.WORDS = {_json(words)};\n"}
    for code in codes[len(site) :]:
        files[f"words/{code}.json"] = _json(tables[code])
    if isinstance(config.display.guide, Path):
        files[GREETING] = read_curve(config.display.guide).text()
    files["map.json"] = _json(_streets(config) or {"here": None, "credits": [], "streets": []})
    return files


def _streets(config: Config) -> dict[str, Any] | None:
    """The kiosk's place, encoded polylines of the streets around it, and what must be shown with
    them; None: the catalogue has none there. That a catalogue is broken is said by the kiosk
    itself."""
    latitude, longitude = config.place.latitude, config.place.longitude
    if latitude is None or longitude is None:
        return None
    try:
        network = read_footways(config.matching.catalogue)
    except (sqlite3.Error, ValueError) as error:
        log.warning("%s: no map is made (%s)", config.matching.catalogue, error)
        return None
    near = network.around(latitude, longitude, MAP_M) if network else None
    if not near:
        return None
    lines = encode(near.lines).decode().splitlines()
    return {"here": [latitude, longitude], "credits": near.credits, "streets": lines}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
