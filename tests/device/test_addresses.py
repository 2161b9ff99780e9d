"""Of an address nothing but scheme, host and port is shown, wherever a password is in it."""

from __future__ import annotations

import random
import re
from urllib.parse import quote, urlsplit

import pytest

from device.addresses import Address, host_alone, shown

AWKWARD = "/#?[]@:%&=+;,!$ \\\"'<>|{}^`~*()äß密🔑."
WORDS = ("geheim", "Sesam7", "örtchen", "4711", "ключ", "x1y2z3")


def awkward_passwords(count: int) -> list[str]:
    """Words with awkward characters between, before and after them; the same at each run."""
    rng = random.Random(15)
    passwords = [
        f"{first}{one}geheim{other}Sesam7"
        for first in ("", "4711")
        for one in AWKWARD
        for other in AWKWARD
    ]
    for _ in range(count):
        parts = [rng.choice(WORDS) for _ in range(rng.randint(1, 3))]
        passwords.append(
            "".join("".join(rng.choices(AWKWARD, k=rng.randint(0, 3))) + part for part in parts)
            + rng.choice([*AWKWARD, ""])
        )
    return passwords


def mistake(address: str) -> str:
    """What is wrong with an address; empty: nothing."""
    try:
        Address.parse(address)
    except ValueError as error:
        return str(error)
    return ""


PLACES = (
    "rtsp://me:{}@192.168.1.20:8554/s",
    "RTSP://{}@192.168.1.20/s",
    "rtsps://me:{}@[fe80::1]:322/s?channel=1",
    "http://me@work:{}@cam.example/mjpeg",
    "rtsp://me:{}@:554/s",
    "rtsp://me:{}@host:port/s",
    "rtsp://me:{}@host:99999/s",
    "rtsp://me:{}@",
    "rtsp://{}:554:554@host/s",
    "rtsp://host:554/s?user=me&password={}",
    "rtsp://host:554/s?channel=1&pwd={}&subtype=0&user=me&pass={}",
    "rtsp://host/user=me&password={}&channel=1&stream=0.sdp?",
    "rtsp://host/user=me_password={}_channel=1.sdp",
    "http://host/cgi?usr=me@home&pwd={}",
    "rtsp://me:{}@host/s?token={}",
    "rtsp:/me:{}@host/s",
    "rtsp:me:{}@host/s",
    "me:{}@host/s",
    "//me:{}@host/s",
    "host/s?user=me&password={}",
    "mqtt://me:{}@broker:1883",
    "ws://me:{}@127.0.0.1:8083",
    "unrecognized arguments: rtsp://me:{}@host/s",
)


@pytest.mark.parametrize("place", [place for place in PLACES if "{}@" in place])
def test_what_is_no_host_alone_is_told_without_a_piece_of_a_password(place: str) -> None:
    # failure 40
    for password in awkward_passwords(200):
        with pytest.raises(ValueError, match=" host") as error:
            host_alone(place.replace("{}", password))
        for piece in re.split(f"[{re.escape(AWKWARD)}]", password):
            assert len(piece) < 3 or piece not in str(error.value), password


@pytest.mark.parametrize("place", PLACES)
def test_no_piece_of_a_password_is_shown(place: str) -> None:
    # failure 40
    for password in awkward_passwords(200):
        for written in (password, quote(password), quote(password, safe="")):
            seen = shown(place.replace("{}", written))
            for piece in re.split(f"[{re.escape(AWKWARD)}]", password):
                assert len(piece) < 3 or piece not in seen, (place, written, seen)


@pytest.mark.parametrize("place", [place for place in PLACES if "://" in place])
def test_no_error_of_an_address_repeats_a_piece_of_it(place: str) -> None:
    for password in awkward_passwords(100):
        said = mistake(place.replace("{}", password))
        assert "\n" not in said
        assert not any(word in said for word in WORDS)


@pytest.mark.parametrize("sign", "/#?")
def test_a_character_that_ends_the_host_is_named_with_its_encoding(sign: str) -> None:
    # failure 40
    with pytest.raises(ValueError, match=f"write {quote(sign, safe='')} for it"):
        Address.parse(f"rtsp://me:ge{sign}heim@127.0.0.1:8554/s")


def test_every_password_works_when_it_is_encoded() -> None:
    for password in awkward_passwords(200):
        address = Address.parse(f"rtsp://me:{quote(password, safe='')}@host:8554/s")
        assert address == Address("rtsp", "host", 8554, "/s", "me", password)


def test_signs_that_cannot_be_mistaken_need_no_encoding() -> None:
    for sign in "@:[]&=!$'()*+,; \\":
        address = Address.parse(f"rtsp://me:ge{sign}heim@host/s")
        assert (address.host, address.password) == ("host", f"ge{sign}heim")


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("rtsp://host", ("rtsp", "host", None, "")),
        ("RTSP://Host:554/a", ("rtsp", "Host", 554, "/a")),
        ("rtsp://[::1]:8554/a b?c=d#e", ("rtsp", "::1", 8554, "/a%20b?c=d")),
        ("  http://10.0.0.1/é \n", ("http", "10.0.0.1", None, "/%C3%A9")),
        ("rtsp://h/s?user=me@home&x=1", ("rtsp", "h", None, "/s?user=me@home&x=1")),
    ],
)
def test_an_address_has_parts(address: str, parts: tuple[str, str, int | None, str]) -> None:
    found = Address.parse(address)
    assert (found.scheme, found.host, found.port, found.target) == parts
    url = urlsplit(found.url(554))
    assert (url.hostname, url.port) == (found.host.lower(), found.port or 554)
    assert url.username is None


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "takes an address"),
        ("host/s", "takes an address"),
        ("rtsp://", "has no host"),
        ("rtsp:///s", "has no host"),
        ("rtsp://me:pw@/s", "has no host"),
        ("rtsp://host:port/s", "a number from 1 to 65535"),
        ("rtsp://host:/s", "a number from 1 to 65535"),
        ("rtsp://host:0/s", "a number from 1 to 65535"),
        ("rtsp://host:65536/s", "a number from 1 to 65535"),
        ("rtsp://host:99999999999999999999/s", "a number from 1 to 65535"),
        ("rtsp://me:pw", "a number from 1 to 65535"),
        ("rtsp://::1/s", "belongs in brackets"),
        ("rtsp://[::1/s", "the host is a name"),
        ("rtsp://two words/s", "a blank is beside the host"),
        ("rtsp://me:pw@host :554/s", "a blank is beside the host"),
        ("rtsp://host/a\r\nb", "a line break"),
    ],
)
def test_what_is_no_address_says_why(address: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Address.parse(address)


@pytest.mark.parametrize(
    "text", ["usb:0", "usb:by-id/usb-046d_C270-video-index0", "demo", "a/b.mp4", "clip@2.mp4", ""]
)
def test_what_is_no_address_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


def test_an_address_in_a_log_is_without_its_login() -> None:
    address = Address.parse("rtsp://me:secret@host/1?password=secret")
    assert "secret" not in f"{address} {address!r}"


def test_the_host_and_port_are_shown() -> None:
    assert shown("rtsp://me:secret@host:554/1") == "rtsp://host:554"
    assert shown("RTSP://[::1]/1?user=me") == "rtsp://[::1]"
    assert shown("mqtt://host") == "mqtt://host"
