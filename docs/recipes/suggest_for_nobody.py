"""Suggestions without anyone in front of a camera: what somebody gets who has opted out."""

from pathlib import Path

from device.catalogue.store import Catalogue
from device.config import load_config
from device.matching.match import Matcher
from device.matching.rules import load_rules
from device.values import Audience, Context

config = load_config(Path("config.yaml"))
matcher = Matcher(
    Catalogue.open(config.matching.catalogue),
    load_rules(config.matching.rules),
    config.matching,
    config.place,
)
for suggestion in matcher.match(Audience(), Context(at=0.0)):
    print(suggestion.item.title, "-", ", ".join(suggestion.why))
