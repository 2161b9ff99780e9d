"""`wayside-tools measure`: the figures behind README, docs and the device's own constants."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.numbers import FEWEST, at_least
from tools.places import MODELS, ROOT, add_data, data_folder, quiet_tensorflow


def add_parser(subparsers: SubParsers) -> None:
    """Add the verb and what it does."""
    measure = subparsers.add_parser(
        "measure",
        help="the figures behind README, docs and the device's constants",
        description="Measure one room of the corridor on real data, with what ships.",
        epilog="example: wayside-tools measure steadiness --data ../shared/data",
    )
    what = measure.add_subparsers(dest="what", required=True, metavar="WHAT")
    for name, act, line in (
        ("detection", _detection, "recall, agreement of the detectors, false tracks, distance"),
        ("framing", _framing, "where FER-2013 frames its faces: the constants of the cropper"),
        ("trust", _trust, "what size and blur cost the reading of a face"),
        ("steadiness", _steadiness, "label switches a minute, lag on hard cuts, share unknown"),
        ("temporal", _temporal, "single frames, their mean and both temporal networks, on clips"),
        ("minors", _minors, "who is taken for a possible minor, by age"),
    ):
        verb = what.add_parser(name, help=line, description=line)
        add_data(verb)
        verb.set_defaults(run=act)
        if name == "temporal":
            _add_temporal(verb)


def _detection(arguments: argparse.Namespace) -> int:
    from tools.evaluation import detection

    data = data_folder(arguments)
    for part in ("photos/dlib_faces", "video/unlabelled", "video/presence", "video/scenes"):
        if not (data / part).is_dir():
            raise UserError(f"{data / part}: no such folder; `measure detection` reads it")
    detection.report(data)
    return 0


def _framing(arguments: argparse.Namespace) -> int:
    from tools.evaluation import framing

    framing.report(data_folder(arguments))
    return 0


def _trust(arguments: argparse.Namespace) -> int:
    from tools.evaluation import trust

    trust.report(data_folder(arguments), MODELS / "face.tflite", arguments.runs / "cache")
    return 0


def _steadiness(arguments: argparse.Namespace) -> int:
    from tools.evaluation import steadiness

    steadiness.report(_unlabelled(data_folder(arguments)), ROOT / "config.yaml")
    return 0


def _unlabelled(data: Path) -> list[Path]:
    folder = data / "video" / "unlabelled"
    if clips := sorted(folder.glob("*.mp4")):
        return clips
    raise UserError(f"{folder}: no .mp4 there; clips of people before a camera are measured")


def _minors(arguments: argparse.Namespace) -> int:
    from tools.evaluation import minors

    minors.report(data_folder(arguments), MODELS / "face.tflite", arguments.runs / "cache")
    return 0


def _add_temporal(verb: argparse.ArgumentParser) -> None:
    verb.epilog = "example: wayside-tools measure temporal --data ../shared/data"
    verb.add_argument("--models", type=Path, default=MODELS, help="has face.tflite and face.keras")
    verb.add_argument("--seed", type=at_least(0), default=1)
    verb.add_argument(
        "--limit", type=at_least(FEWEST), help="use so many faces of each part: for a trial"
    )
    verb.add_argument(
        "--mead",
        nargs="?",
        type=Path,
        const=True,
        metavar="DIR",
        help="also read labelled clips, once all is chosen; default: video/mead of the data",
    )
    verb.add_argument(
        "--jitter",
        action="store_true",
        help="only print how the device's crops tremble on video/unlabelled of the data",
    )


def _temporal(arguments: argparse.Namespace) -> int:
    data = data_folder(arguments)
    if arguments.jitter:
        from tools.evaluation import jitter

        jitter.report(_unlabelled(data), ROOT / "config.yaml")
        return 0
    quiet_tensorflow()
    from tools.evaluation import temporal
    from tools.training.clips import TemporalRecipe

    recipe = TemporalRecipe(seed=arguments.seed)
    if arguments.limit is not None:
        few = arguments.limit
        recipe = replace(recipe, clips=few, held_out_clips=max(2, few // 8))
    mead = data / "video" / "mead" if arguments.mead is True else arguments.mead
    temporal.report(data, arguments.models, arguments.runs, recipe, mead, arguments.limit)
    return 0
