"""The scripts of others are what their packages hold, and the page's own files are plain."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from device.display.server import PAGE

VENDOR = PAGE / "vendor"
GRANTS = re.compile("Permission is hereby granted|Permission to use|Apache License")
VENDORED = json.loads((VENDOR / "VENDORED.json").read_text())["files"]


@pytest.mark.parametrize("entry", VENDORED, ids=lambda entry: entry["file"])
def test_a_vendored_script_has_its_recorded_hash_and_licence(
    entry: dict[str, str],
) -> None:
    script = (VENDOR / entry["file"]).read_bytes()
    assert hashlib.sha256(script).hexdigest() == entry["sha256"]
    assert GRANTS.search((VENDOR / entry["licence_file"]).read_text(encoding="utf-8"))
    assert re.fullmatch(r"\d+\.\d+\.\d+", entry["version"])


def test_every_vendored_script_is_recorded() -> None:
    scripts = {
        path.relative_to(VENDOR).as_posix()
        for pattern in ("*.js", "*/*.json")
        for path in VENDOR.glob(pattern)
    }
    assert scripts == {entry["file"] for entry in VENDORED}


def test_the_page_names_no_address_but_its_own() -> None:
    allowed = {"http://www.w3.org/2000/svg"}  # a name space, never asked for
    for path in PAGE.glob("*.*"):
        found = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"')]*", path.read_text()))
        found = {address for address in found if "127.0.0.1" not in address}
        assert found <= allowed, path.name


def test_no_text_is_ever_turned_into_markup() -> None:
    for path in PAGE.glob("*.js"):
        for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert sink not in path.read_text(), path.name


def test_all_words_of_the_page_are_in_one_file() -> None:
    words = r">\s*[A-Za-z]{2,}[^<>]*<"
    body = (PAGE / "index.html").read_text().partition("<body")[2]
    assert re.findall(words, body) == []
