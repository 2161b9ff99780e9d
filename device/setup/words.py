"""The words of the set-up's two pages, in every language, and the scripts that say them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from device.display.server import PAGE as VISITORS_PAGE
from device.words.patterns import babel_locale
from device.words.table import LANGUAGES, WordTable, read_table

PATH = "/words.js"
"""Of the words themselves, which each page has its own of."""

FILES = {
    "/say.js": Path(__file__).parent / "page" / "say.js",
    "/fluent.js": VISITORS_PAGE / "vendor" / "fluent.min.js",
}


@cache
def phone_words() -> bytes:
    """Of the page on a phone, some 70 kB."""
    return _script({code: read_table(code).setup for code in LANGUAGES})


@cache
def screen_words() -> bytes:
    """Of the kiosk's own screen, some 15 kB."""
    tables = {code: read_table(code) for code in LANGUAGES}
    return _script(
        {code: {"title": one.setup["title"], **one.setup_screen} for code, one in tables.items()}
    )


def _script(texts: Mapping[str, Mapping[str, str]]) -> bytes:
    tables = {code: _described(read_table(code)) | {"texts": each} for code, each in texts.items()}
    return f"window.WORDS = {json.dumps(tables, ensure_ascii=False)};\n".encode()


def _described(table: WordTable) -> dict[str, object]:
    return {
        "name": table.language,
        "locale": table.locale,
        "direction": babel_locale(table.locale).text_direction,
    }
