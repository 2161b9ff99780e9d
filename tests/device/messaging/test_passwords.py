"""A password logs in as it is written, through file, hash and broker, or is refused with why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import MqttConfig, load_config
from device.display.server import settings_script
from device.errors import UserError
from device.messaging.passwords import main, password_file, read_password, usable
from device.messaging.probe import probe
from tests.brokers import Mosquitto, mosquitto
from tests.needs import needs

# failure 45

GOOD = [
    "simple", "with:colon", ":", "a:b:c", "with#hash", "# comment", "with space", " lead", "trail ",
    "  both  ", "\xa0hard\xa0", "ümlaut", "a\u0301 composed á", "back\\tslash", "\\",
    "\\n", "end\\",
    "\\c gone", 'quote"d', "'single'", "dollar$x", "$(reboot)", "`id`", "%s%n", "&\\1", "a/b@c?d=e",
    "-P", "-n x", "!", "*", "{}", "~", "null", "007", "0x1f", "yes", "西湖", "متحف\u200f", "👩‍👩‍👧",
    "mid\ufeffdle", "\u200b", "x" * 900,
]  # fmt: skip

BAD = {
    "": "the password is empty",
    "pass\rword": "the password holds a control character, U+000D",
    "two\nlines": "the password holds a control character, U+000A (a second line; takes one)",
    "tab\there": "the password holds a control character, U+0009 (a tab)",
    "nul\0": "the password holds a control character, U+0000",
    "\x1b[A": "the password holds a control character, U+001B",
    "\x85": "the password holds a control character, U+0085",
}


def kiosk(folder: Path, *, kiosk: str = "k", page: str = "p", screen: str = "s") -> Path:
    """The files with the passwords of a kiosk, as they lie in /etc/wayside."""
    (folder / "screen").mkdir(parents=True)
    (folder / "mqtt-password").write_bytes(f"{kiosk}\n".encode())
    (folder / "agent-password").write_bytes(b"a\n")
    (folder / "screen/mosquitto_sub").write_bytes(f"-u screen\n-P {screen}\n".encode())
    quoted = json.dumps(page, ensure_ascii=max(page, default="") < "\U00010000")
    (folder / "config.yaml").write_text(
        f"display: {{username: page, password: {quoted}}}\n", encoding="utf-8"
    )
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as caught:
        password_file(folder)
    line = str(caught.value)
    assert "\n" not in line
    return line.removeprefix(str(folder))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A kiosk for each good password, which all of its users have."""
    there = tmp_path_factory.mktemp("kiosks")
    return [
        kiosk(there / str(number), kiosk=password, page=password, screen=password)
        for number, password in enumerate(GOOD)
    ]


@pytest.fixture(scope="module")
def broker(folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A broker that knows the users of all these kiosks, each with the kiosk's number."""
    folder = tmp_path_factory.mktemp("broker")
    lines = [
        line.replace(":", f"-{number}:", 1)
        for number, there in enumerate(folders)
        for line in password_file(there).splitlines()
    ]
    (folder / "passwords").write_text("".join(f"{line}\n" for line in lines))
    settings = f"allow_anonymous false\npassword_file {folder / 'passwords'}"
    with mosquitto(folder, settings=settings) as broker:
        yield broker


@pytest.mark.mosquitto
@needs("mosquitto")
@pytest.mark.parametrize("number", range(len(GOOD)))
def test_every_user_logs_in_with_the_password_as_it_is_written(
    broker: Mosquitto, folders: list[Path], number: int
) -> None:
    folder, password = folders[number], GOOD[number]
    shown = settings_script(load_config(folder / "config.yaml"))
    page = json.loads(shown.removeprefix("window.WAYSIDE = ").removesuffix(";\n"))
    assert page["password"] == password

    def config(user: str, **login: object) -> MqttConfig:
        return MqttConfig.model_validate(
            {"broker": "127.0.0.1", "port": broker.port, "username": f"{user}-{number}", **login}
        )

    assert probe(config("kiosk", password_file=folder / "mqtt-password"))
    assert probe(config("page", password=page["password"]))
    assert probe(config("screen", password=password))
    with pytest.raises(UserError, match=r"check mqtt\.username"):
        probe(config("page", password=password + "x"))


@pytest.mark.parametrize("password", BAD)
def test_a_password_that_cannot_be_typed_is_refused_with_the_reason(
    tmp_path: Path, password: str
) -> None:
    assert refusal(kiosk(tmp_path / "a", kiosk=password)).startswith(
        f"/mqtt-password: {BAD[password]}"
    )
    assert refusal(kiosk(tmp_path / "b", page=password)).startswith(
        f"/config.yaml: display.password: {BAD[password]}"
    )
    if "\n" not in password:
        assert refusal(kiosk(tmp_path / "c", screen=password)).startswith(
            f"/screen/mosquitto_sub: {BAD[password]}"
        )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xef\xbb\xbfsecret\n", "begins with a byte order mark; save it as UTF-8 without one"),
        (b"secret\r\n", "U+000D (the line ends as on Windows; save it with LF)"),
        (b"secret\r", "U+000D (the line ends"),
        ("secret\n".encode("utf-16"), "not UTF-8 text; save it as UTF-8"),
        ("geheimß\n".encode("cp1252"), "not UTF-8 text; save it as UTF-8"),
        (b"\xed\xa0\x80\n", "not UTF-8 text"),
        (b"secret\n# a comment\n", "U+000A (a second line; takes one)"),
        (b"\n", "the password is empty"),
        (b"x" * 65536, "longer than 65535 bytes"),
    ],
)
def test_a_file_that_holds_more_or_less_than_a_password_is_refused(
    tmp_path: Path, content: bytes, says: str
) -> None:
    (kiosk(tmp_path / "k") / "mqtt-password").write_bytes(content)
    line = refusal(tmp_path / "k")
    assert line.startswith("/mqtt-password: ")
    assert says in line
    assert "secret" not in line
    config = MqttConfig(username="kiosk", password_file=tmp_path / "k/mqtt-password")
    with pytest.raises(UserError) as caught:
        probe(config)
    assert says in str(caught.value)


def test_a_line_end_after_the_password_is_no_part_of_it(tmp_path: Path) -> None:
    for content in (b" secret ", b" secret \n", b" secret \n\n"):
        (tmp_path / "password").write_bytes(content)
        assert read_password(tmp_path / "password") == " secret "


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    folder = kiosk(tmp_path / "k")
    (folder / "config.yaml").write_text("{}\n")
    assert refusal(folder).startswith("/config.yaml: display.password: missing")
    (folder / "screen/mosquitto_sub").write_text("-u screen\n")
    (folder / "config.yaml").write_text("display: {username: page, password: secret}\n")
    assert refusal(folder) == "/screen/mosquitto_sub: takes one line `-P PASSWORD`"
    (folder / "screen/mosquitto_sub").write_text(f"-u screen\n-P {'x' * 1001}\n")
    assert refusal(folder) == "/screen/mosquitto_sub: the password is longer than 1000 bytes"
    (folder / "mqtt-password").unlink()
    assert refusal(folder) == "/mqtt-password: cannot be read (No such file or directory)"


def test_the_program_prints_the_file_or_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(kiosk(tmp_path / "a"))]) == 0
    users = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert users == ["kiosk", "agent", "page", "screen"]
    assert main([str(kiosk(tmp_path / "b", kiosk="secret\0"))]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"wayside: {tmp_path}/b/mqtt-password: the password holds a control")
    assert "secret" not in err


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1))
def test_any_text_that_can_be_typed_is_used_as_it_is(password: str) -> None:
    assert usable(password) == password
    assert usable(f"{password} ") == f"{password} "


@given(st.text(), st.characters(categories=["Cc", "Cs"]))
def test_what_cannot_be_typed_is_refused_and_not_shown(password: str, control: str) -> None:
    with pytest.raises(
        ValueError, match=r"^the password holds a control character, U\+[0-9A-F]{4}"
    ):
        usable(f"{password}{control}")
