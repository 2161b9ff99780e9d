"""`wayside-tools convert`: a trained `.keras` file to a `.tflite` and its card."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import add_data, add_limit, data_folder
from tools.commands.voice import convert_voice
from tools.places import quiet_tensorflow

if TYPE_CHECKING:
    import keras

    from tools.datasets.face_dataset import FaceDataset

TYPES = ("float", "dynamic", "int8", "int16")


def add_parser(subparsers: SubParsers) -> None:
    """Add the command."""
    convert = subparsers.add_parser(
        "convert",
        help="a trained .keras file to a .tflite and its card",
        description="Convert a face network, compare it with the float network on the validation "
        "splits, and refuse to write it if it loses more accuracy than allowed. A temporal network "
        "is converted to float, a voice network to int8, measured on its held-out speakers.",
        epilog="example: wayside-tools convert models/face.keras --out runs/face.tflite --edgetpu",
    )
    convert.add_argument("source", type=Path, metavar="FILE.keras")
    convert.add_argument("--out", type=Path, required=True, metavar="FILE.tflite")
    convert.add_argument(
        "--type",
        choices=TYPES,
        help="float; dynamic: int8 weights; int8: everything; int16: int8 weights and int16 "
        "activations. Default: int8, and float for a temporal network",
    )
    convert.add_argument(
        "--max-loss",
        type=float,
        metavar="SHARE",
        help="emotion accuracy that the conversion may lose; default: 0.005",
    )
    convert.add_argument(
        "--labels",
        type=Path,
        metavar="DIR",
        help="the class folders that the network was trained on, if not FER-2013",
    )
    convert.add_argument(
        "--occlusion",
        action="store_true",
        help="fit the output that tells covered eyes and mouths anew, on the public datasets, and "
        "write the network with it as FILE.keras",
    )
    convert.add_argument(
        "--edgetpu",
        action="store_true",
        help="compile it with edgetpu_compiler, or list the operators that an Edge TPU lacks",
    )
    add_data(convert)
    add_limit(convert)
    convert.set_defaults(run=_convert)


def _convert(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    from tools.scoring.voice import as_table
    from tools.training.convert import convert_temporal
    from tools.training.edgetpu_operators import check
    from tools.training.networks import load_network

    network = load_network(arguments.source)
    if "features" in {tensor.name for tensor in network.inputs}:
        if arguments.type not in (None, "float"):
            raise UserError(f"--type {arguments.type}: a temporal network is converted to float")
        card = convert_temporal(network, arguments.source, arguments.out)
        print(f"{arguments.out}: {card['bytes']} bytes, {_milliseconds(card)}")
    elif "view" in {tensor.name for tensor in network.inputs}:
        if arguments.type not in (None, "int8"):
            raise UserError(f"--type {arguments.type}: a voice network is converted to int8")
        command = f"wayside-tools convert {arguments.source.name} --out {arguments.out.name}"
        print(as_table(convert_voice(network, arguments, command)["metrics"]))
        print(f"{arguments.out}: written, with its card")
    else:
        _convert_face(network, arguments)
    if arguments.edgetpu:
        print("", *check(arguments.out), sep="\n")
    return 0


def _convert_face(network: keras.Model, arguments: argparse.Namespace) -> None:
    from device.values import EMOTIONS
    from tools.training.convert import MAX_LOSS, as_table, card_of, convert_face
    from tools.training.model_cards import DATA, own_data

    labels, data, folder = EMOTIONS, list(DATA), arguments.labels
    if folder is None:
        from tools.datasets.load import load_datasets

        datasets = load_datasets(data_folder(arguments), arguments.runs / "cache", arguments.limit)
    else:
        from tools.datasets.class_folders import read_class_folders, to_dataset
        from tools.datasets.face_dataset import limited
        from tools.datasets.import_issues import ImportIssues

        issues = ImportIssues()
        own = read_class_folders(folder, None, issues)  # as `train --labels` reads it
        labels, faces = own.labels, to_dataset(own, issues)
        if arguments.limit is not None:
            faces = limited(faces, arguments.limit)
        print(*issues.lines(), sep="\n")
        data = own_data(folder, labels)
        datasets = {folder.name: faces}
    source, own = arguments.source, card_of(arguments.source)
    if arguments.occlusion:
        network, source = _refit(network, arguments, datasets)
    card = convert_face(
        network, source, arguments.out, datasets, labels,
        kind=arguments.type or "int8", data=data, own=own,
        max_loss=MAX_LOSS if arguments.max_loss is None else arguments.max_loss,
    )  # fmt: skip
    print(as_table(card))
    sizes = ", ".join(f"{kind} {n}" for kind, n in card["conversion"]["bytes"].items())
    print(f"\nbytes: {sizes}; {_milliseconds(card)}\n{arguments.out}: written, with its card")


def _refit(
    network: keras.Model, arguments: argparse.Namespace, datasets: Mapping[str, FaceDataset]
) -> tuple[keras.Model, Path]:
    """The network with a new occlusion head, and the file that it is written to."""
    from tools.datasets.face_dataset import TRAIN, VALIDATION, join
    from tools.training.occlusion import with_occlusion

    if arguments.labels is not None:
        raise UserError("--occlusion: not with --labels; it is fitted on the public datasets")
    faces = join(*datasets.values())
    network = with_occlusion(network, faces.only(TRAIN), faces.only(VALIDATION))
    path: Path = arguments.out.with_suffix(".keras")
    path.parent.mkdir(parents=True, exist_ok=True)
    network.save(path)
    return network, path


def _milliseconds(card: dict[str, Any]) -> str:
    by_type = card["conversion"]["milliseconds"].items()
    return "milliseconds a call: " + ", ".join(f"{kind} {ms}" for kind, ms in by_type)
