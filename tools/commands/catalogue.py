"""`wayside-tools catalogue`: what people like, measured on public data; playlists by tags."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from device.replacing import replacing
from tools.commands.options import add_data, at_least, data_folder, some_of

SECTIONS = ("unknown", "likes", "plenty", "tags", "context")


def add_parser(subparsers: SubParsers) -> None:
    """Add the command and its own commands."""
    verbs = subparsers.add_parser(
        "catalogue",
        help="what people like, measured on public data; playlists by tags",
        description="Models of what people like, and how good they are.",
        epilog="example: wayside-tools catalogue evaluate --data ../shared/data",
    ).add_subparsers(dest="catalogue_verb", required=True, metavar="VERB")

    evaluate = verbs.add_parser(
        "evaluate",
        help="nDCG and RMSE of models on MovieLens, Last.fm and South Tyrol Suggests",
        description="Measure popularity, age, item-item regression, co-occurrence of tags and "
        "biases on public data, by the protocols of docs/matching.md. Nothing that is learned is "
        "kept. A table, its figures as JSON and a picture are written to RUNS/catalogue.",
        epilog="example: wayside-tools catalogue evaluate --only unknown,context --json",
    )
    add_data(evaluate)
    evaluate.add_argument(
        "--only",
        type=some_of(SECTIONS),
        default=SECTIONS,
        metavar="SECTION,...",
        help=f"some of {','.join(SECTIONS)}; default: all, about ten minutes",
    )
    evaluate.add_argument(
        "--gender",
        action="store_true",
        help="also measure what gender adds to age; no kiosk uses it unless it is told to",
    )
    evaluate.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    evaluate.set_defaults(run=_evaluate)

    playlist = verbs.add_parser(
        "playlist",
        help="songs for some tags: the historical music flow beside ours",
        description="From tags to further tags and songs, by the historical flow (Word2Vec, ALS; "
        "`make recommend` installs it) and by ours (co-occurrence, EASE), learned from the "
        "playlists at hand: a JSON file as Melon's, or the users of Last.fm.",
        epilog="example: wayside-tools catalogue playlist --tags ambient,sad --song Radiohead   "
        "or: wayside-tools catalogue playlist --tags rock --file train.json --names song_meta.json",
    )
    add_data(playlist)
    playlist.add_argument(
        "--tags", type=_words, required=True, metavar="TAG,...", help="what to begin with"
    )
    playlist.add_argument("--song", metavar="NAME", help="the songs nearest to this one")
    playlist.add_argument(
        "--file",
        type=Path,
        metavar="FILE.json",
        help="playlists: a list of objects with tags and songs; default: Last.fm of the data",
    )
    playlist.add_argument(
        "--names", type=Path, metavar="FILE.json", help="id and song_name of the songs of --file"
    )
    playlist.add_argument(
        "--similar", type=at_least(0, 100), default=5, metavar="N", help="further tags; default: 5"
    )
    playlist.add_argument(
        "--count", type=at_least(1, 1000), default=10, metavar="N", help="songs; default: 10"
    )
    playlist.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    playlist.set_defaults(run=_playlist)
    _add_pool(verbs)


def _add_pool(verbs: SubParsers) -> None:
    pool = verbs.add_parser(
        "pool",
        help="add up what touches teach at the kiosks of a site",
        description="Add up the `touches` messages of the kiosks of a site into one file, with "
        "which each of them begins: matching.touches names it. A number that was never told is "
        "not known, and is left out.",
        epilog="example: mosquitto_sub -h hub -v -t 'wayside/v1/helsinki/+/touches' >> touches.txt"
        "   then: wayside-tools catalogue pool touches.txt --out helsinki-touches.json",
    )
    pool.add_argument("file", nargs="+", type=Path, metavar="FILE", help="topic and payload a line")
    pool.add_argument("--out", type=Path, required=True, metavar="FILE.json")
    pool.set_defaults(run=_pool)


def _words(text: str) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise argparse.ArgumentTypeError(f"got {text!r}, takes tags separated by commas")
    return list(dict.fromkeys(words))


def _evaluate(arguments: argparse.Namespace) -> int:
    from tools.recommendation import evaluate as measured
    from tools.recommendation.plots import draw

    data = data_folder(arguments)
    _tell_of_extras()
    rows = list(measured.evaluate(data, arguments.only, arguments.gender))
    report = {"rows": measured.as_json(rows)}
    if "plenty" in arguments.only:
        report["ease_seconds"] = round(measured.seconds_to_learn(data), 2)
    table = measured.as_table(rows)
    # A partial report never replaces the full one.
    chosen = [] if arguments.only == SECTIONS else arguments.only
    folder = Path(arguments.runs, "catalogue", " ".join(chosen))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (folder / "report.md").write_text(table + "\n", encoding="utf-8")
    draw(rows, measured.AIMS, folder / "figures.png")
    if arguments.json:
        print(json.dumps(report))
        return 0
    print(table)
    if "ease_seconds" in report:
        print(f"\nEASE of MovieLens 100k learned in {report['ease_seconds']} s")
    print(f"\n{folder}: report.md, report.json, figures.png")
    return 0


def _playlist(arguments: argparse.Namespace) -> int:
    from tools.recommendation import flows
    from tools.recommendation.lastfm import read_lastfm
    from tools.recommendation.playlists import playlists_of, read_playlists

    if arguments.file is not None:
        lists = read_playlists(arguments.file, arguments.names)
    elif arguments.names is not None:
        raise UserError("--names: has the names of the songs of --file, which is missing")
    else:
        lists = playlists_of(read_lastfm(data_folder(arguments) / "catalogue" / "lastfm"))
    wish = flows.wish_of(lists, arguments.tags, arguments.song, arguments.similar, arguments.count)
    answers = {"historical": None, "ours": flows.ours(lists, wish)}
    if _tell_of_extras():
        answers["historical"] = flows.historical(lists, wish)
    if arguments.json:
        found = {name: some and some.as_json() for name, some in answers.items()}
        print(json.dumps({"tags": arguments.tags, "song": arguments.song, **found}))
    else:
        print("\n".join(flows.side_by_side(answers)))
    return 0


def _pool(arguments: argparse.Namespace) -> int:
    from tools import pool

    if arguments.out.suffix.lower() != ".json":
        raise UserError(f"--out: got {arguments.out}, takes the file to write, such as pool.json")
    pooled = pool.pool(one for path in arguments.file for one in pool.read_lines(path))
    with replacing(arguments.out) as path:
        path.write_text(pool.as_json(pooled), encoding="utf-8")
    site = pooled.site_without()
    print(
        f"{arguments.out}: {len(site.items)} items of {len(pooled.kiosks)} kiosks of "
        f"{pooled.site}, {pooled.first} to {pooled.last}; "
        f"of {len(site.tried)} both screens and touches are known"
    )
    return 0


def _tell_of_extras() -> bool:
    """Whether the historical flow is installed; if not, a line says how to."""
    from tools.recommendation.extras import missing

    packages = missing()
    if packages:
        print(
            f"wayside-tools: without the historical flow, which needs {' and '.join(packages)}: "
            "make recommend",
            file=sys.stderr,
        )
    return not packages
