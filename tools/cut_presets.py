"""The cut of the iD editor's tagging schema that ships: `python -m tools.cut_presets FOLDER`.

FOLDER is the unpacked npm package `@openstreetmap/id-tagging-schema` (`npm pack`, `tar xzf`). The
cut holds what matching reads of each preset of a place, and the names of those presets that
`device/catalogue/imports/places.csv` takes, in the languages of the screen, without remarks in
brackets. Presets of a few
countries only are left out. The same package gives the same bytes.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from device.catalogue.imports.character import characters
from device.presets.presets import FAMILIES, FILE
from device.words.table import LANGUAGES

THEIRS = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}
"""The editor's names of languages that it calls otherwise than `device/words` does."""

REMARK = re.compile(r"\s*[(（].*?[)）]")
"""What a translator adds for mappers, such as "(unspecified type)"."""

FIELDS = ("tags", "geometry", "addTags", "matchScore", "searchable")

DETAILS = ("leisure/fitness_station/", "leisure/pitch/athletics/", "leisure/track/athletics/")
"""Parts of a sports ground, which nobody names."""


def cut(package: Path) -> dict[str, Any]:
    """What ships of an unpacked package."""
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    known = json.loads((package / "dist" / "presets.json").read_text(encoding="utf-8"))
    presets = {
        name.lower(): {field: preset[field] for field in FIELDS if field in preset}
        for name, preset in sorted(known.items())
        if name.split("/")[0] in FAMILIES and not name.startswith(DETAILS) and not _local(preset)
    }
    translations = [_translations(package, language) for language in LANGUAGES]
    for name in known:
        if (preset := presets.get(name.lower())) and characters().of(name.lower()):
            named = (texts.get(name, {}).get("name", "") for texts in translations)
            preset["names"] = [REMARK.sub("", text).strip() for text in named]
    return {
        "package": about["name"],
        "version": about["version"],
        "licence": about["license"],
        "languages": LANGUAGES,
        "presets": presets,
    }


def _local(preset: dict[str, Any]) -> bool:
    where = preset.get("locationSet", {}).get("include", ["Planet"])
    return "Planet" not in where


def _translations(package: Path, language: str) -> dict[str, dict[str, str]]:
    theirs = THEIRS.get(language, language)
    path = package / "dist" / "translations" / f"{theirs}.json"
    known = json.loads(path.read_text(encoding="utf-8"))[theirs]["presets"]["presets"]
    return dict(known)


def main() -> None:
    """Write the cut and its licence."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    package = Path(sys.argv[1])
    content = json.dumps(cut(package), ensure_ascii=False, separators=(",", ":"))
    FILE.write_text(content + "\n", encoding="utf-8")
    shutil.copyfile(package / "LICENSE.md", FILE.with_name("LICENSE.md"))
    print(f"{FILE}: {FILE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
