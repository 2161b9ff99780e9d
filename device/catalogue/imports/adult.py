"""What makes a place or an event one for adults, by its words."""

from __future__ import annotations

import re

ADULT = re.compile(
    r"casino|gambl|betting|bookmaker|lotter|erotic|adult|\bsex|strip|brothel|swinger|nightclub"
    r"|tobacco|cigar|\bvape|cannabis|hookah|shisha|alcohol|\bwine|liquor|spirits|brew|distill"
    r"|(?:^|;)\s*(?:bar|pub|beer|biergarten)\s*(?:;|$)"
)
"""Values of tags, or categories, in lower case, separated by `;`."""

AGE_LIMIT = re.compile(
    r"\b(?:18|19|20|21)\s?\+|\bk-?18\b|\bfsk[ -]?18\b|\b(?:over|ab|from|aged?) (?:18|20|21)\b"
    r"|\b18 (?:and|or) (?:over|older|above)\b|\badults? only\b"
)
"""How an event says that it is for adults, in lower case."""
