"""`wayside-tools convert`: a trained `.keras` file to a `.tflite` and its card."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import MIN_FACES, add_data, at_least, data_folder
from tools.places import quiet_tensorflow

if TYPE_CHECKING:
    import keras

TYPES = ("float", "dynamic", "int8", "int16")


def add_parser(subparsers: SubParsers) -> None:
    """Add the verb and what it does."""
    convert = subparsers.add_parser(
        "convert",
        help="a trained .keras file to a .tflite and its card",
        description="Convert a face network, compare it with the float one on the validation "
        "parts, and refuse to write it where it loses more than the limit. A temporal network is "
        "converted in float.",
        epilog="example: wayside-tools convert models/face.keras --out runs/face.tflite --edgetpu",
    )
    convert.add_argument("source", type=Path, metavar="FILE.keras")
    convert.add_argument("--out", type=Path, required=True, metavar="FILE.tflite")
    convert.add_argument(
        "--type",
        choices=TYPES,
        help="float; dynamic: int8 weights; int8: everything; int16: int8 weights, int16 between "
        "the layers. Default: int8, and float for a temporal network",
    )
    convert.add_argument(
        "--most-lost",
        type=float,
        metavar="SHARE",
        help="emotion accuracy that the conversion may cost; default: that of a release",
    )
    convert.add_argument(
        "--labels",
        type=Path,
        metavar="DIR",
        help="the class folders that the network was trained on, where it was not FER-2013",
    )
    convert.add_argument(
        "--edgetpu",
        action="store_true",
        help="compile it by edgetpu_compiler, or list the operators that would leave the chip",
    )
    add_data(convert)
    convert.add_argument(
        "--limit", type=at_least(MIN_FACES), help="use so many faces of each part: for a trial"
    )
    convert.set_defaults(run=_convert)


def _convert(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    from tools.training.networks import load_network
    from tools.training.operators import check
    from tools.training.quantized import convert_temporal

    network = load_network(arguments.source)
    if "features" in {tensor.name for tensor in network.inputs}:
        if arguments.type not in (None, "float"):
            raise UserError(
                f"--type {arguments.type}: a temporal network is small and converted in float alone"
            )
        card = convert_temporal(network, arguments.source, arguments.out)
        print(f"{arguments.out}: {card['bytes']} bytes, {_speed(card)}")
    else:
        _convert_face(network, arguments)
    if arguments.edgetpu:
        print("", *check(arguments.out), sep="\n")
    return 0


def _convert_face(network: keras.Model, arguments: argparse.Namespace) -> None:
    from device.values import EMOTIONS
    from tools.datasets.face_dataset import limited
    from tools.datasets.load import load_datasets
    from tools.training.model_cards import DATA
    from tools.training.quantized import MOST_LOST, as_table, convert_face

    labels: tuple[str, ...] = EMOTIONS
    data: tuple[dict[str, str], ...] = DATA
    if arguments.labels is None:
        tables = load_datasets(data_folder(arguments), arguments.runs / "cache", arguments.limit)
    else:
        from tools.datasets.class_folders import read_class_folders, to_dataset
        from tools.datasets.import_issues import ImportIssues

        issues = ImportIssues()
        folder = read_class_folders(arguments.labels, None, issues)  # as `train --labels` reads it
        stills, labels = to_dataset(folder, issues), folder.labels
        print(*issues.lines(), sep="\n")
        own = {"name": f"{arguments.labels.name}, class folders", "terms": "its owner's"}
        data = (own, *DATA)  # `train --labels` begins with the network that ships
        few = arguments.limit
        tables = {arguments.labels.name: stills if few is None else limited(stills, few)}
    card = convert_face(
        network, arguments.source, arguments.out, tables, labels,
        kind=arguments.type or "int8", data=data,
        most_lost=MOST_LOST if arguments.most_lost is None else arguments.most_lost,
    )  # fmt: skip
    print(as_table(card))
    sizes = ", ".join(f"{kind} {n}" for kind, n in card["conversion"]["bytes"].items())
    print(f"\nbytes: {sizes}; {_speed(card)}\n{arguments.out}: written, with its card")


def _speed(card: dict[str, Any]) -> str:
    taken = card["conversion"]["milliseconds"]
    by_type = taken if isinstance(taken, dict) else {card["conversion"]["type"]: taken}
    return "milliseconds a face: " + ", ".join(f"{kind} {ms}" for kind, ms in by_type.items())
