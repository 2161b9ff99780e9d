"""The cut of the iD editor's presets holds what matching reads, and no preset of one country."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from device.words.table import LANGUAGES
from tools.cut_presets import THEIRS, cut


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def test_a_package_is_cut_to_what_places_need(tmp_path: Path) -> None:
    write(tmp_path / "package.json", {"name": "p", "version": "1.2.3", "license": "ISC"})
    cafe = {"tags": {"amenity": "cafe"}, "geometry": ["point"], "icon": "cup", "fields": ["name"]}
    here = {"tags": {"shop": "x"}, "geometry": ["point"], "locationSet": {"include": ["us"]}}
    presets = {
        "amenity/cafe": cafe,
        "amenity/bank": {"tags": {"amenity": "bank"}, "geometry": ["point"]},
        "shop/x-US": here,
        "highway/residential": {"tags": {"highway": "residential"}, "geometry": ["line"]},
    }
    write(tmp_path / "dist" / "presets.json", presets)
    for language in LANGUAGES:
        names = {"amenity/cafe": {"name": f"Cafe {language} (drinks)", "terms": "tea"}}
        theirs = THEIRS.get(language, language)
        path = tmp_path / "dist" / "translations" / f"{theirs}.json"
        write(path, {theirs: {"presets": {"presets": names if language != "ar" else {}}}})
    made = cut(tmp_path)
    assert made["version"] == "1.2.3"
    assert list(made["presets"]) == ["amenity/bank", "amenity/cafe"]
    kept = made["presets"]["amenity/cafe"]
    assert kept.keys() == {"tags", "geometry", "names"}
    assert dict(zip(made["languages"], kept["names"], strict=True))["fi"] == "Cafe fi"
    assert "" in kept["names"]
    assert "names" not in made["presets"]["amenity/bank"]
