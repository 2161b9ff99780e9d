"""`wayside catalogue show --counts` and `--html`: what a catalogue has and lacks at a kiosk.

For the operator alone; nothing of it is published.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from device.catalogue import survey_map, survey_page
from device.catalogue.pictures import by_name, picture_files
from device.catalogue.survey import Survey, survey
from device.commands.progress import Progress
from device.errors import UserError
from device.matching.match import Matcher
from device.matching.never import never_shown
from device.overlay import load_running
from device.replacing import replacing
from device.values import Item
from device.words.words import load_words


def run(config_file: Path, catalogue_file: Path | None, html: Path | None) -> Iterator[str]:
    """Lines of counts and gaps; with `html` also write the page there.

    Raises:
        UserError: a file cannot be read or written.
    """
    if html is not None and html.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"--html: got {html}, takes the page to write, such as town.html")
    config = load_running(config_file)
    if catalogue_file is not None:
        matching = config.matching.model_copy(update={"catalogue": catalogue_file})
        config = config.model_copy(update={"matching": matching})
    name = config.matching.catalogue
    words = load_words(config.display.languages[0], name)
    matcher = Matcher.open(config, words)
    today = datetime.now(ZoneInfo(config.place.timezone)).date()
    progress = Progress(f"looking through {name.name}")
    try:
        items = list(_read(matcher, progress))
        never = never_shown(matcher, config.place, today, progress.show)
        found = survey(
            items,
            place=config.place,
            languages=config.display.languages,
            vocabulary=words.tags,
            pictures=by_name(picture_files(config.display.pictures)),
            never={reason: rows.tolist() for reason, rows in never.items()},
        )
        if html is not None:
            about = f"as kiosk {config.kiosk} of {config.site} takes it"
            network = matcher.catalogue.network
            drawing = survey_map.draw(items, config.place, network)
            credits = () if network is None else network.credits
            text = survey_page.page(found, drawing, name.stem, about, today, credits)
            with replacing(html, "--html") as path:
                path.write_text(text, encoding="utf-8")
    finally:
        progress.clear()
    yield from _lines(found)
    if html is not None:
        yield f"{html}: the page"


def _read(matcher: Matcher, progress: Progress) -> Iterator[Item]:
    for number, item in enumerate(matcher.catalogue):
        progress.show(number, len(matcher.catalogue))
        yield item


def _lines(found: Survey) -> Iterator[str]:
    kinds = ", ".join(f"{number} {kind}" for kind, number in found.kinds.items())
    yield f"{found.items} items: {kinds}"
    for (kind, category), number in found.categories.items():
        yield f"{number:8}  {kind} {category}"
    for source in found.sources:
        yield f"{source.items:8}  from {source.name}" + (f": {source.credit}" * bool(source.credit))
    cells, files = found.pictures
    yield f"{cells + files:8}  with a picture: {cells} by a cell, {files} by a file of its name"
    for heading, gaps in (("items without:", found.gaps), ("items never shown:", found.never)):
        yield heading
        for gap in gaps:
            such = f", such as {', '.join(gap.examples)}" if gap.examples else ""
            yield f"{gap.items:8}  of {gap.of} {gap.what}{such}"
