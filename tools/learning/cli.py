"""`wayside-tools train` and `convert`: the verbs that make the models."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace
from pathlib import Path

from device.errors import UserError
from tools.places import MODELS, add_data, data_folder, quiet_tensorflow


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs and what they do."""
    train = subparsers.add_parser(
        "train",
        help="from the zip files to the models that ship",
        description="Train the backbone and the temporal network, convert, measure and write the "
        "cards. A run that was stopped goes on where it was; delete its folder to begin again. "
        "About an hour on two cores.",
        epilog="example: wayside-tools train --data ../shared/data   "
        "(a trial of a minute: --limit 300 --epochs 2 --out /tmp/trial --runs /tmp/trial/runs)",
    )
    add_data(train)
    train.add_argument("--out", type=Path, default=MODELS, help="where the models go")
    train.add_argument("--epochs", type=int, help="of the backbone; default: the recipe's")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--limit", type=int, help="use so many faces of each part: for a trial")
    train.set_defaults(run=_train)

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


def _train(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    from tools.learning.temporal import TemporalRecipe
    from tools.learning.training import Recipe
    from tools.learning.workshop import make_models

    recipe, temporal = Recipe(seed=arguments.seed), TemporalRecipe(seed=arguments.seed)
    if arguments.epochs is not None:
        recipe = replace(recipe, epochs=arguments.epochs)
    if arguments.limit is not None:
        temporal = replace(temporal, clips=arguments.limit, held_out_clips=arguments.limit // 4)
        recipe = replace(recipe, batch=min(recipe.batch, arguments.limit // 4))
    card = make_models(
        data_folder(arguments), arguments.runs, arguments.out, recipe, temporal,
        shlex.join(["wayside-tools", "train", *_given(arguments)]), arguments.limit,
    )  # fmt: skip
    _print_table(card["metrics"]["int8"])
    print(f"{arguments.out}: face.tflite, temporal.tflite, their sources and cards")
    return 0


def _given(arguments: argparse.Namespace) -> list[str]:
    """The options that make a difference to the result, for the card."""
    given = [] if arguments.seed == 1 else ["--seed", str(arguments.seed)]
    for name in ("epochs", "limit"):
        value = getattr(arguments, name)
        given += [] if value is None else [f"--{name}", str(value)]
    return given


def _convert(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    import keras

    from tools.learning.workshop import convert_face, load_tables

    if not arguments.source.is_file():
        raise UserError(f"{arguments.source}: no such file; `wayside-tools train` makes one")
    try:
        network = keras.saving.load_model(arguments.source)
    except (ValueError, OSError) as error:
        raise UserError(f"{arguments.source}: not a .keras file ({str(error)[:80]})") from None
    tables = load_tables(data_folder(arguments), arguments.runs / "cache", arguments.limit)
    report = convert_face(network, arguments.source, arguments.out, tables)
    for kind, figures in report.items():
        print(f"\n{kind}")
        _print_table(figures)
    return 0


def _print_table(report: dict[str, dict[str, object]]) -> None:
    from tools.measuring.evaluate import as_markdown

    print(as_markdown(report))
