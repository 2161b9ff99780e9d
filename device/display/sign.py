"""The sign that hangs beside a kiosk, as one HTML page to print on A4: what the camera and the
microphone do, what is kept, how to opt out, and who answers for it, in the site's languages.

Guarantees: the page needs nothing but itself; every text of the configuration is escaped; each
sensor that is on is named, and what is switched off is not announced (`privacy.counts`,
`recognise`, `hearing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from device.config import Config
from device.errors import UserError
from device.words.patterns import Argument, Patterns, babel_locale
from device.words.table import LANGUAGES, WordTable, read_table

STYLE = Path(__file__).with_suffix(".css")

MOST_ON_A_SHEET = 3

SIZES_PT = {1: 20.0, 2: 14.0, 3: 10.5}
"""Of the text, by the number of languages on a sheet."""

HEARING = 0.88
"""Of that size, where the microphone needs lines of its own."""

EYE = (
    '<path d="M1.800 12S5.500 5.200 12 5.200 22.200 12 22.200 12 18.500 18.800 12 18.800 1.800 12 '
    '1.800 12z"/><circle cx="12" cy="12" r="3.200"/>'
)

ICONS = {
    "camera": EYE,
    "kept": (
        '<rect x="3" y="4.500" width="18" height="15" rx="1.500"/>'
        '<path d="M3 16l5-5 4 4 3-3 6 5M2 21.500 22 2.500"/>'
    ),
    "microphone": (
        '<rect x="9" y="2.500" width="6" height="12" rx="3"/>'
        '<path d="M5 11.500a7 7 0 0 0 14 0M12 18.500V22M8.500 22h7"/>'
    ),
    "counts": '<path d="M4 20V13M10 20V8M16 20V11M22 20V4M1 20.500h23"/>',
    "opt_out": (
        '<path d="M1.800 9.500S5.500 15.500 12 15.500 22.200 9.500 22.200 9.500'
        'M12 15.500v3.700M6.300 14l-1.900 3.100M17.700 14l1.900 3.100"/>'
    ),
    "questions": (
        '<rect x="2.500" y="5" width="19" height="14" rx="1.500"/><path d="M3 6l9 7 9-7"/>'
    ),
}

COLONS = ":：\N{NO-BREAK SPACE}"

MARK = '<path class="solid" d="M14 2h4v5h9l4 4.500-4 4.500h-9v14h-4V16H5V7h9z"/>'


def sign_page(config: Config, languages: Sequence[str]) -> str:
    """The page, at most three languages a sheet.

    Raises:
        UserError: nobody answers for the kiosk yet, or a language without words.
    """
    operator = config.operator
    if not (operator.name and operator.contact):
        raise UserError(
            "operator.name and operator.contact: the sign must say who answers for the kiosk and "
            "how to reach them; set both first"
        )
    for language in languages:
        if language not in LANGUAGES:
            raise UserError(f"--language: got {language!r}, takes {', '.join(LANGUAGES)}")
    tables = {language: read_table(language) for language in dict.fromkeys(languages)}
    codes = list(tables)
    sheets = [codes[n : n + MOST_ON_A_SHEET] for n in range(0, len(codes), MOST_ON_A_SHEET)]
    body = "\n".join(_sheet(config, {code: tables[code] for code in sheet}) for sheet in sheets)
    title = escape(f"{tables[codes[0]].page['name']} {config.site}/{config.kiosk}")
    return (
        f'<!doctype html>\n<html lang="{codes[0]}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n"
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _sheet(config: Config, tables: dict[str, WordTable]) -> str:
    sections = "\n".join(_section(config, code, table) for code, table in tables.items())
    labels = " · ".join(
        f'<bdi lang="{code}">{escape(table.page["answers"].rstrip(COLONS))}</bdi>'
        for code, table in tables.items()
    )
    name = escape(next(iter(tables.values())).page["name"])
    size = SIZES_PT[len(tables)] * (HEARING if config.hearing.ask else 1)
    return (
        f'<div class="sheet" style="--size: {size:g}pt">\n'
        f"<header>{_icon(EYE, 24, 'eye')}"
        f'<span class="name">{_icon(MARK, 32)}{name}</span></header>\n'
        f"<main>\n{sections}\n</main>\n"
        f'<footer><p class="labels">{labels}</p>'
        f"<strong><bdi>{escape(config.operator.name)}</bdi></strong>"
        f"<bdi>{escape(config.operator.contact)}</bdi></footer>\n</div>"
    )


def _section(config: Config, code: str, table: WordTable) -> str:
    ask = table.page["ask"]
    heard = [ask["microphone"], table.sign.sound, *[ask["tone"]] * config.hears_tone]
    said = Patterns(table.locale, {**table.sign.model_dump(), "microphone": " ".join(heard)})
    guesses = config.recognise.guesses
    guessed = said.listed([getattr(table.guesses, guess) for guess in guesses])
    given: dict[str, dict[str, Argument]] = {
        "camera": {"guessed": guessed},
        "counts": {"number": config.privacy.smallest_cell},
        "opt_out": {"button": str(table.page["opt_out"])},
    }
    absent = {"microphone": not config.hearing.ask, "counts": not config.privacy.counts}
    rows = [name for name in ICONS if not absent.get(name)]
    texts = {row: said.say(row, **given.get(row, {})) for row in rows}
    if not guesses:
        texts["camera"] = said.say("finds")
    lines = "\n".join(
        f'<li class="{row}">{_icon(ICONS[row], 24)}<span>{escape(texts[row])}</span></li>'
        for row in rows
    )
    heading = escape(table.page["notices"]["watching"]["heading"])
    direction = babel_locale(table.locale).text_direction
    return (
        f'<section lang="{code}" dir="{direction}">\n<h2>{heading}</h2>\n<ul>\n{lines}\n</ul>\n'
        "</section>"
    )


def _icon(paths: str, side: int, name: str = "") -> str:
    return f'<svg class="{name}" viewBox="0 0 {side} {side}" aria-hidden="true">{paths}</svg>'
