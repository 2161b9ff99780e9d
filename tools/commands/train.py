"""`wayside-tools train`: from data to the models that ship."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import MIN_FACES, add_data, at_least, data_folder
from tools.places import MODELS, SOFT_TARGETS, quiet_tensorflow


def add_parser(subparsers: SubParsers) -> None:
    """Add the verb and what it does."""
    train = subparsers.add_parser(
        "train",
        help="from data to the models that ship, or to models of your own labels",
        description="Train the backbone and the temporal network, convert, measure and write the "
        "cards. A run that was stopped goes on where it was, but for the temporal network, which "
        "takes minutes; delete its folder to begin again. Some three hours on two cores. With "
        "--labels the network that ships is taught the classes of DIR instead, such as EmoPOI's "
        "eight moods, in minutes; docs/recipes/own-labels.md.",
        epilog="example: wayside-tools train --data ../shared/data   "
        "(a trial of a minute: --limit 300 --epochs 2 --out /tmp/trial --runs /tmp/trial/runs)   "
        "or: wayside-tools train --labels faces --out my-models",
    )
    add_data(train)
    train.add_argument(
        "--labels",
        type=Path,
        metavar="DIR",
        help="DIR/<class>/<face crop>: learn these classes, named as the folders are",
    )
    train.add_argument(
        "--strict", action="store_true", help="refuse DIR at the first thing that is wrong"
    )
    train.add_argument(
        "--out",
        type=Path,
        help="where the models go; default: models, with --labels RUNS/labels/models",
    )
    train.add_argument(
        "--start",
        type=Path,
        metavar="FILE.keras",
        help="go on from a trained network with the last phase alone; "
        "with --labels: teach this one, default: models/face.keras",
    )
    train.add_argument(
        "--lessons",
        type=lambda text: None if text == "none" else Path(text),
        default=SOFT_TARGETS,
        metavar="DIR",
        help="what `teach` kept of these very faces, or `none`: learn from labels alone; "
        "default: models/lessons",
    )
    train.add_argument(
        "--train-only",
        action="store_true",
        help="stop before the models are made of the backbone, as on an accelerator without "
        "TensorFlow (KERAS_BACKEND=jax)",
    )
    train.add_argument(
        "--epochs", type=at_least(1), help="of the backbone's phases; default: the recipes'"
    )
    train.add_argument("--seed", type=at_least(0), default=1)
    train.add_argument(
        "--limit", type=at_least(MIN_FACES), help="use so many faces of each part: for a trial"
    )
    train.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    if arguments.labels:
        for option, given in (
            ("--train-only", arguments.train_only),
            ("--lessons", arguments.lessons != SOFT_TARGETS),
        ):
            if given:
                raise UserError(f"{option}: goes without --labels, whose training takes minutes")
    elif arguments.strict:
        raise UserError("--strict: is of --labels; `datasets --strict` reads the public sets so")
    if arguments.start is not None and not arguments.start.is_file():
        raise UserError(f"--start: {arguments.start}: no such file; name a `.keras` network")
    return _train_labels(arguments) if arguments.labels else _train_all(arguments)


def _train_labels(arguments: argparse.Namespace) -> int:
    from tools.datasets.import_issues import ImportIssues
    from tools.scoring.tables import of_figures
    from tools.training.clips import TemporalRecipe
    from tools.training.finetune import FinetuneRecipe
    from tools.training.labelled import make_labelled

    runs = arguments.runs / "labels"
    out = arguments.out or runs / "models"
    recipe, temporal = FinetuneRecipe(seed=arguments.seed), TemporalRecipe(seed=arguments.seed)
    if arguments.epochs is not None:
        recipe = replace(recipe, epochs=arguments.epochs)
    if arguments.limit is not None:
        temporal = replace(temporal, clips=arguments.limit, held_out_clips=arguments.limit // 4)
    given = ["wayside-tools", "train", "--labels", arguments.labels.name, *_given(arguments)]
    start = arguments.start or MODELS / "face.keras"
    card = make_labelled(
        arguments.labels, start, runs, out, recipe, temporal, shlex.join(given),
        ImportIssues(strict=arguments.strict), arguments.limit,
    )  # fmt: skip
    print(of_figures(card["metrics"]["int8"]))
    print(
        f"{out}: the models and what else a kiosk needs; `models: {out}` in config.yaml runs them"
    )
    return 0


def _train_all(arguments: argparse.Namespace) -> int:
    from tools.datasets.face_dataset import TRAIN, join
    from tools.datasets.load import load_datasets, require_splits
    from tools.training.pipeline import course_of, train_network
    from tools.training.soft_targets import load, refuse_none

    changed: dict[str, int] = {"seed": arguments.seed}
    if arguments.epochs is not None:
        changed["epochs"] = arguments.epochs
    if arguments.lessons is not None:
        refuse_none(arguments.lessons)  # before anything is read
    runs, data = arguments.runs, data_folder(arguments)
    tables = load_datasets(data, runs / "cache", arguments.limit)
    require_splits(tables)
    lessons = None
    if arguments.lessons is not None:
        lessons = load(arguments.lessons, join(*tables.values()).only(TRAIN))
    course = course_of(lessons)
    if arguments.limit is not None:
        changed["batch"] = min(course[-1].batch, arguments.limit // 4)
    phases = [replace(phase, **changed) for phase in course]
    network = train_network(tables, runs, phases, lessons, arguments.start)
    if arguments.train_only:
        print(f"{runs}: trained; `wayside-tools train` without --train-only makes the models of it")
        return 0

    from tools.scoring.tables import of_figures
    from tools.training.clips import TemporalRecipe
    from tools.training.release import release

    temporal = TemporalRecipe(seed=arguments.seed)
    if arguments.limit is not None:
        temporal = replace(temporal, clips=arguments.limit, held_out_clips=arguments.limit // 4)
    out = arguments.out or MODELS
    command = shlex.join(["wayside-tools", "train", *_given(arguments)])
    card = release(tables, network, runs, out, temporal, command, lessons)
    print(of_figures(card["metrics"]["int8"]))
    print(f"{out}: face.tflite, temporal.tflite, their sources and cards")
    return 0


def _given(arguments: argparse.Namespace) -> list[str]:
    """The options that make a difference to the result, for the card."""
    given = [] if arguments.seed == 1 else ["--seed", str(arguments.seed)]
    if arguments.start is not None:
        given += ["--start", arguments.start.name]
    if arguments.lessons != SOFT_TARGETS:
        given += ["--lessons", arguments.lessons.name if arguments.lessons else "none"]
    for name in ("epochs", "limit"):
        value = getattr(arguments, name)
        given += [] if value is None else [f"--{name}", str(value)]
    return given
