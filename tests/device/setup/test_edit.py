"""A configuration that a program has changed is still its operator's: comments and order stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from device.errors import UserError
from device.setup.edit import with_settings

OWN = """# Mine.
site: helsinki            # the town
place:                    # by the harbour
  latitude: 60.1699
  timezone: Europe/Helsinki  # of the clock
display:
  languages:
    - en
    # the neighbours'
    - sv

  # the page
  port: null
privacy: {counts: true}
"""


def test_a_value_is_replaced_where_it_stands_and_all_else_stays() -> None:
    changed = with_settings(OWN, {"site": "oslo", "place.timezone": "Europe/Oslo"})
    assert changed == OWN.replace("site: helsinki", "site: oslo").replace("/Helsinki", "/Oslo")


def test_a_key_that_is_not_there_is_written_into_its_section() -> None:
    changed = with_settings(
        OWN, {"kiosk": "pier-1", "place.country": "NO", "display.rotate": 90, "setup.button": 4}
    )
    assert "place:                    # by the harbour\n  country: 'NO'\n  latitude" in changed
    assert changed.endswith("privacy: {counts: true}\n\nsetup:\n  button: 4\n")
    assert changed.startswith("# Mine.\nkiosk: pier-1\nsite: helsinki")
    assert yaml.safe_load(changed)["display"]["rotate"] == 90


def test_a_list_is_replaced_and_the_comment_after_it_stays() -> None:
    changed = with_settings(OWN, {"display.languages": ["nb", "en"]})
    assert "  languages: [nb, en]\n\n  # the page\n  port: null" in changed


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("", "site", "oslo"),
        ("# only a comment\n", "place.latitude", 59.9),
        ("place:\nsite: a\n", "place.latitude", -59.9),
        ("place: # empty\nsite: a\n", "place.latitude", -59.9),
        ("place: {}\n", "place.latitude", 59.9),
        ("site:\nkiosk: a\n", "site", "b"),
        ("site: 'it''s'  # odd\n", "site", "b"),
        ('site: "a: b # c"\n', "site", "NO"),
        ("operator:\n  name: |\n    two\n    lines\n  contact: x\n", "operator.name", "a: b # c"),
        ("site: a\n", "operator.name", "Café 西湖"),
    ],
)
def test_every_way_of_writing_is_changed_to_what_was_asked(text: str, key: str, value: Any) -> None:
    data = yaml.safe_load(with_settings(text, {key: value}))
    for name in key.split("."):
        data = data[name]
    assert data == value


def test_the_shipped_configurations_can_be_changed(root: Path) -> None:
    for name in ("config.yaml", "systemd/config.yaml"):
        text = (root / name).read_text(encoding="utf-8")
        changed = with_settings(text, {"place.latitude": 1.5, "display.languages": ["fi"]})
        lines = zip(text.splitlines(), changed.splitlines(), strict=False)
        assert sum(old != new for old, new in lines) <= 2 or "languages" not in text


@pytest.mark.parametrize("text", ["- a\n- b\n", "site: [", "place: 5\nsite: &a b\nkiosk: *a\n"])
def test_what_cannot_be_changed_is_one_line_of_error(text: str) -> None:
    with pytest.raises(UserError, match="configuration cannot be changed") as error:
        with_settings(text, {"site": "x", "place.latitude": 3.0})
    assert "\n" not in str(error.value)
