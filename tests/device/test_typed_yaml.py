"""Files that people write: nothing is dropped silently, and no mistake shows a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import Config, load_config
from device.errors import UserError
from device.matching.rules import load_rules
from device.words.words import load_words

SECRET = "geheim"


def mistake(tmp_path: Path, content: str | bytes) -> str:
    """The line of error that a configuration gets, after the name of the file."""
    file = tmp_path / "config.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError) as error:
        load_config(file)
    line = str(error.value)
    assert "\n" not in line
    assert line.startswith(str(file))
    return line.removeprefix(str(file))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("privacy: {counts: false}\n\nprivacy:\n  opt_out_gpio: 17\n", ":3: `privacy`"),
        ("camera:\n  source: usb:0\n  source: demo\n", ":3: `source`"),
        ("camera: {fps: 5, fps: 6}", ":1: `fps`"),
        ("mqtt:\n  tls:\n    ca: a\n    key: k\n    ca: a\n", ":5: `ca`"),
        ("site: a\n'site': b\n", ":2: `site`"),
        ("recognise:\nrecognise: {age: false}\n", ":2: `recognise`"),
        ("vision: &v {range: far}\ncamera: {fps: 5}\nvision: *v\n", ":3: `vision`"),
        ("camera:\n  <<: {fps: 5}\n  <<: {width: 320}\n", ":3: `<<`"),
        ("camera:\n  <<: {fps: 5, fps: 6}\n  width: 320\n", ":2: `fps`"),
    ],
)
def test_a_key_given_twice_is_refused_with_both_lines(tmp_path: Path, text: str, line: str) -> None:
    # failure 36
    said = mistake(tmp_path, text)
    assert said.startswith(f"{line} is given twice, first in line ")
    first = int(said.partition("first in line ")[2].partition(";")[0])
    assert 1 <= first <= int(line[1])


def test_what_a_section_takes_over_by_a_merge_is_not_given_twice(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "mqtt: &login {username: k, password: p}\ndisplay: {<<: *login, username: page}"
    )
    config = load_config(file)
    assert (config.mqtt.username, config.display.username) == ("k", "page")


def test_rules_and_words_are_read_as_strictly(root: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    written = (root / "catalogue" / "rules.yaml").read_text(encoding="utf-8")
    rules.write_text(written + "\nweights: {}\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"rules\.yaml:\d+: `weights` is given twice, first in"):
        load_rules(rules)
    words = tmp_path / "words.en.yaml"
    words.write_text("tags:\n  tea: serves tea\n  quay: by the quay\n  tea: has tea\n")
    with pytest.raises(UserError, match=r"words\.en\.yaml:4: `tea` is given twice, first in l.*2"):
        load_words("en", tmp_path / "my.sqlite")
    for key, kind in (("no", "true or false"), ("2024", "a number"), ("~", "nothing")):
        words.write_text(f"tags:\n  {key}: serves tea\n")
        with pytest.raises(
            UserError, match=rf"words\.en\.yaml: tags: a key is read as {kind}; put"
        ):
            load_words("en", tmp_path / "my.sqlite")


@pytest.mark.parametrize("how", ["utf-8-sig", "utf-8"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_from_other_systems_are_read(tmp_path: Path, how: str, end: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(f"site: here{end}camera:{end}  source: demo{end}".encode(how))
    assert load_config(file).camera.source == "demo"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("site: Café".encode("cp1252"), ":1: not UTF-8 text; save the file as UTF-8"),
        ("# a\n# b\nsite: Café".encode("latin1"), ":3: not UTF-8 text"),
        ("site: a".encode("utf-16"), ":1: not UTF-8 text"),
        ("camera:\n\tsource: demo", ":2: not valid YAML: a tab; indent with blanks"),
        ("site: a\n---\nsite: b", ":2: not valid YAML: a second document"),
        ("site: 2024-13-01", ": not valid YAML: a value"),
        ('site: "a', ":1: not valid YAML"),
        ("site: a\x07", ": not valid YAML"),
        ("[" * 3000, ":2: not valid YAML"),
        (
            "kiosk: {{ name }}",
            ":1: not valid YAML: a key that is a list or a section, such as {{ }}",
        ),
        ("site: =", ":1: not valid YAML: a value begins with ! or is a sign of YAML's own"),
    ],
)
def test_what_is_not_yaml_says_where_and_what_to_do(
    tmp_path: Path, content: str | bytes, line: str
) -> None:
    assert mistake(tmp_path, content).startswith(line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("kiosk: 007", 'kiosk: 007 is read as a number; put it in quotes, as in kiosk: "007"'),
        (
            "kiosk: 12:30",
            'kiosk: 12:30 is read as a number; put it in quotes, as in kiosk: "12:30"',
        ),
        ("kiosk: 1_000", "kiosk: 1_000 is read as a number; put it in quotes"),
        ("kiosk: no", 'kiosk: no is read as true or false; put it in quotes, as in kiosk: "no"'),
        ("site: 12", 'site: 12 is read as a number; put it in quotes, as in site: "12"'),
        ("site: Yes", 'site: Yes is read as true or false; put it in quotes, as in site: "Yes"'),
        ("site: 2024-05-01", "site: 2024-05-01 is read as a date; put it in quotes"),
        ("site: null", "site: null is read as nothing; put it in quotes"),
        ("mqtt: {username: 0713}", "mqtt.username: 0713 is read as a number; put it in quotes"),
        ("mqtt: {password_file: 12}", "mqtt.password_file: 12 is read as a number; put it in"),
        ("display: {languages: [no]}", "display.languages.0: no is read as true or false; put it"),
        ("camera: {source: 0}", "camera.source: 0 is read as a number; put it in quotes"),
        ("on: 1", "the file: a key is read as true or false; put it in quotes"),
        (
            "place: {latitude: 30,25, longitude: 120,15}",
            "place: a key is read as a number; put it in quotes, or write a point for a comma",
        ),
    ],
)
def test_a_text_that_yaml_takes_for_something_else_belongs_in_quotes(
    tmp_path: Path, text: str, line: str
) -> None:
    # failure 37
    assert mistake(tmp_path, text).startswith(f": {line}")


def test_text_in_quotes_is_a_name(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text('site: "12"\nkiosk: "007"\n')
    config = load_config(file)
    assert (config.site, config.kiosk) == ("12", "007")


@pytest.mark.parametrize(
    "text",
    [
        f"mqtt:\n  username: k\n  password: {value}\n"
        for value in (
            f"#{SECRET}",
            f"ab #{SECRET}",
            f"a#{SECRET} c",
            f"@{SECRET}",
            f"`{SECRET}",
            f"%{SECRET}",
            f"&{SECRET}",
            f"*{SECRET}",
            f"!{SECRET}",
            f"!{SECRET} b",
            f"p@ss: {SECRET}",
            f"[{SECRET}]",
            f"{{{SECRET}}}",
            f"{{a: {SECRET}}}",
            f"'{SECRET}",
            f'"{SECRET}',
            f"'it's{SECRET}'",
            f'"\\q{SECRET}"',
            f"|{SECRET}",
            f">{SECRET}",
            f"- {SECRET}",
        )
    ]
    + [
        SECRET,
        f"mqtt:\n  password:{SECRET}\n",
        f"mqtt: {{password:{SECRET}}}",
        f"mqtt: {{password:{SECRET}, password:{SECRET}}}",
        f"mqtt: [username: k, password: {SECRET}]",
        f"mqtt: {{password: {SECRET}}}",
        f"display: {{password: {SECRET}}}",
        f"mqtt: {{pasword: {SECRET}}}",
        f"camera: {{source: [rtsp://me:{SECRET}@host/1]}}",
        f"camera: {{sources: rtsp://me:{SECRET}@host/1}}",
        f"camera: rtsp://me:{SECRET}@host/1",
        f"rtsp://me:{SECRET}@host/1",
        f"rtsp://me:{SECRET}@host/1: 1",
        f"camera:\n  source: rtsp://me:{SECRET} #{SECRET}@host/1\n",
        f"camera:\n  fps: rtsp://me:{SECRET}@host/1\n",
    ],
)
def test_a_password_that_is_written_wrongly_is_refused_and_never_shown(
    tmp_path: Path, text: str
) -> None:
    assert SECRET not in mistake(tmp_path, text)


@pytest.mark.parametrize("value", ["123456", "0123", "0x1F", "12:30", "1.50", "2024-01-01", "yes"])
@pytest.mark.parametrize("section", ["mqtt", "display"])
def test_a_password_that_yaml_takes_for_a_number_is_told_plainly_and_never_shown(
    tmp_path: Path, section: str, value: str
) -> None:
    said = mistake(tmp_path, f"{section}:\n  username: k\n  password: {value}\n")
    assert said.startswith(f": {section}.password: is read as ")
    assert said.endswith("; put it in quotes")
    assert value not in said


def test_an_address_may_have_a_comment(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("camera:\n  source: rtsp://me:pw@host/1  # the door\n")
    assert load_config(file).camera.source == "rtsp://me:pw@host/1"


@pytest.mark.parametrize("value", ["'a#b c'", '"#abc"', "abc  # of the page", "p:a@s%s&w*rd!"])
def test_a_password_that_is_unmistakable_is_taken(tmp_path: Path, value: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"mqtt:\n  username: k\n  password: {value}\n")
    password = load_config(file).mqtt.password
    assert password is not None
    assert password.get_secret_value() == value.partition("  #")[0].strip("'\"")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "camera: {rotate: '90'}",
            "camera.rotate: got '90', takes 0, 90, 180 or 270, without quotes",
        ),
        ("camera: {rotate: 0x1F}", "camera.rotate: got 0x1F, takes 0, 90, 180 or 270 ("),
        ("place: {latitude: 120:09}", "place.latitude: got 120:09, takes less than or equal to 90"),
        (f"site: {'a' * 5000}", f"site: got '{'a' * 79}..., takes letters"),
    ],
)
def test_a_value_is_repeated_as_it_is_written_and_shortened(
    tmp_path: Path, text: str, line: str
) -> None:
    assert mistake(tmp_path, text).startswith(f": {line}")


def test_an_empty_section_says_what_belongs_there(tmp_path: Path) -> None:
    first = next(iter(Config.model_fields["camera"].default.model_dump()))
    assert mistake(tmp_path, "camera:\n") == (
        f": camera: is empty; takes keys and values, such as `{first}: ...`"
    )
