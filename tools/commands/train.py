"""`wayside-tools train`: from datasets to the shipped models, or to models of own labels."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import add_data, add_limit, at_least, data_folder
from tools.commands.voice import add_voice, train_voice
from tools.places import MODELS, SOFT_TARGETS, quiet_tensorflow


def add_parser(subparsers: SubParsers) -> None:
    """Add the command."""
    train = subparsers.add_parser(
        "train",
        help="from datasets to the shipped models, or to models of your own labels",
        description="Train the backbone and the temporal network, convert and measure them, and "
        "write their cards. An interrupted run continues, except for the temporal network, which "
        "takes minutes; delete its folder to start again. About three hours on two cores. With "
        "--labels, fine-tune the shipped network to the classes of DIR instead, such as EmoPOI's "
        "eight moods, in minutes; see docs/recipes/own-labels.md. With --voice, train the network "
        "of the tone of voice on RAVDESS and EmoDB.",
        epilog="example: wayside-tools train --data ../shared/data   "
        "(a trial of a minute: --limit 300 --epochs 2 --out /tmp/trial --runs /tmp/trial/runs)   "
        "or: wayside-tools train --labels faces --out my-models",
    )
    add_data(train)
    train.add_argument(
        "--labels",
        type=Path,
        metavar="DIR",
        help="DIR/<class>/<face crop>: learn these classes, named like the folders",
    )
    train.add_argument("--strict", action="store_true", help="stop at the first problem in DIR")
    train.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where the models go; default: models, with --labels RUNS/labels/models",
    )
    train.add_argument(
        "--start",
        type=Path,
        metavar="FILE.keras",
        help="a trained network: continue it with the last recipe alone; with --labels, fine-tune "
        "it, default: models/face.keras",
    )
    train.add_argument(
        "--last-stage",
        action="store_true",
        help="with --start: train only the last stage and the heads, at 0.4 times the cost",
    )
    train.add_argument(
        "--soft-targets",
        type=lambda text: None if text == "none" else Path(text),
        default=SOFT_TARGETS,
        metavar="DIR",
        help="files of `distill` for these faces, or `none` to train with labels alone; default: "
        "models/soft_targets",
    )
    train.add_argument(
        "--train-only",
        action="store_true",
        help="train the backbone without exporting models, as on an accelerator without TensorFlow "
        "(KERAS_BACKEND=jax)",
    )
    train.add_argument(
        "--epochs", type=at_least(1), metavar="N", help="of each run; default: the recipes'"
    )
    train.add_argument("--seed", type=at_least(0), default=1)
    add_limit(train)
    add_voice(train, "train the network of the tone of voice instead, with its folds of speakers")
    train.add_argument(
        "--folds",
        type=at_least(1, 5),
        default=5,
        metavar="N",
        help="with --voice: how many of the five folds of speakers are tested; default: 5",
    )
    train.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    if arguments.voice:
        for name in ("labels", "start", "limit"):
            if getattr(arguments, name) is not None:
                raise UserError(f"--{name}: cannot be combined with --voice")
        _refuse_with("--voice", arguments)
        command = shlex.join(["wayside-tools", "train", "--voice", *_options(arguments)])
        return train_voice(arguments, command)
    if arguments.labels:
        _refuse_with("--labels", arguments)
    elif arguments.strict:
        raise UserError("--strict: applies to --labels; check datasets with `datasets --strict`")
    if arguments.last_stage and arguments.start is None:
        raise UserError("--last-stage: needs --start FILE.keras, which gives the stages before it")
    if arguments.start is not None and not arguments.start.is_file():
        raise UserError(f"--start: {arguments.start}: no such file; name a .keras network")
    return _train_labels(arguments) if arguments.labels else _train_all(arguments)


def _refuse_with(chosen: str, arguments: argparse.Namespace) -> None:
    """Raise UserError for an option of the face network beside --labels or --voice."""
    for option, used in (
        ("--train-only", arguments.train_only),
        ("--last-stage", arguments.last_stage),
        ("--soft-targets", arguments.soft_targets != SOFT_TARGETS),
    ):
        if used:
            raise UserError(f"{option}: cannot be combined with {chosen}")


def _train_labels(arguments: argparse.Namespace) -> int:
    from tools.datasets.import_issues import ImportIssues
    from tools.scoring.tables import of_figures
    from tools.training.clips import TemporalRecipe
    from tools.training.finetune import FinetuneRecipe
    from tools.training.own_labels import train_own_labels

    runs = arguments.runs / "labels"
    out = arguments.out or runs / "models"
    recipe, temporal = FinetuneRecipe(seed=arguments.seed), TemporalRecipe(seed=arguments.seed)
    if arguments.epochs is not None:
        recipe = replace(recipe, epochs=arguments.epochs)
    if arguments.limit is not None:
        temporal = replace(temporal, clips=arguments.limit, held_out_clips=arguments.limit // 4)
    given = ["wayside-tools", "train", "--labels", arguments.labels.name, *_options(arguments)]
    start = arguments.start or MODELS / "face.keras"
    card = train_own_labels(
        arguments.labels, start, runs, out, recipe, temporal, shlex.join(given),
        ImportIssues(strict=arguments.strict), arguments.limit,
    )  # fmt: skip
    print(of_figures(card["metrics"]["int8"]))
    print(f"{out}: the models that a kiosk needs; `models: {out}` in config.yaml uses them")
    return 0


def _train_all(arguments: argparse.Namespace) -> int:
    from tools.datasets.face_dataset import TRAIN, join
    from tools.datasets.load import load_datasets, require_splits
    from tools.training.pipeline import train_network
    from tools.training.recipes import schedule_for
    from tools.training.soft_targets import load_soft_targets, require_files

    folder = arguments.soft_targets
    if folder is not None:
        require_files(folder)
    runs = arguments.runs
    data = data_folder(arguments)
    datasets = load_datasets(data, runs / "cache", arguments.limit)
    require_splits(datasets)
    soft_targets = None
    if folder is not None:
        soft_targets = load_soft_targets(folder, join(*datasets.values()).only(TRAIN))
    schedule = schedule_for(soft_targets)
    changed: dict[str, int] = {"seed": arguments.seed, "last_stage": arguments.last_stage}
    if arguments.epochs is not None:
        changed["epochs"] = arguments.epochs
    if arguments.limit is not None:
        changed["batch"] = min(schedule[-1].batch, arguments.limit // 4)
    schedule = tuple(replace(recipe, **changed) for recipe in schedule)
    network = train_network(datasets, runs, schedule, soft_targets, arguments.start)
    if arguments.train_only:
        print(f"{runs}: trained; `wayside-tools train` without --train-only exports the models")
        return 0

    from tools.datasets.development import load_development
    from tools.scoring.tables import of_figures
    from tools.training.clips import TemporalRecipe
    from tools.training.export import export_models

    temporal = TemporalRecipe(seed=arguments.seed)
    if arguments.limit is not None:
        temporal = replace(temporal, clips=arguments.limit, held_out_clips=arguments.limit // 4)
    out = arguments.out or MODELS
    command = shlex.join(["wayside-tools", "train", *_options(arguments)])
    development = None if arguments.limit else load_development(data, runs / "cache")
    card = export_models(datasets, network, runs, out, temporal, command, soft_targets, development)
    print(of_figures(card["metrics"]["int8"]))
    print(f"{out}: face.tflite, temporal.tflite, their sources and cards")
    return 0


def _options(arguments: argparse.Namespace) -> list[str]:
    """The options that affect the result, for the card."""
    options = [] if arguments.seed == 1 else ["--seed", str(arguments.seed)]
    if arguments.start is not None:
        options += ["--start", arguments.start.name]
    options += ["--last-stage"] if arguments.last_stage else []
    folder = arguments.soft_targets
    if folder != SOFT_TARGETS:
        options += ["--soft-targets", folder.name if folder else "none"]
    options += [] if arguments.folds == 5 else ["--folds", str(arguments.folds)]
    for name in ("epochs", "limit"):
        value = getattr(arguments, name)
        options += [] if value is None else [f"--{name}", str(value)]
    return options
