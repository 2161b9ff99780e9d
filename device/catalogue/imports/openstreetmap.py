"""OpenStreetMap: the places of a `.osm.pbf` extract that a visitor might go to.

Which category a place has is decided by the iD editor's presets (`device.presets`), what such
places are like by `places.csv`, from which age on they are by all of a place's tags. A cell that
cannot be read is left out and counted, never the place, unless it is its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from device.catalogue.columns import TITLE, translation
from device.catalogue.imports.adult import ADULT
from device.catalogue.imports.character import Character, characters
from device.catalogue.imports.duplicates import merged, names_of_chains
from device.catalogue.imports.extract import Feature, read_extract
from device.catalogue.imports.footways import read_footways
from device.catalogue.imports.imported import Cells, Imported, LeftOut, Progress, slug
from device.catalogue.imports.venues import key_of
from device.presets.presets import Geometry, Preset, matching
from device.values import ACCESS, Access, Item

TAKES = "OpenStreetMap extracts (.osm.pbf)"

CREDIT = "© OpenStreetMap contributors, ODbL"
"""openstreetmap.org/copyright: the credit, and that the data is under the Open Database License."""

GEOMETRIES: Mapping[Geometry, tuple[Geometry, ...]] = {
    "point": ("point", "vertex"),
    "line": ("line", "area"),
    "area": ("area", "point"),
    "relation": ("relation", "area"),
}
"""As what an object is matched: the next only where the one before gives nothing to go to."""

ADULT_NAME = re.compile(r"\b(?:bar|pub|[ck]asino|night ?club)\b")
"""Names that make an `amenity` or a sight one for adults: a restaurant that says it is a bar."""

ADULT_KEYS = ("amenity", "shop", "leisure", "tourism", "craft", "club", "office", "attraction")

ADULT_FLAGS = ("gambling", "casino", "hookah", "shisha", "cannabis", "adult", "lottery")
"""Keys that make it one with any value but `no`."""

GONE = ("disused", "abandoned", "demolished", "razed", "ruined", "closed", "vacant")
"""Keys that say, with `yes`, that a place is there no more."""

FEATURE_TAGS = (
    ("diet:vegan", ("yes", "only"), "vegan"),
    ("diet:vegetarian", ("only",), "vegetarian"),
    ("outdoor_seating", ("yes", "terrace", "garden", "patio", "sidewalk"), "tables-outside"),
    ("live_music", ("yes",), "live-music"),
    ("fee", ("no",), "free"),
)
"""Key, values, and the tag of the catalogue that they give."""

COMMON = ("retail", "indoor", "outdoor")
"""Tags that say little: they come last."""

MOST_CUISINES = 3
"""At most so many of a place's cuisines become tags."""

WIKIDATA_GAIN, WEBSITE_GAIN, CHAIN_LOSS = 0.2, 0.05, 0.2
"""What raises a category's prior: that others wrote about a place, that it speaks for itself. What
lowers it: that there is another one in every town, and then neither of the two is the place's."""


@dataclass(frozen=True, slots=True)
class _Place:
    feature: Feature
    preset: Preset
    character: Character


def recognises(path: Path) -> bool:
    """Whether a file is for this importer, by its name."""
    return path.name.lower().endswith((".pbf", ".osm", ".osm.gz", ".osm.bz2"))


def read(path: Path, progress: Progress) -> Imported:
    """The places of an extract, in the order of its nodes, ways and relations, and its footways.

    progress: takes the objects that are done, and how many there are, None where it is not known.

    Raises:
        UserError: the file cannot be read, or is broken or cut.
    """
    extract = read_extract(path, lambda done: progress(done, None))
    rows, cells = LeftOut(), LeftOut()
    taken = [each for each in extract.features if _category(each, rows) is not None]
    features, again = merged(taken)
    for each in again:
        rows.add("mapped twice", f"{_id(each)} {each.name}")
    chains = names_of_chains(features)
    source = "OpenStreetMap" if extract.day is None else f"OpenStreetMap {extract.day}"
    items: list[Item] = []
    for number, feature in enumerate(features):
        progress(number, len(features))
        place = _category(feature, LeftOut())
        if place is None:
            continue
        try:
            in_chain = key_of(feature.name) in chains
            items.append(_item(place, source, cells, in_chain=in_chain))
        except ValueError as error:
            rows.add("no name that can be shown", f"{_id(feature)}: {error}")
    day = "a day that it does not tell" if extract.day is None else str(extract.day)
    about = f"OpenStreetMap of {day}, {CREDIT}"
    if all(feature.letter == "n" for feature in extract.features):
        about += "; it holds nodes alone: is it the whole file?"  # cut between two of its blocks
    network = read_footways(path, f"{source}: {CREDIT}", lambda done: progress(done, None))
    return Imported(items, about, rows, cells, network)


def _category(feature: Feature, rows: LeftOut) -> _Place | None:
    """What a place is; None, and counted in `rows`, if it is nothing to go to."""
    tags, where = feature.tags, f"{_id(feature)} {feature.name}"
    known = [each for shape in GEOMETRIES[feature.geometry] for each in matching(tags, shape)]
    if not known:
        return None  # a road, a district or a border: it was never a candidate
    ranked = sorted(
        ((score, preset, characters().of(preset.name)) for score, preset in known),
        key=lambda each: (-each[0], -(each[2].prior if each[2] else 0)),
    )
    _, preset, character = ranked[0]
    if character is None:
        rows.add(f"not a place to go to: {preset.name.split('/')[0]}", where)
    elif feature.point is None:
        rows.add("without coordinates", where)
    elif any(tags.get(key) == "yes" for key in GONE) or tags.get("opening_hours") == "closed":
        rows.add("closed for good", where)
    elif tags.get("access") in ("private", "no"):
        rows.add("not open to the public", where)
    else:
        return _Place(feature, preset, character)
    return None


def _item(place: _Place, source: str, cells: LeftOut, *, in_chain: bool) -> Item:
    """The item of a place.

    Raises:
        ValueError: it has no name that can be shown.
    """
    feature, character = place.feature, place.character
    tags, point = feature.tags, feature.point
    assert point is not None
    read, name = Cells(cells), _id(feature)
    website = _address(tags)
    article = tags.get("wikipedia", "")
    link = read.first(name, "link", website, _article(article), _object(feature))
    wikidata = read.first(name, "wikidata", tags.get("wikidata", "").split(";")[0])
    return Item(
        id=name,
        kind="place",
        title=str(TITLE.value(feature.name)),
        category=place.preset.name,
        tags=_tags(tags, character),
        latitude=round(point[1], 6),
        longitude=round(point[0], 6),
        address=str(read.first(name, "address", _street(tags)) or ""),
        hours=str(read.first(name, "hours", tags.get("opening_hours", "")) or ""),
        price=str(read.first(name, "price", tags.get("charge", "")) or ""),
        minimum_age=_minimum_age(feature),
        popularity=_popularity(tags, character, website, in_chain=in_chain),
        link=str(link or ""),
        stay=character.stay,
        suits=character.suits,  # type: ignore[arg-type]
        valence=character.valence,
        arousal=character.arousal,
        wheelchair=_wheelchair(tags),
        wikidata=str(wikidata or ""),
        source=source,
        credit=CREDIT,
        titles=_titles(feature, read),
    )


def _titles(feature: Feature, cells: Cells) -> dict[str, str]:
    """The names in other languages, by their codes."""
    titles = {}
    for key, text in feature.tags.items():
        named = translation(key.replace("name:", "title:", 1))
        if not key.startswith("name:") or named is None or not text.strip():
            continue
        try:
            titles[named[1]] = str(TITLE.value(text))
        except ValueError:
            cells.drop(_id(feature), "title in another language", text)
    return titles


def _id(feature: Feature) -> str:
    return f"osm-{feature.letter}{feature.number}"


def _tags(tags: Mapping[str, str], character: Character) -> tuple[str, ...]:
    """The most specific first: cuisine, what this place has, what such places are like."""
    cuisines = [slug(each) for each in re.split("[;,]", tags.get("cuisine", ""))][:MOST_CUISINES]
    has = [name for key, values, name in FEATURE_TAGS if tags.get(key) in values]
    named = dict.fromkeys(filter(None, (*cuisines, *has, *character.tags)))
    return tuple(sorted(named, key=lambda name: COMMON.index(name) if name in COMMON else -1))


def _minimum_age(feature: Feature) -> int:
    """Years by all tags: a casino that is a sight is a casino."""
    tags = feature.tags
    shapes: tuple[Geometry, ...] = ("point", "area")
    presets = (preset for shape in shapes for _, preset in matching(tags, shape))
    ages = [0, *(characters().minimum_age(preset.name) for preset in presets)]
    if any(ADULT.search(tags.get(key, "").lower()) for key in ADULT_KEYS):
        ages.append(18)
    if any(tags.get(key, "no") != "no" for key in ADULT_FLAGS):
        ages.append(18)
    if ("amenity" in tags or "tourism" in tags) and ADULT_NAME.search(feature.name.lower()):
        ages.append(18)
    if stated := re.match(r"\s*(\d{1,2})", tags.get("min_age", "")):
        ages.append(int(stated[1]))
    return max(ages)


def _popularity(
    tags: Mapping[str, str], character: Character, website: str, *, in_chain: bool
) -> float:
    prior = character.prior
    if in_chain:
        prior -= CHAIN_LOSS
    else:
        prior += WIKIDATA_GAIN * bool(tags.get("wikidata") or tags.get("wikipedia"))
        prior += WEBSITE_GAIN * bool(website)
    return round(min(max(prior, 0.0), 1.0), 2)


def _wheelchair(tags: Mapping[str, str]) -> Access | None:
    said = tags.get("wheelchair")
    return "yes" if said == "designated" else said if said in ACCESS else None


def _address(tags: Mapping[str, str]) -> str:
    """The place's own address in the web, with its scheme."""
    keys = ("website", "contact:website", "url")
    text = next((tags[key] for key in keys if tags.get(key, "").strip()), "").split(";")[0].strip()
    return text if not text or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", text) else f"http://{text}"


def _article(text: str) -> str:
    """The address of an article in Wikipedia, of `fi:Kiasma`."""
    language, colon, title = text.split(";")[0].partition(":")
    if not colon or not re.fullmatch(r"[a-z-]{2,12}", language):
        return ""
    return f"https://{language}.wikipedia.org/wiki/{quote(title.strip().replace(' ', '_'))}"


def _object(feature: Feature) -> str:
    kind = {"n": "node", "w": "way", "r": "relation"}[feature.letter]
    return f"https://www.openstreetmap.org/{kind}/{feature.number}"


def _street(tags: Mapping[str, str]) -> str:
    street = tags.get("addr:street") or tags.get("addr:place", "")
    if not street:
        return tags.get("addr:full", "")
    return f"{street} {tags.get('addr:housenumber', '')}".strip()
