"""`wayside catalogue explain`: what the kiosk would suggest to somebody, and why, term by term.

For the operator alone: nobody is looked at, and nothing is counted or published.
"""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from device.audience.demographics import band_of
from device.commands.analysis import audience_line, suggestion_lines
from device.commands.command_line import SubParsers, add_config, suggestion_count
from device.matching.match import Matcher
from device.overlay import load_running
from device.values import (
    ADULT_AT,
    KINDS,
    MOODS,
    UNKNOWN,
    Audience,
    Context,
    SomeCompany,
)
from device.words.words import load_words

COMPANIES: tuple[SomeCompany, ...] = get_args(SomeCompany)
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def add_parser(subparsers: SubParsers) -> None:
    """Add `explain` to the commands of the catalogue."""
    parser = subparsers.add_parser(
        "explain",
        help="what the kiosk would suggest to somebody, and why",
        description="Print the suggestions for an audience that you describe, with the score of "
        "each term by term. What is closed then, too far or for others is left out, as on the "
        "kiosk; what it has shown lately and learned from touches is not known here.",
        epilog="example: wayside catalogue explain --mood sad --age 30 --hour 20",
    )
    add_config(parser)
    parser.add_argument("--mood", choices=MOODS, default=UNKNOWN)
    parser.add_argument("--age", type=_age, help="years; without it somebody may be a minor")
    parser.add_argument("--company", choices=COMPANIES, default="alone")
    parser.add_argument("--hour", type=_hour, help="local time, such as 20 or 20:30; default: now")
    parser.add_argument("--day", choices=DAYS, help="day of the week; default: today")
    parser.add_argument("--kind", choices=KINDS, help="only this kind; default: those of config")
    parser.add_argument("--weather", default=UNKNOWN, help="such as rain")
    parser.add_argument(
        "--top", type=suggestion_count, help="how many; default: those on the screen"
    )
    parser.set_defaults(run=_explain)


def _explain(arguments: argparse.Namespace) -> int:
    config = load_running(arguments.config)
    if arguments.kind is not None:
        matching = config.matching.model_copy(update={"kinds": (arguments.kind,)})
        config = config.model_copy(update={"matching": matching})
    words = load_words(config.display.languages[0], config.matching.catalogue)
    count = arguments.top or config.matching.count
    matcher = Matcher.open(config, words, spares=count - config.matching.count)
    now = datetime.now(ZoneInfo(config.place.timezone))
    if arguments.hour is not None:
        now = now.replace(hour=arguments.hour[0], minute=arguments.hour[1])
    if arguments.day is not None:
        now += timedelta(days=(DAYS.index(arguments.day) - now.weekday()) % 7)
    audience = Audience(
        size=1 if arguments.company == "alone" else 2,
        mood=arguments.mood,
        age_band=UNKNOWN if arguments.age is None else band_of(arguments.age),
        company=arguments.company,
        minors=arguments.age is None or arguments.age < ADULT_AT or arguments.company == "family",
    )
    found = matcher.match(audience, Context(at=0.0, now=now, weather=arguments.weather))
    weather = "" if arguments.weather == UNKNOWN else f", {arguments.weather}"
    print(f"{audience_line(audience)}; {DAYS[now.weekday()]} {now:%H:%M}{weather}")
    print(
        "\n".join(suggestion_lines(found, words, now))
        or "nothing: all is closed, far or for others"
    )
    return 0


def _age(text: str) -> int:
    if not text.isdecimal() or int(text) > 120:
        raise argparse.ArgumentTypeError(f"got {text!r}, takes years, 0 to 120")
    return int(text)


def _hour(text: str) -> tuple[int, int]:
    hour, _, minute = text.partition(":")
    if not (hour.isdecimal() and (minute or "0").isdecimal()):
        raise argparse.ArgumentTypeError(f"got {text!r}, takes a time such as 20 or 20:30")
    if int(hour) > 23 or int(minute or 0) > 59:
        raise argparse.ArgumentTypeError(f"got {text!r}, takes a time from 0:00 to 23:59")
    return int(hour), int(minute or 0)
