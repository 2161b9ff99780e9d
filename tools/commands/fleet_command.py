"""`wayside-tools fleet command` and `announce`: what kiosks are asked, and their screens told."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.fleet_hub import add_hub
from tools.commands.fleet_keys import add_folders, now, opened

VERBS = {
    "restart": "start the kiosk's broker, program and screen anew",
    "identify": "its name in large letters on its screen for half a minute",
    "diagnostics": "print versions, `wayside check` and the latest journal of the kiosk",
    "screenshot": "a picture of its page, where nobody stands there, as SITE.KIOSK.png",
    "pause": "take no further release",
    "resume": "take releases again",
}


def add_parser(verbs: SubParsers) -> None:
    """Add the verbs to `wayside-tools fleet`."""
    lines = "\n".join(f"  {verb:12} {what}" for verb, what in VERBS.items())
    command = verbs.add_parser(
        "command",
        help="restart, identify, diagnose or see a kiosk; pause its updates",
        description=f"Send a signed command to one kiosk, and print what came of it.\n\n{lines}",
        epilog="example: wayside-tools fleet command helsinki/kiosk-1 identify",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("kiosk", metavar="SITE/KIOSK")
    command.add_argument("verb", choices=tuple(VERBS), metavar="COMMAND")
    command.add_argument(
        "--out", type=Path, metavar="FILE", help="of the screenshot; default: SITE.KIOSK.png"
    )
    add_hub(command)
    add_folders(command)
    command.set_defaults(run=_command)

    announce = verbs.add_parser(
        "announce",
        help="a text on all screens of a site",
        description="Show a text on all screens of a site for a while, above what they suggest.",
        epilog="example: wayside-tools fleet announce helsinki --text en='The west door is closed' "
        "--text fi='Länsiovi on suljettu' --until 18:00",
    )
    announce.add_argument("site", metavar="SITE")
    announce.add_argument(
        "--text", action="append", default=[], metavar="LANGUAGE=TEXT",
        help="in one language, such as en; the page shows its own, or else the first",
    )  # fmt: skip
    announce.add_argument(
        "--from", dest="begins", type=_time, metavar="TIME", help="HH:MM or ISO; default: now"
    )
    announce.add_argument(
        "--until", dest="ends", type=_time, metavar="TIME", help="HH:MM or ISO, of this machine"
    )
    announce.add_argument("--take-back", action="store_true", help="show the last one no more")
    add_hub(announce)
    add_folders(announce)
    announce.set_defaults(run=_announce)


def _command(arguments: argparse.Namespace) -> int:
    from tools.fleet.commands import image_of, send
    from tools.fleet.connection import operator_connection
    from tools.fleet.hub import Hub
    from tools.fleet.signing import commander

    signer = commander(*opened(arguments))
    with operator_connection(Hub.open(arguments.hub)) as connection:
        result = send(connection, signer, arguments.kiosk, arguments.verb, now())
    for line in result["lines"]:
        print(_plain(line))
    if result["image"]:
        out: Path = arguments.out or Path(arguments.kiosk.replace("/", ".") + ".png")
        _save(out, image_of(arguments.kiosk, result))
    reason = f": {_plain(result['reason'])}" if result["reason"] else ""
    print(f"{arguments.kiosk}: {arguments.verb} {result['state']}{reason}")
    return 0 if result["state"] == "done" else 1


def _save(out: Path, image: bytes) -> None:
    try:
        out.write_bytes(image)
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror})") from None
    print(out)


def _announce(arguments: argparse.Namespace) -> int:
    from tools.fleet.commands import announce
    from tools.fleet.connection import operator_connection
    from tools.fleet.hub import Hub
    from tools.fleet.signing import commander

    texts = dict(map(_text, arguments.text))
    begins = arguments.begins or now()
    ends = arguments.ends
    if arguments.take_back:
        texts, ends = {}, begins + timedelta(minutes=1)
    elif not texts or ends is None:
        raise UserError("give --text LANGUAGE=TEXT and --until TIME, or --take-back")
    signer = commander(*opened(arguments))
    with operator_connection(Hub.open(arguments.hub)) as connection:
        announcement = announce(connection, signer, arguments.site, texts, begins, ends)
    if arguments.take_back:
        print(f"{arguments.site}: taken back")
    else:
        local = announcement.ends.astimezone()
        print(f"{arguments.site}: on all screens until {local:%Y-%m-%d %H:%M}")
    return 0


def _text(given: str) -> tuple[str, str]:
    language, equals, text = given.partition("=")
    if not equals:
        raise UserError(f"--text: got {given!r}, takes LANGUAGE=TEXT, such as en='Closed at six'")
    return language, text


def _time(text: str) -> datetime:
    """`18:00` today, or a date and time; of this machine's zone where it names none."""
    for form in ("%H:%M", None):
        try:
            if form is None:
                return datetime.fromisoformat(text).astimezone()
            clock = datetime.strptime(text, form).time()
            return datetime.combine(datetime.now().astimezone().date(), clock).astimezone()
        except ValueError:
            continue
    raise argparse.ArgumentTypeError(f"{text!r}: takes 18:00 or 2026-12-24T18:00")


def _plain(text: str) -> str:
    """Text of a kiosk for a terminal: without control characters."""
    return "".join(c if c.isprintable() else "?" for c in text)
