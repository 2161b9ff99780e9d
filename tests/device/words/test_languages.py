"""Every language says everything, in its own words and by its own rules, and reveals nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time

import pytest

from device.catalogue.store import Catalogue
from device.errors import UserError
from device.presets.presets import names
from device.values import Reason
from device.words.guard import Guard
from device.words.patterns import Patterns, babel_locale, parts
from device.words.table import LANGUAGES, WordTable, path_of, read_table
from device.words.words import load_words

OTHERS = [language for language in LANGUAGES if language != "en"]
ENGLISH = read_table("en")
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)

LATIN = ("de", "es", "fi", "fr", "it", "pt", "sv")
ALIKE = re.compile(
    r"Wayside|Film|Films|Museum|Robot|Samurai|[A-Z][a-z]+( [A-Z][a-z]+)?"  # names, German nouns
    r"|N|\{ \$number \} k?m|\{ \$day \}, \{ \$time \}"
)
"""What may be the same as in English, apart from `SHARED`."""

SHARED = {
    "cinema", "cocktails", "crepe", "disco", "dumplings", "fish-and-chips", "funk", "guzheng",
    "harmonica", "hip-hop", "instrumental", "j-pop", "jade", "jazz", "k-pop", "kebab", "kung-fu",
    "metal", "noodles", "opera", "pasta", "piano", "pizza", "pop", "punk", "ramen", "reggae",
    "robots", "rock", "samba", "samurai", "sci-fi", "soul", "sport", "sushi", "tapas", "tennis",
    "trumpet", "yoga",
}  # fmt: skip
"""Tags whose word is international: the same letters in several languages."""


def flat(texts: Mapping[str, object], before: str = "") -> Iterator[tuple[str, str]]:
    """Name and text of each text in a tree of them; names are joined by dots."""
    for name, text in texts.items():
        if isinstance(text, Mapping):
            yield from flat(text, f"{before}{name}.")
        else:
            yield f"{before}{name}", str(text)


def patterns(table: WordTable) -> dict[str, str]:
    said = {"reasons": table.reasons.model_dump(), "sign": table.sign.model_dump()}
    return dict(
        flat({"page": table.page, "setup": table.setup, "setup_screen": table.setup_screen, **said})
    )


def test_there_are_the_languages_of_the_screen() -> None:
    assert set(LANGUAGES) == {
        "ar", "de", "en", "es", "fi", "fr", "it", "ja", "ko", "pt", "sv", "zh-Hans", "zh-Hant",
    }  # fmt: skip
    assert len({read_table(language).language for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("language", OTHERS)
def test_no_word_is_missing_and_none_is_too_many(language: str) -> None:
    table = read_table(language)
    assert patterns(table).keys() == patterns(ENGLISH).keys()
    assert table.tags.keys() == ENGLISH.tags.keys()
    for texts in (patterns(table), table.tags, table.categories):
        assert [name for name, text in texts.items() if text != text.strip() or not text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_a_pattern_that_is_given_the_same_as_in_english(language: str) -> None:
    english = patterns(ENGLISH)
    for name, pattern in patterns(read_table(language)).items():
        assert parts(pattern).variables == parts(english[name]).variables, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_choice_by_a_number_has_every_plural_of_the_language(language: str) -> None:
    table = read_table(language)
    plurals = babel_locale(table.locale).plural_form.tags | {"other"}
    choices = [each for text in patterns(table).values() for each in parts(text).plurals]
    assert all(choice == plurals for choice in choices)
    assert choices or language != "ar"


@pytest.mark.parametrize(
    ("minutes", "says"),
    [(0, "أقل من دقيقة سيرًا"), (1, "دقيقة سيرًا"), (2, "دقيقتان سيرًا"), (7, "7 دقائق سيرًا"),
     (11, "11 دقيقة سيرًا"), (100, "100 دقيقة سيرًا")],
)  # fmt: skip
def test_arabic_counts_in_its_six_ways(minutes: int, says: str) -> None:
    table = read_table("ar")
    assert Patterns(table.locale, table.reasons.model_dump()).say("on_foot", number=minutes) == says


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left(language: str) -> None:
    table = read_table(language)
    english = patterns(ENGLISH)
    same = {name for name, text in patterns(table).items() if text == english[name]}
    same = {name for name in same if not ALIKE.fullmatch(english[name])}
    same |= {tag for tag, text in table.tags.items() if text == ENGLISH.tags[tag]} - SHARED
    same = {name for name in same if not ALIKE.fullmatch(ENGLISH.tags.get(name, ""))}
    assert same == set()
    if language not in LATIN:
        words = {**patterns(table), **table.tags}
        latin = re.compile(r"[a-z]{4}")
        spoken = {name: " ".join(parts(text).texts) for name, text in words.items()}
        assert {n for n, text in spoken.items() if latin.search(text)} <= {"page.name"}


@pytest.mark.parametrize("language", OTHERS)
def test_every_category_of_the_shipped_table_has_a_name(example: Catalogue, language: str) -> None:
    shown = {item.category for item in example if item.kind == "place"}
    english, said = load_words("en").tags, load_words(language).tags
    assert [category for category in shown & english.keys() if category not in said] == []
    assert not any(re.search(r"[()（）]", text) for text in said.values())


def test_a_category_without_a_name_in_a_language_is_not_said_in_it() -> None:
    assert "shop/bag" not in names("ar")
    unnamed = names("en").keys() - names("ar").keys() - read_table("ar").categories.keys()
    assert unnamed
    reasons = [Reason("tag", name) for name in unnamed]
    assert load_words("ar").say(reasons, NOON) == ()


@pytest.mark.parametrize(
    ("language", "distance", "clock", "day"),
    [
        ("en", "1.3 km", "09:05", "1 December"),
        ("fi", "1,3 km", "09.05", "1. joulukuuta"),
        ("sv", "1,3 km", "09:05", "1 december"),
        ("de", "1,3 km", "09:05", "1. Dezember"),
        ("es", "1,3 km", "09:05", "1 de diciembre"),
        ("pt", "1,3 km", "09:05", "1 de dezembro"),
        ("ar", "1.3 كم", "09:05", "1 ديسمبر"),
        ("ja", "1.3 km", "09:05", "12月1日"),
        ("zh-Hant", "1.3 公里", "09:05", "12月1日"),
    ],
)
def test_numbers_times_and_days_are_written_as_the_language_does(
    language: str, distance: str, clock: str, day: str
) -> None:
    said = Patterns(read_table(language).locale, {})
    assert load_words(language).say([Reason("distance", 1260)], NOON) == (distance,)
    assert (said.clock(time(9, 5)), said.day(date(2026, 12, 1))) == (clock, day)


REVEALING = {
    "ar": ["للأطفال", "حين تشعر بالحزن", "للنساء فقط", "للعائلات", "مع الأصدقاء"],
    "de": ["für Kinder", "gegen Traurigkeit: fröhlich", "Damenmode für Frauen", "für Paare",
           "Familienausflug", "entspannend"],
    "es": ["para niños", "si está triste", "solo mujeres", "en pareja", "para la familia"],
    "fi": ["koko perheelle", "lapsille", "piristää mieltä", "surullisille", "naisille",
           "pariskunnille", "ystävien kanssa"],
    "fr": ["pour les enfants", "quand on est triste", "entre femmes", "en couple", "en famille"],
    "it": ["per bambini", "se sei triste", "per sole donne", "in coppia", "con gli amici"],
    "ja": ["お子さま向けの子ども広場", "悲しいときに", "女性に人気", "カップルに",
           "家族で楽しめる"],
    "ko": ["어린이와 함께", "우울할 때", "여성 전용", "커플에게", "가족 나들이"],
    "pt": ["para crianças", "se está triste", "só mulheres", "para casais", "em família"],
    "sv": ["för barn", "när du är ledsen", "för kvinnor", "för par", "för hela familjen"],
    "zh-Hans": ["适合儿童", "难过的时候", "女士专享", "适合情侣", "全家亲子"],
    "zh-Hant": ["適合兒童", "難過的時候", "女士專享", "適合情侶", "全家親子"],
}  # fmt: skip
"""Written apart from the tables' own lists: what no card may say."""


@pytest.mark.parametrize("language", OTHERS)
def test_words_that_reveal_something_are_refused_in_every_language(language: str) -> None:
    guard = Guard(read_table(language).forbidden)
    assert [phrase for phrase in REVEALING[language] if guard.reveals(phrase) is None] == []
    with pytest.raises(UserError, match=r"fi\.yaml: tags\.x: got .* reveal nothing"):
        guard.check(path_of("fi").with_suffix(".yaml"), "tags.x", REVEALING[language][0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_of_a_table_reveals_anything(language: str) -> None:
    table = read_table(language)
    guard = Guard(table.forbidden)
    phrases = [*table.tags.values(), *table.categories.values()]
    phrases += [" ".join(parts(text).texts) for text in table.reasons.model_dump().values()]
    assert [phrase for phrase in phrases if guard.reveals(phrase)] == []


@pytest.mark.parametrize("pattern", ["{ $number", "{ $n ->\n [one] x\n }", "}"])
def test_a_text_that_is_no_pattern_says_so(pattern: str) -> None:
    with pytest.raises(ValueError, match="not a pattern of Fluent"):
        parts(pattern)


def test_a_pattern_that_lacks_what_it_is_given_is_not_said() -> None:
    said = Patterns("en-GB", {"metres": "{ $number } m"})
    with pytest.raises(ValueError, match="metres"):
        said.say("metres")
    with pytest.raises(ValueError, match="no such pattern"):
        said.say("miles")
