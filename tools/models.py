"""`wayside-tools train`, `convert` and `evaluate`: the verbs that make and measure the models."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from device.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"
RUNS = ROOT / "runs"


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
    _data(train)
    train.add_argument("--out", type=Path, default=MODELS, help="where the models go")
    train.add_argument("--runs", type=Path, default=RUNS, help="checkpoints, logs, plots")
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
    _data(convert)
    convert.add_argument("--runs", type=Path, default=RUNS, help="where the data is cached")
    convert.add_argument("--limit", type=int, help="use so many faces of each part: for a trial")
    convert.set_defaults(run=_convert)

    evaluate = subparsers.add_parser(
        "evaluate",
        help="accuracy, age error and more of the .tflite that ships",
        description="Measure a model on FER-2013's and UTKFace's held-out parts, or on a folder "
        "of class folders with face crops. Choose by --part validation; test is for the end.",
        epilog="example: wayside-tools evaluate --json   or: "
        "wayside-tools evaluate --folder my_faces --json",
    )
    evaluate.add_argument("--model", type=Path, default=MODELS / "face.tflite")
    _data(evaluate)
    evaluate.add_argument("--runs", type=Path, default=RUNS, help="cache; plots go to evaluate/")
    evaluate.add_argument("--folder", type=Path, help="DIR/<emotion>/<face crop>, instead")
    evaluate.add_argument("--part", choices=("validation", "test", "all"), default="all")
    evaluate.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    evaluate.set_defaults(run=_evaluate)


def _data(parser: argparse.ArgumentParser) -> None:
    where = os.environ.get("WAYSIDE_DATA")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(where) if where else None,
        help="folder of fer2013.zip and utkface_112.zip; default: WAYSIDE_DATA",
    )


def _folder(arguments: argparse.Namespace) -> Path:
    if arguments.data is None:
        raise UserError("no data: give --data DIR, or set WAYSIDE_DATA to the folder")
    return Path(arguments.data)


def _quiet_tensorflow() -> None:
    """Its start-up notes say nothing to a user; before the first import."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _train(arguments: argparse.Namespace) -> int:
    _quiet_tensorflow()
    from tools.temporal import TemporalRecipe
    from tools.training import Recipe
    from tools.workshop import make_models

    recipe, temporal = Recipe(seed=arguments.seed), TemporalRecipe(seed=arguments.seed)
    if arguments.epochs is not None:
        recipe = replace(recipe, epochs=arguments.epochs)
    if arguments.limit is not None:
        temporal = replace(temporal, clips=arguments.limit, held_out_clips=arguments.limit // 4)
        recipe = replace(recipe, batch=min(recipe.batch, arguments.limit // 4))
    card = make_models(
        _folder(arguments), arguments.runs, arguments.out, recipe, temporal,
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
    _quiet_tensorflow()
    import keras

    from tools.workshop import convert_face, load_tables

    if not arguments.source.is_file():
        raise UserError(f"{arguments.source}: no such file; `wayside-tools train` makes one")
    try:
        network = keras.saving.load_model(arguments.source)
    except (ValueError, OSError) as error:
        raise UserError(f"{arguments.source}: not a .keras file ({str(error)[:80]})") from None
    tables = load_tables(_folder(arguments), arguments.runs / "cache", arguments.limit)
    report = convert_face(network, arguments.source, arguments.out, tables)
    for kind, figures in report.items():
        print(f"\n{kind}")
        _print_table(figures)
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    _quiet_tensorflow()
    from device.vision.card import load_card

    labels = load_card(arguments.model).labels
    if arguments.folder is not None:
        report = _evaluate_folder(arguments, labels)
    else:
        report = _evaluate_parts(arguments)
    if arguments.json:
        print(json.dumps(report))
    return 0


def _evaluate_folder(arguments: argparse.Namespace, labels: tuple[str, ...]) -> dict[str, object]:
    from tools.evaluate import measure_folder
    from tools.folders import read_folder

    folder = read_folder(arguments.folder, labels)
    report = measure_folder(arguments.model, folder, labels)
    for reason in folder.skipped:
        print(f"wayside-tools: skipped {reason}", file=sys.stderr)
    if not arguments.json:
        print(f"{report['faces']} faces, accuracy {report['accuracy']}, F1 {report['macro_f1']}")
        for label, figures in report["classes"].items():
            print(f"  {label:10} {figures['recall']:.3f} of {figures['faces']}")
    return report


def _evaluate_parts(arguments: argparse.Namespace) -> dict[str, object]:
    from tools.datasets import TEST, VALIDATION
    from tools.evaluate import measure_parts
    from tools.plots import draw_confusion
    from tools.workshop import load_tables

    parts = {"validation": (VALIDATION,), "test": (TEST,), "all": (VALIDATION, TEST)}
    tables = load_tables(_folder(arguments), arguments.runs / "cache")
    report = measure_parts(arguments.model, tables, parts[arguments.part])
    for title, figures in report.items():
        if "confusion" in figures:
            draw_confusion(figures["confusion"], arguments.runs / "evaluate" / f"{title}.png")
    if not arguments.json:
        _print_table(report)
    return {"model": arguments.model.name, "parts": report}


def _print_table(report: dict[str, dict[str, object]]) -> None:
    from tools.evaluate import as_markdown

    print(as_markdown(report))
