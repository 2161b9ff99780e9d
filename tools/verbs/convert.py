"""`wayside-tools convert`: a trained `.keras` file to a `.tflite` and its card."""

from __future__ import annotations

import argparse
from pathlib import Path

from device.errors import UserError
from tools.places import add_data, data_folder, quiet_tensorflow


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb and what it does."""
    convert = subparsers.add_parser(
        "convert",
        help="a trained .keras file to an int8 .tflite and its card",
        description="Convert a face network to int8, compare both on the validation parts, and "
        "refuse to write it where int8 loses more than the limit.",
        epilog="example: wayside-tools convert models/face.keras --out runs/face.tflite",
    )
    convert.add_argument("source", type=Path, metavar="FILE.keras")
    convert.add_argument("--out", type=Path, required=True, metavar="FILE.tflite")
    add_data(convert)
    convert.add_argument("--limit", type=int, help="use so many faces of each part: for a trial")
    convert.set_defaults(run=_convert)


def _convert(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    import keras

    from tools.learning.workshop import convert_face, load_tables
    from tools.measuring.evaluate import as_markdown

    if not arguments.source.is_file():
        raise UserError(f"{arguments.source}: no such file; `wayside-tools train` makes one")
    try:
        network = keras.saving.load_model(arguments.source)
    except (ValueError, OSError) as error:
        raise UserError(f"{arguments.source}: not a .keras file ({str(error)[:80]})") from None
    tables = load_tables(data_folder(arguments), arguments.runs / "cache", arguments.limit)
    report = convert_face(network, arguments.source, arguments.out, tables)
    for kind, figures in report.items():
        print(f"\n{kind}\n{as_markdown(figures)}")
    return 0
