"""`wayside-tools measure`: the figures behind README, docs and the device's own constants."""

from __future__ import annotations

import argparse

from tools.places import MODELS, ROOT, add_data, data_folder


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
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
        ("minors", _minors, "who is taken for a possible minor, by age"),
    ):
        verb = what.add_parser(name, help=line, description=line)
        add_data(verb)
        verb.set_defaults(run=act)


def _detection(arguments: argparse.Namespace) -> int:
    from tools.measuring import detection

    detection.report(data_folder(arguments))
    return 0


def _framing(arguments: argparse.Namespace) -> int:
    from tools.measuring import framing

    framing.report(data_folder(arguments))
    return 0


def _trust(arguments: argparse.Namespace) -> int:
    from tools.measuring import trust

    trust.report(data_folder(arguments), MODELS / "face.tflite", arguments.runs / "cache")
    return 0


def _steadiness(arguments: argparse.Namespace) -> int:
    from tools.measuring import steadiness

    clips = sorted((data_folder(arguments) / "video" / "unlabelled").glob("*.mp4"))
    steadiness.report(clips, ROOT / "config.yaml")
    return 0


def _minors(arguments: argparse.Namespace) -> int:
    from tools.measuring import minors

    minors.report(data_folder(arguments), MODELS / "face.tflite", arguments.runs / "cache")
    return 0
