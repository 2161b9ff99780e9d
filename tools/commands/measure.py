"""`wayside-tools measure`: figures of one part of the corridor on real data."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date
from pathlib import Path

from device.commands.command_line import SubParsers, add_config
from device.errors import UserError
from tools.commands.options import MIN_FACES, add_data, add_limit, at_least, data_folder
from tools.places import MODELS, ROOT, quiet_tensorflow

EVERY = 4
"""Of the clips of `measure ask`."""

SCENES = 24
"""Of each row of `measure linger`."""


def add_parser(subparsers: SubParsers) -> None:
    """Add the command and what it measures."""
    measure = subparsers.add_parser(
        "measure",
        help="detection, occlusion, steadiness, stillness, lingering, time, a day, ways",
        description="Measure one part of the corridor on real data, with the shipped models.",
        epilog="example: wayside-tools measure steadiness --data ../shared/data",
    )
    what = measure.add_subparsers(dest="what", required=True, metavar="WHAT")
    for name, run, line in (
        ("ask", _ask, "whether what is asked aloud is understood, and what else is taken for it"),
        ("detection", _detection, "recall, agreement of the detectors, false tracks, distance"),
        ("occlusion", _occlusion, "covered faces that are noticed, and what becomes of readings"),
        ("steadiness", _steadiness, "label switches a minute, lag on hard cuts, share unknown"),
        ("stillness", _stillness, "pictures of faces that stop counting, people who do not"),
        ("linger", _linger, "who goes on with cards that linger: phone users, and strangers"),
        ("temporal", _temporal, "single frames, their mean and both temporal networks, on clips"),
        ("trend", _trend, "what change of a place's moods can be seen at all, simulated"),
        ("touches", _touches, "how fast touches improve what is suggested, simulated"),
        ("walking", _walking, "ways on foot over the footways of a town, and the time they take"),
        ("turns", _turns, "which items the first screens of the demo show"),
        ("day", _day, "which items a simulated day of visitors is shown, and whether rightly"),
    ):
        verb = what.add_parser(name, help=line, description=line)
        if name not in ("trend", "touches", "turns", "day"):
            add_data(verb)
        if name in ("ask", "turns", "day"):
            add_config(verb)
        if name == "ask":
            _add_ask(verb)
        if name == "day":
            _add_day(verb)
        verb.set_defaults(run=run)
        if name == "temporal":
            _add_temporal(verb)
        if name == "occlusion":
            verb.add_argument("--model", type=Path, default=MODELS / "face.tflite")
            add_limit(verb)
        if name in ("stillness", "linger"):
            verb.add_argument(
                "--development",
                action="store_true",
                help="the clips and faces on which the constants were chosen",
            )
        if name == "linger":
            verb.add_argument(
                "--scenes", type=at_least(1), default=SCENES, help=f"of each row; {SCENES}"
            )


def _add_ask(verb: argparse.ArgumentParser) -> None:
    verb.epilog = "example: wayside-tools measure ask --data ../shared/data"
    verb.add_argument(
        "--tuning",
        action="store_true",
        help="the voices and sentences on which the threshold was chosen, and other thresholds",
    )
    verb.add_argument(
        "--every", type=at_least(1), default=EVERY, help=f"nth clip of acted speech; {EVERY}"
    )
    verb.add_argument("--limit", type=at_least(1), help="of sentences: a trial")
    verb.add_argument("--voice", action="append", help="such as 'flite slt'; may be repeated")


def _ask(arguments: argparse.Namespace) -> int:
    from device.config import load_config
    from device.hearing.recogniser import Recogniser
    from device.hearing.vocabulary import LANGUAGE
    from device.matching.match import Matcher
    from device.words.words import load_words
    from tools.evaluation import asking

    part = "tuning" if arguments.tuning else "test"
    config = load_config(arguments.config)
    words = load_words(LANGUAGE, config.matching.catalogue)
    askable = Matcher.open(config, words).askable
    recogniser = Recogniser(lambda: askable, words.tags)
    voices = arguments.voice or asking.VOICES[part]
    found = asking.measure(recogniser, part, voices, arguments.limit)
    for line in asking.report(found):
        print(line)
    if arguments.tuning:
        for line in asking.choices(found, recogniser):
            print(line)
    elif arguments.data is not None:
        for line in asking.report(
            asking.measure_speech(recogniser, arguments.data, arguments.every)
        ):
            print(line)
    return 0


def _add_day(verb: argparse.ArgumentParser) -> None:
    verb.epilog = "example: wayside-tools measure day --catalogue my.sqlite --plot day.png"
    verb.add_argument("--catalogue", type=Path, metavar="FILE", help="instead of the kiosk's")
    verb.add_argument("--seed", type=at_least(0), default=0)
    verb.add_argument("--date", type=_date, help="such as 2026-12-05; default: a Saturday in May")
    verb.add_argument(
        "--plot", type=Path, metavar="FILE.png", help="what is shown most, by kind and hour"
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}, takes such as 2026-12-05") from None


def _turns(arguments: argparse.Namespace) -> int:
    from device.config import load_config
    from tools.evaluation import turns

    for line in turns.report(turns.turns(load_config(arguments.config))):
        print(line)
    return 0


def _day(arguments: argparse.Namespace) -> int:
    from device.config import load_config
    from tools.evaluation import day, day_plot

    if arguments.plot and not arguments.plot.parent.is_dir():
        raise UserError(f"--plot: {arguments.plot.parent}: no such folder")
    config = load_config(arguments.config)
    if arguments.catalogue is not None:
        matching = config.matching.model_copy(update={"catalogue": arguments.catalogue})
        config = config.model_copy(update={"matching": matching})
    on = arguments.date or day.OPENS.date()
    found = day.simulate(config, seed=arguments.seed, on=arguments.date)
    for line in day.report(found):
        print(line)
    if arguments.plot:
        title = f"{config.matching.catalogue.stem}, {on:%A} {on.isoformat()}"
        day_plot.draw(found, arguments.plot, title)
        print(f"{arguments.plot}: the day")
    return 0


def _touches(arguments: argparse.Namespace) -> int:
    from tools.evaluation import touches

    for line in touches.report():
        print(line)
    return 0


def _walking(arguments: argparse.Namespace) -> int:
    from tools.evaluation import walking

    folder = data_folder(arguments) / "catalogue" / "osm"
    extracts = sorted(folder.glob("*.osm.pbf"))
    if not extracts:
        raise UserError(f"{folder}: no .osm.pbf there; `measure walking` reads extracts of the map")
    for line in walking.report(extracts):
        print(line)
    return 0


def _detection(arguments: argparse.Namespace) -> int:
    from tools.evaluation import detection

    data = data_folder(arguments)
    for part in ("photos/dlib_faces", "video/unlabelled", "video/presence", "video/scenes"):
        if not (data / part).is_dir():
            raise UserError(f"{data / part}: no such folder; `measure detection` reads it")
    detection.report(data)
    return 0


def _occlusion(arguments: argparse.Namespace) -> int:
    from tools.datasets.face_dataset import TEST
    from tools.datasets.load import load_datasets
    from tools.evaluation import occlusion

    faces = load_datasets(data_folder(arguments), arguments.runs / "cache", arguments.limit)
    bare = {name: dataset.only(TEST) for name, dataset in faces.items()}
    for line in occlusion.report(arguments.model, bare["utkface"], bare["fer2013"]):
        print(line)
    return 0


def _steadiness(arguments: argparse.Namespace) -> int:
    from device.config import load_config
    from tools.evaluation import steadiness

    folder = data_folder(arguments) / "video" / "unlabelled"
    clips = sorted(folder.glob("*.mp4"))
    if not clips:
        raise UserError(f"{folder}: no .mp4 there; `measure steadiness` reads clips of people")
    steadiness.measure(clips, load_config(ROOT / "config.yaml"), print)
    return 0


def _stillness(arguments: argparse.Namespace) -> int:
    from tools.evaluation import stillness

    data = data_folder(arguments)
    for part in ("video/unlabelled", "video/mead"):
        if not (data / part).is_dir():
            raise UserError(f"{data / part}: no such folder; `measure stillness` reads it")
    stillness.report(data, development=arguments.development)
    return 0


def _trend(arguments: argparse.Namespace) -> int:
    from tools.evaluation import trends

    trends.report(draws=2000)
    return 0


def _linger(arguments: argparse.Namespace) -> int:
    from device.config import load_config
    from tools.evaluation import linger

    data = data_folder(arguments)
    if not list((data / "video" / "unlabelled").glob("*.mp4")):
        raise UserError(
            f"{data / 'video' / 'unlabelled'}: no .mp4 there; `measure linger` reads it"
        )
    config = load_config(ROOT / "config.yaml")
    linger.report(data, config, development=arguments.development, scenes=arguments.scenes)
    return 0


def _add_temporal(verb: argparse.ArgumentParser) -> None:
    verb.epilog = "example: wayside-tools measure temporal --data ../shared/data"
    verb.add_argument("--models", type=Path, default=MODELS, help="has face.tflite and face.keras")
    verb.add_argument("--seed", type=at_least(0), default=1)
    verb.add_argument(
        "--limit",
        type=at_least(MIN_FACES),
        help="use at most this many faces of each split: a trial",
    )
    verb.add_argument(
        "--mead",
        nargs="?",
        type=Path,
        const=True,
        metavar="DIR",
        help="also read labelled clips, after everything is chosen; default: video/mead of the "
        "data",
    )


def _temporal(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    from tools.evaluation import temporal
    from tools.training.clips import TemporalRecipe

    data = data_folder(arguments)
    recipe = TemporalRecipe(seed=arguments.seed)
    if arguments.limit is not None:
        few = arguments.limit
        recipe = replace(recipe, clips=few, held_out_clips=max(2, few // 8))
    mead = data / "video" / "mead" if arguments.mead is True else arguments.mead
    temporal.report(data, arguments.models, arguments.runs, recipe, mead, arguments.limit)
    return 0
