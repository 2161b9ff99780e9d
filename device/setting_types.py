"""Types of single settings: names, areas, hosts, time zones and countries.

A value that one of them does not take is a `ValueError` whose words continue "takes ...".
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from device.addresses import host_alone

AUTO = "auto"
"""As `kiosk`: a name after this machine's serial number or id."""

EMBEDDED = "embedded"
"""As `mqtt.broker`: the kiosk's own, in this process."""

RESERVED = ("fleet",)
"""Neither a site nor a kiosk can have these names: they are levels of the fleet's own topics."""

ROUNDING = 1e-6
"""By this two shares may exceed 1 together, such as 0.9 and 0.1."""


def topic_level(name: str) -> str:
    """The name, which becomes a level of MQTT topics.

    A dot, a space or a wildcard would be misread by a broker or a bridge (NATS 2.9 disconnects a
    client that publishes to a topic with a dot).

    Raises:
        ValueError: it cannot be one, or is reserved; says what is accepted.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise ValueError("letters, digits, - and _, at most 64")
    if name in RESERVED:
        raise ValueError("another name: this one is reserved")
    return name


def kiosk_name(name: str) -> str:
    """`auto`, or a level of topics.

    Raises:
        ValueError: it cannot be one; says what is accepted. In other letters `auto` would be the
            name of every kiosk that has it.
    """
    if name != AUTO and name.strip().lower() == AUTO:
        raise ValueError("auto, in small letters and without blanks")
    return topic_level(name)


def key_of_keyboard(name: str) -> str:
    """The name of a key, as a browser's `KeyboardEvent.key` says it; of the space bar, `Space`.

    Raises:
        ValueError: it cannot be one; says what is accepted.
    """
    if not re.fullmatch(r"\S|[A-Z][A-Za-z0-9]{1,20}", name):
        raise ValueError("a character, or a name such as Enter, ArrowRight, Space or F1")
    return name


def rectangle(values: object) -> tuple[float, ...]:
    """The rectangle x, y, w, h in shares of the picture.

    Raises:
        ValueError: not four numbers, empty, or beyond the picture; says what is accepted.
    """
    numbers = tuple(values) if isinstance(values, list | tuple) else ()
    if len(numbers) == 4 and all(isinstance(n, int | float) for n in numbers):
        x, y, w, h = numbers
        if min(x, y) >= 0 and min(w, h) > 0 and max(x + w, y + h) <= 1 + ROUNDING:
            return numbers
    raise ValueError("[x, y, w, h] in shares of the picture, from its upper left corner")


def broker_name(name: str) -> str:
    """`embedded`, or the name or address of a host.

    Raises:
        ValueError: something else, such as a URL; says how to write it.
    """
    if name == EMBEDDED:
        return name
    if get_close_matches(name.strip().lower(), [EMBEDDED], cutoff=0.85):
        raise ValueError("embedded, in small letters and without blanks")
    return host_alone(name)


def time_zone(name: str) -> str:
    """The name of a time zone.

    Raises:
        ValueError: none of this name is known; names the one that is meant, if that is clear.
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        towns = [zone for zone in available_timezones() if "/" in zone]
        close = get_close_matches(name, towns, n=1, cutoff=0.75)
        meant = f": did you mean {close[0]}?" if close else ""
        raise ValueError(f"an IANA name{meant}") from None
    return name


def country(code: str) -> str:
    """The ISO 3166 code of a country whose public holidays are known.

    Raises:
        ValueError: another one.
    """
    from opening_hours import (  # type: ignore[attr-defined]  # its stubs lack UnknownCountryError
        OpeningHours,  # here: 3 MB that the agent of a fleet does without
        UnknownCountryError,
    )

    try:
        OpeningHours("24/7", country=code, auto_country=False)
    except UnknownCountryError:
        raise ValueError(
            "a code in capitals whose public holidays are known, such as CN, or null"
        ) from None
    return code


def line(text: str) -> str:
    """A text that people read, in one line, without blanks around it.

    Raises:
        ValueError: it has a line break, or a direction mark that would turn what stands beside it.
    """
    if re.search("[\\x00-\\x1f\\x7f-\\x9f\u2028-\u202e\u2066-\u2069]", text):
        raise ValueError("one line of letters, digits and signs")
    return text.strip()


def opening_hours(text: str) -> str:
    """Hours in OpenStreetMap's syntax.

    Raises:
        ValueError: not in the syntax; shows it.
    """
    from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]  # as above

    try:
        OpeningHours(text, auto_country=False)
    except ParserError:
        raise ValueError(
            "hours such as 06:00-23:30 or Mo-Fr 06:00-24:00; Sa,Su 08:00-22:00"
        ) from None
    return text


TopicLevel = Annotated[str, AfterValidator(topic_level)]
KioskName = Annotated[str, AfterValidator(kiosk_name)]
Line = Annotated[str, AfterValidator(line)]
OpeningHoursText = Annotated[str, AfterValidator(opening_hours)]
Broker = Annotated[str, AfterValidator(broker_name)]
Area = Annotated[tuple[float, float, float, float], BeforeValidator(rectangle)]
"""A rectangle in shares of the picture: x and y of its upper left corner, width, height."""
Port = Annotated[int, Field(ge=0, le=65535)]
Pin = Annotated[int, Field(ge=0, le=27)]
KeyOfKeyboard = Annotated[str, AfterValidator(key_of_keyboard)]
TimeZone = Annotated[str, AfterValidator(time_zone)]
Country = Annotated[str, AfterValidator(country)]
