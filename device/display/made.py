"""The files beside the page that the kiosk makes of its configuration when it starts.

`words.js` has the words of the site's own languages, which the page needs before it can say
anything; each other language is a JSON file of its own, which the page asks for when a visitor
touches that language.
"""

from __future__ import annotations

import json

from device.config import Config
from device.display.server import PAGE
from device.words.table import LANGUAGES
from device.words.words import load_words

HYPHENS = PAGE / "vendor" / "hyphens"


def made_files(config: Config) -> dict[str, str]:
    """Text of each file, by its path below the page.

    Raises:
        UserError: a language without words, or words that cannot be used.
    """
    site = config.display.languages
    codes = (*site, *(language for language in LANGUAGES if language not in site))
    tables = {code: load_words(code, config.matching.catalogue).for_page() for code in codes}
    offered = [
        {"code": code, "own_name": table["own_name"], "direction": table["direction"]}
        for code, table in tables.items()
    ]
    own = {code: tables[code] for code in site}
    hyphens = {code: HYPHENS / f"{code}.json" for code in site}
    patterns = {code: json.loads(f.read_text()) for code, f in hyphens.items() if f.exists()}
    words = _json({"site": site, "offered": offered, "tables": own})
    files = {"words.js": f"window.WORDS = {words};\nwindow.HYPHENS = {_json(patterns)};\n"}
    for code in codes[len(site) :]:
        files[f"words/{code}.json"] = _json(tables[code])
    return files


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
