"""The report of `wayside-tools evaluate`, as Markdown and as PNG.

Every number here is in the JSON; what was not measured is stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.datasets.face_dataset import VOTES
from tools.evaluation.fairness import FIGURES
from tools.evaluation.plots import draw_fairness, draw_reliability, draw_robustness
from tools.evaluation.robustness import ACCURACIES, CLIFF, CURVES
from tools.scoring.metrics import AGREED, VOTED
from tools.scoring.plots import draw_confusion
from tools.scoring.tables import markdown, of_figures

HEADS = {
    "emotion": "emotion, by FER-2013's label",
    "votes": "votes, by FER+'s majority",
    "emotion_by_votes": "emotion, by FER+'s majority",
    "gender": "gender",
}


def summary(report: Mapping[str, Any]) -> str:
    """The printed part: the main table, the comparison, and a line for each verdict."""
    return "\n\n".join(
        [
            *([report["gate_table"]] if "gate_table" in report else []),
            *([_release(report["refused"])] if "refused" in report else []),
            *([of_figures(report["splits"])] if "splits" in report else []),
            *(part for some in report.get("compare", ()) for part in comparison(some)),
            *(["\n".join(verdicts(report))] if any(verdicts(report)) else []),
        ]
    )


def verdicts(report: Mapping[str, Any]) -> Iterator[str]:
    """A line for each gap that has a limit, and for each cliff in the usual range at a kiosk."""
    for title, split in report.get("fairness", {}).items():
        for kind, gap in split.get("gaps", {}).items():
            if "limit" in gap:
                yield (
                    f"{title}: gender accuracy by {kind}: {gap['best']} {_points(gap['value'])} "
                    f"points above {gap['worst']} (95 %: {_points(gap['low'])} to "
                    f"{_points(gap['high'])}); limit {_points(gap['limit'])}: "
                    f"{'met' if gap['met'] else 'NOT met'}"
                )
    for split, found in report.get("robustness", {}).items():
        usual = [cliff for cliff in found["cliffs"] if cliff["usual"]]
        for cliff in usual:
            yield f"{split}: a cliff in the usual range at a kiosk: {_cliff(found, cliff)}"
        if not usual:
            yield f"{split}: no cliff in the usual range at a kiosk"


def as_report(report: Mapping[str, Any]) -> str:
    """All sections as one Markdown document."""
    title = f"# {report['model']}, {report['date']}\n\n`{report['sha256']}`"
    if report.get("limit"):
        title += f"\n\nA trial on {report['limit']} faces of each split, not a measurement."
    sections = [title]
    if "gate_table" in report:
        sections += ["## What is reported, on every set", report["gate_table"]]
    if "refused" in report:
        sections.append(_release(report["refused"]))
    if "splits" in report:
        sections += ["## Accuracy", of_figures(report["splits"]), *_votes(report["splits"])]
    for some in report.get("compare", ()):
        sections += [f"## Compared with {some['name']}", *comparison(some)]
    if "calibration" in report:
        sections += ["## Calibration", _calibration(report["calibration"])]
    for title, split in report.get("fairness", {}).items():
        if "groups" in split:
            sections += [f"## Fairness, {title}", *_fairness(split)]
    if "fairness" in report:
        sections.append(next(iter(report["fairness"].values()))["not_measured"])
    for split, found in report.get("robustness", {}).items():
        sections += [f"## Robustness, {split}", *_robustness(found)]
    return "\n\n".join(sections) + "\n"


def _release(refused: Sequence[str]) -> str:
    """The verdict of the gate."""
    return (
        "\n".join(["release: no", *(f"- {one}" for one in refused)]) if refused else "release: yes"
    )


def _points(share: float) -> str:
    return f"{share * 100:.1f}"


def _figure(value: float) -> str:
    return f"{value:.3f}"


def _interval(row: Mapping[str, float]) -> str:
    return f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"


def _votes(splits: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Numbers of faces with and without FER+'s majority, and accuracies on subsets of them."""
    for title, figures in splits.items():
        if "votes" not in figures:
            continue
        votes = figures["votes"]
        text = (
            f"FER+ majority, {title}: {votes['faces']} faces; left out: {votes['ties']} ties, "
            f"{votes['contempt']} of contempt, {votes['without_votes']} without votes."
        )
        clear = [
            f"{votes[f'{name}_clear_accuracy']} by the output `{output}`"
            for name, output in VOTED.items()
            if f"{name}_clear_accuracy" in votes
        ]
        if clear:
            text += (
                f" Where more than half of the votes agree ({votes['clear_faces']} faces): "
                f"{', '.join(clear)}."
            )
        agreed = [
            f"{votes[f'{name}_agreed_accuracy']} by `{name}`"
            for name in AGREED
            if f"{name}_agreed_accuracy" in votes
        ]
        if agreed:
            text += (
                f" Where label and majority agree ({votes['agreed_faces']} faces): "
                f"{', '.join(agreed)}."
            )
        yield text


def comparison(compared: Mapping[str, Any]) -> list[str]:
    """The baseline's table, and ours less theirs."""
    rows = [
        (title, HEADS[name], _interval(row))
        for title, heads in compared["ours_less_theirs"].items()
        for name, row in heads.items()
    ]
    named = {f"{compared['name']}, {title}": split for title, split in compared["splits"].items()}
    header = ("", "accuracy", "ours less theirs (95 %)")
    return [of_figures(named), markdown(header, rows)]


def _calibration(splits: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        (title, HEADS[name], row["faces"], f"{row['ece']:.4f}", f"{row['nll']:.4f}")
        for title, heads in splits.items()
        for name, row in heads.items()
    ]
    return markdown(("", "output", "faces", "ECE (15 bins)", "log loss"), rows)


def _fairness(split: Mapping[str, Any]) -> Iterator[str]:
    rows = []
    for kind, members in {"": {"all": split["overall"]}, **split["groups"]}.items():
        for name, row in members.items():
            figures = (_interval(row[key]) for key in FIGURES)
            count = f"{row['faces']} (few)" if row["small"] else row["faces"]
            rows.append((kind, name, count, *figures))
    titles = ("gender accuracy (95 %)", "age error, years (95 %)", "age band accuracy (95 %)")
    yield markdown(("by", "group", "faces", *titles), rows)
    gaps = [
        (kind, gap["best"], gap["worst"], _interval(gap), gap.get("limit", "–"),
         {True: "yes", False: "no", None: "–"}[gap.get("met")])
        for kind, gap in split["gaps"].items()
    ]  # fmt: skip
    if gaps:
        header = ("by", "best", "worst", "gap of gender accuracy (95 %)", "limit", "met")
        yield markdown(header, gaps)


def _cliff(found: Mapping[str, Any], cliff: Mapping[str, Any]) -> str:
    row = found["conditions"][cliff["condition"]]
    return (
        f"{ACCURACIES[cliff['figure']]} at {row['title']} {cliff['strength']:g} ({row['unit']}): "
        f"{cliff['clean']:.3f} to {cliff['value']:.3f}"
    )


def _robustness(found: Mapping[str, Any]) -> Iterator[str]:
    keys = [key for key in CURVES if key in found["clean"]]
    clean = (_figure(found["clean"][key]) for key in keys)
    rows: list[tuple[Any, ...]] = [("clean", "", *clean)]
    for row in found["conditions"].values():
        for index, strength in enumerate(row["strengths"]):
            values = (_figure(row["curves"][key][index]) for key in keys)
            rows.append((row["title"], f"{strength:g}", *values))
    yield markdown(("condition", "strength", *(CURVES[key] for key in keys)), rows)
    yield "\n".join(
        f"- {row['title']}: {row['unit']}. "
        + ("Not usual: " if row["usual"] is None else f"Usual up to {row['usual']:g}: ")
        + f"{row['reason']}."
        for row in found["conditions"].values()
    )
    yield f"Where accuracy falls by more than {CLIFF * 100:.0f} points:"
    cliffs = [
        (found["conditions"][c["condition"]]["title"], ACCURACIES[c["figure"]],
         f"{c['strength']:g}", _figure(c["clean"]), _figure(c["value"]),
         "yes" if c["usual"] else "no")
        for c in found["cliffs"]
    ]  # fmt: skip
    header = ("condition", "accuracy", "from strength", "clean", "corrupted", "usual at a kiosk")
    yield markdown(header, cliffs) if cliffs else "Nowhere."


def draw(report: Mapping[str, Any], folder: Path, labels: tuple[str, ...]) -> list[Path]:
    """Write every picture that the report has figures for; returns the files."""
    made: list[Path] = []

    def at(*names: str) -> Path:
        made.append(folder / f"{'-'.join(names).replace(' ', '-')}.png")
        return made[-1]

    name = report["model"]
    for title, figures in report.get("splits", {}).items():
        if "confusion" in figures:
            draw_confusion(figures["confusion"], at(title, "confusion"), labels, f"{name}, {title}")
        if "confusion" in figures.get("votes", {}):
            counts, heading = figures["votes"]["confusion"], f"{name}, {title}, FER+ majority"
            draw_confusion(counts, at(title, "votes-confusion"), VOTES, heading)
    for title, heads in report.get("calibration", {}).items():
        if heads:
            shown = {HEADS[head]: row for head, row in heads.items()}
            draw_reliability(shown, at(title, "reliability"), f"{name}, {title}")
    for title, split in report.get("fairness", {}).items():
        if "groups" in split:
            heading = f"{name}, {title}: groups with their faces; small ones are hollow"
            draw_fairness(split, at(title, "fairness"), heading)
    for split, found in report.get("robustness", {}).items():
        heading = f"{name}, {split}"
        draw_robustness(found, ACCURACIES, at(split, "robustness"), label="accuracy", title=heading)
        if "age_error" in found["clean"]:
            age = {"age_error": "age error (years)"}
            draw_robustness(found, age, at(split, "robustness-age"), label="years", title=heading)
    return made
