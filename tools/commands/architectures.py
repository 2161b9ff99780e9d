"""`wayside-tools architectures`: other networks trained by the same recipe, in one table."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import add_data, add_limit, at_least, data_folder
from tools.places import quiet_tensorflow


def add_parser(subparsers: SubParsers) -> None:
    """Add the command."""
    architectures = subparsers.add_parser(
        "architectures",
        help="other networks trained by the same recipe: size, time and accuracy",
        description="Train the shipped network and others by one recipe, one after the other, "
        "convert each to int8 and compare them on the validation splits. An interrupted run "
        "continues, and a finished one is not repeated.",
        epilog="example: wayside-tools architectures --only mini-xception,wayside --epochs 12   "
        "(a trial of two minutes: --limit 200 --epochs 1 --runs /tmp/trial)",
    )
    add_data(architectures)
    architectures.add_argument("--only", metavar="NAME,...", help="some of them; default: all")
    architectures.add_argument(
        "--epochs", type=at_least(1), metavar="N", help="of each; default: the recipe's"
    )
    architectures.add_argument(
        "--train-only",
        action="store_true",
        help="train without conversion and table, as on an accelerator without TensorFlow "
        "(KERAS_BACKEND=jax)",
    )
    add_limit(architectures)
    architectures.set_defaults(run=_architectures)


def _architectures(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    from tools.datasets.load import load_datasets
    from tools.evaluation.architectures import as_table, rows_of, train_all
    from tools.evaluation.plots import draw_architectures
    from tools.training.architectures import ARCHITECTURES
    from tools.training.recipes import Recipe

    names = list(ARCHITECTURES) if arguments.only is None else arguments.only.split(",")
    if unknown := [name for name in names if name not in ARCHITECTURES]:
        raise UserError(
            f"--only: no such network: {unknown[0]!r}; takes {', '.join(ARCHITECTURES)}"
        )
    recipe = Recipe()
    if arguments.epochs is not None:
        recipe = replace(recipe, epochs=arguments.epochs)
    if arguments.limit is not None:
        recipe = replace(recipe, batch=min(recipe.batch, arguments.limit // 4))
    datasets = load_datasets(data_folder(arguments), arguments.runs / "cache", arguments.limit)
    folder = arguments.runs / "architectures"
    chosen = {name: ARCHITECTURES[name] for name in names}
    train_all(datasets, folder, recipe, chosen, measured=not arguments.train_only)
    if arguments.train_only:
        print(f"{folder}: trained; the command without --train-only converts and measures")
        return 0

    rows = rows_of(folder, names)
    (folder / "architectures.json").write_text(json.dumps(rows, indent=1) + "\n")
    (folder / "architectures.md").write_text(as_table(rows) + "\n")
    draw_architectures(rows, folder / "architectures.png", "wayside")
    print(f"\n{as_table(rows)}\n\n{folder}: architectures.md, .json and .png")
    return 0
