"""Which languages are said aloud, and by which of espeak-ng's voices.

Japanese is not among them: espeak-ng 1.51 reads kana, and says "Chinese letter" for each kanji.
Both Chinese scripts are read as Mandarin; its voice `cmn` would read pinyin as English letters.
"""

from __future__ import annotations

VOICES = {
    "ar": "ar",
    "de": "de",
    "en": "en-gb",
    "es": "es",
    "fi": "fi",
    "fr": "fr-fr",
    "it": "it",
    "ko": "ko",
    "pt": "pt",
    "sv": "sv",
    "zh-Hans": "cmn-latn-pinyin",
    "zh-Hant": "cmn-latn-pinyin",
}
"""The voice of each language of the screen that has one."""
