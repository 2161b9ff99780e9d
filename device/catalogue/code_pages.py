"""Text of a file whose code page nobody tells: UTF-8, UTF-16, UTF-32, or Windows-1252.

Excel's "CSV" is in the code page of its country. The same bytes are letters in all of them, so
Windows-1252 is read only where the text looks like a language of Western Europe and not like one
of another country; anything else is refused, since a title would be shown with wrong letters.
"""

from __future__ import annotations

import codecs
import re

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16's, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

_WESTERN = (
    "àâæçèéêëîïôœùûüÿ",  # French
    "áâãàçéêíóôõúüªº",  # Portuguese
    "áéíñóúüªº",  # Spanish
    "àèéìòóùªº",  # Italian
    "äöüßåæøéàè",  # German, the Nordic languages
)
"""Letters beside a to z."""

_OTHERS = {
    "cp1250": (
        "ąćęłńóśźżé",  # Polish
        "áčďéěíňóřšťúůýž",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "áéíóöőúüű",  # Hungarian
        "ăâîşţé",  # Romanian
        "čćđšžé",  # Croatian, Slovene
    ),
    "cp1254": ("çğıöşüâîûé",),  # Turkish
    "cp1257": (
        "ąčęėįšųūžé",  # Lithuanian
        "āčēģīķļņšūžé",  # Latvian
        "äõöüšžé",  # Estonian
    ),
}
"""The same of languages that Excel saves in other code pages, and é, which a café has anywhere."""

# Latin text of another encoding or another script looks like this when it is read as Windows-1252:
# control characters, three letters with accents in a row, a sign inside a word or at its start, a
# capital with an accent that ends a word (Mac OS Roman, DOS), or letters that no language joins.
_LETTER = "A-Za-zÀ-ÖØ-öø-ÿŠšŽžŒœŸ"
_NOT_WESTERN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[À-ÖØ-öø-ÿŠšŽžŒœŸ]{3}|[^\x00-\x7f]{4}"
    rf"|[{_LETTER}][^\x00-\x7f{_LETTER}\xa0\xad´·’‘–—…][{_LETTER}]|[£¥¤¦¨¬¯³¹¼¾÷][{_LETTER}]"
    r"|[A-Za-z][ŠŽŒŸ‚„ˆ‰‡](?![A-ZÀ-Þ])"
    r"|(?i:ñ(?![aeiouáéíóúü])|õ(?![es])|œ(?![cdilmnstu]))"
)
_PARTLY_UTF8 = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2\x80[\x80-\xbf]")
_SQUARE_METRES = re.compile(rb"\b[kcd]?m[\xb2\xb3]")


class NotTextError(ValueError):
    """A file's content is no text that can be read. line: the first that cannot, 1 the first."""

    def __init__(self, line: int) -> None:
        super().__init__("not UTF-8 text; save it as CSV UTF-8")
        self.line = line


def text_of(content: bytes) -> tuple[str, str]:
    """The text of a file, and how it was read; empty: as UTF-8. A lone surrogate stays as it is.

    Raises:
        NotTextError: it has no meaning, or more than one.
    """
    marks = (name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark))
    encoding = next(marks, None)
    if encoding is None and len(content) > 1 and 0 in content[:2]:
        encoding = "utf-16-le" if content[1] == 0 else "utf-16-be"  # a column's name is ASCII
    try:
        text = content.decode(encoding or "utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\r|\n", content[: error.start])) + 1
        western = None if encoding else _western(content)
        if western is None:
            raise NotTextError(line) from None
        example = re.findall(r"[^\s,;|\"]*[^\x00-\x7f][^\s,;|\"]*", western)[0]
        return western, f"as Windows-1252 ({example!r} in line {line})"
    return text, "" if encoding in (None, "utf-8-sig") else f"as {encoding[:6].upper()}"


def _western(content: bytes) -> str | None:
    """The text in Windows-1252, which Excel's "CSV" is in America and in Western Europe."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    if _PARTLY_UTF8.search(content) or _NOT_WESTERN.search(text):
        return None
    letters = _letters(content, "cp1252")
    if any(letters <= set(language) for language in _WESTERN):
        return text
    for code_page, languages in _OTHERS.items():
        other = _letters(content, code_page)
        if other != letters and any(other <= set(language) for language in languages):
            return None
    return text


def _letters(content: bytes, code_page: str) -> set[str]:
    """The letters beside a to z, in lower case; those that are signs of `m²` and `m³` left out."""
    text = _SQUARE_METRES.sub(b"", content).decode(code_page, "replace").lower()
    return {letter for letter in text if letter > "\x7f" and letter.isalpha()}
