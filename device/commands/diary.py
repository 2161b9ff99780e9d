"""`wayside diary`: what one person says of their days, on a private device of their own.

It is the one exception to "nothing about a person is kept" (docs/privacy.md): a process of its
own, a file that only its passphrase opens, no message on any bus, and no diagnosis. On an installed
kiosk it refuses.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from device.camera.sources import open_source
from device.commands.command_line import SubParsers, add_config
from device.commands.installed import is_installed
from device.commands.progress import Progress
from device.config import Config, load_config
from device.diary.diary import ANSWERS, HIGHEST, Diary, weeks
from device.diary.diary_page import line, page
from device.diary.reading import read
from device.diary.sealed import Sealed, destroy
from device.errors import UserError
from device.replacing import replacing

WHO5 = Path(__file__).parent.parent / "diary" / "who5.json"

LOOK_S = 10.0
LONGEST_LOOK_S = 60

ACTIONS = {
    "today": 'answer "How was today?", and the WHO-5 every two weeks (the default)',
    "new": "make a diary, with a passphrase of your own",
    "look": "let the device read your face for ten seconds, and keep, correct or strike that",
    "strike": "remove a day (--day)",
    "show": "the weeks as lines, or as a page with --out OUT.html",
    "export": "all days as CSV (--out OUT.csv)",
    "delete": "destroy the key and the file",
}


def add_parser(verbs: SubParsers) -> None:
    """Add `diary` to the command line."""
    lines = "\n".join(f"  {name:8} {what}" for name, what in ACTIONS.items())
    parser = verbs.add_parser(
        "diary",
        help="how your own days were, on a device of your own",
        description="Keep a diary of your own days on a private device, in a file that only your "
        f"passphrase opens (diary.file in the configuration).\n\n{lines}",
        epilog="example: wayside diary today",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "action", nargs="?", choices=tuple(ACTIONS), default="today", metavar="ACTION"
    )
    parser.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="default: today")
    parser.add_argument("--out", type=Path, metavar="FILE", help="of show and export")
    parser.add_argument("--source", metavar="S", help="of look; default: camera.source")
    parser.add_argument(
        "--seconds", type=_seconds, default=LOOK_S, metavar="N", help="of look; default: 10"
    )
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="whose first line is the passphrase"
    )
    add_config(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if is_installed():
        raise UserError("diary: not on an installed kiosk; it is for a private device")
    config = load_config(arguments.config)
    path = config.diary.file
    if path is None:
        raise UserError(
            f"{arguments.config}: diary.file: not set, so no diary is kept; name a file, such as "
            "diary.wayside"
        )
    if arguments.action == "delete":
        return _delete(path)
    if arguments.action == "new":
        Sealed.new(path, _passphrase(arguments.passphrase_file, twice=True))
        print(f"{path}: a new diary; nobody can open it without the passphrase, and nobody helps")
        return 0
    today = datetime.now(ZoneInfo(config.place.timezone)).date()
    day: date = arguments.day or today
    if day > today:
        raise UserError(f"--day: {day} has not come yet")
    sealed, content = Sealed.open(path, _passphrase(arguments.passphrase_file))
    diary = Diary.of(content)
    if arguments.action in ("show", "export"):
        return _tell(diary, today, config, arguments)
    act: dict[str, Callable[[], None]] = {
        "today": lambda: _ask(diary, day, today),
        "look": lambda: _look(diary, day, config, arguments),
        "strike": lambda: diary.note(day, said=None, read=None, who5=None),
    }
    act[arguments.action]()
    sealed.write(diary.content())
    print(_words(diary, day))
    if help_words := _help(config):
        print(help_words)
    return 0


def _ask(diary: Diary, day: date, today: date) -> None:
    choices = "  ".join(f"{number} {name}" for number, name in enumerate(ANSWERS, start=1))
    question = "How was today?" if day == today else f"How was {day}?"
    said = _number(f"{question}  {choices}  (Enter: no answer)\n> ", 1, len(ANSWERS))
    if said is not None:
        diary.note(day, said=said)
    if day == today and diary.who5_is_due(today) and _yes("The WHO-5 is due. Answer it now?"):
        index = json.loads(WHO5.read_text(encoding="utf-8"))
        print(f"\n{index['instruction']}")
        for number, answer in reversed(list(enumerate(index["answers"]))):
            print(f"  {number} {answer}")
        given = [_number(f"{text}\n> ", 0, HIGHEST) for text in index["statements"]]
        if None in given:
            print("not kept: an answer is missing")
        else:
            diary.note(day, who5=given)
        print(f"{index['source']}, {index['licence']}")


def _look(diary: Diary, day: date, config: Config, arguments: argparse.Namespace) -> None:
    progress = Progress("looking")
    camera = open_source(arguments.source or config.camera.source, config.camera)
    found = read(config, camera, arguments.seconds, progress.show)
    progress.clear()
    if found is None:
        raise UserError("look: one person, and nobody else, must be seen; nothing is kept")
    print(f"the device reads {found:.1f}, {ANSWERS[round(found) - 1]}")
    while (answer := _asked("Enter: keep it   1 to 5: correct it   s: strike it\n> ")) != "s":
        if answer in ("", *"12345"):
            diary.note(day, read=float(answer or found))
            return


def _tell(diary: Diary, today: date, config: Config, arguments: argparse.Namespace) -> int:
    out: Path | None = arguments.out
    if arguments.action == "export":
        if out is None:
            raise UserError("--out: export takes the CSV to write, which anybody can read")
        text = diary.table()
    elif out is not None:
        text = page(diary, today, _help(config))
    else:
        rows = list(weeks(diary.days))
        print(f"said  {line([said for _, said, _ in rows], 1, len(ANSWERS))}")
        print(f"read  {line([read for *_, read in rows], 1, len(ANSWERS))}")
        scores = [one.score for _, one in sorted(diary.days.items()) if one.score is not None]
        print(f"WHO-5 {' '.join(map(str, scores)) or '-'}")
        print(f"{len(rows)} weeks, 1 {ANSWERS[0]} to {len(ANSWERS)} {ANSWERS[-1]}")
        return 0
    with replacing(out, mode=0o600) as path:
        path.write_text(text, encoding="utf-8")
    print(f"{out}: not encrypted")
    return 0


def _delete(path: Path) -> int:
    if not _yes(f"{path}: destroy the diary? It cannot be brought back"):
        print("nothing was done")
        return 1
    destroy(path)
    print(f"{path}: destroyed")
    return 0


def _words(diary: Diary, day: date) -> str:
    one = diary.days.get(day)
    if one is None:
        return f"{day}: nothing"
    parts = [f"said {one.said:g}"] if one.said else []
    parts += [f"read {one.read:g}"] if one.read else []
    parts += [] if one.score is None else [f"WHO-5 {one.score}"]
    return f"{day}: {', '.join(parts)}"


def _help(config: Config) -> str:
    return config.diary.help.get(config.place.country or "", "")


def _number(prompt: str, low: int, high: int) -> int | None:
    """A number of this range; None: Enter alone."""
    while answer := _asked(prompt):
        if answer.isdecimal() and low <= int(answer) <= high:
            return int(answer)
        print(f"takes a number from {low} to {high}")
    return None


def _asked(prompt: str) -> str:
    try:
        return input(prompt).strip()
    except EOFError:
        raise UserError("no answer: the input has ended; nothing is kept") from None


def _yes(question: str) -> bool:
    return _asked(f"{question} [y/N] ").lower() in ("y", "yes")


def _passphrase(file: Path | None, twice: bool = False) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").split("\n")[0]
        except (OSError, UnicodeDecodeError):
            raise UserError(f"--passphrase-file: {file}: cannot be read") from None
    if not sys.stdin.isatty():
        raise UserError("the passphrase: no terminal to ask at; give --passphrase-file")
    given = getpass.getpass("Passphrase of the diary: ")
    if twice and getpass.getpass("Once more: ") != given:
        raise UserError("the passphrase: the two are not the same")
    return given


def _seconds(text: str) -> float:
    if not text.isdecimal() or not 1 <= int(text) <= LONGEST_LOOK_S:
        raise argparse.ArgumentTypeError(f"got {text}, takes 1 to {LONGEST_LOOK_S}")
    return float(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text}, takes a day such as 2026-11-29") from None
