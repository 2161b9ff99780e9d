"""Suggestions without anyone in front of a camera: what somebody gets who has opted out."""

from datetime import UTC, datetime
from pathlib import Path

from device.config import load_config
from device.matching.match import Matcher
from device.values import Audience, Context
from device.words.words import load_words

config = load_config(Path("config.yaml"))
words = load_words("en", config.matching.catalogue)
matcher = Matcher.open(config, words)
for suggestion in matcher.match(Audience(), Context(at=0.0)):
    print(suggestion.item.title, "-", ", ".join(words.say(suggestion.why, datetime.now(UTC))))
