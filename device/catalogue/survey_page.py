"""A catalogue as one page for its operator: counts, gaps and a map, in one file.

Guarantees: the page needs no network and no other file; every text of the catalogue is escaped, so
that none becomes markup; without its script it lacks nothing but zooming.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from html import escape
from pathlib import Path
from string import Template

from device.catalogue.survey import Gap, Survey
from device.catalogue.survey_map import GROUPS, OTHERS, Map, length

FOLDER = Path(__file__).parent / "page"

MOST_ROWS = 12
"""Rows of a list that are shown before the others are folded away."""


def page(
    survey: Survey,
    drawing: Map | None,
    name: str,
    about: str,
    today: date,
    credits: Iterable[str] = (),
) -> str:
    """The page as HTML.

    drawing: None where no item has coordinates. name: of the catalogue. about: the kiosk for which
    it was looked at. today: the day of the page. credits: of the footways that are drawn.
    """
    template = Template((FOLDER / "survey.html").read_text(encoding="utf-8"))
    kinds = " · ".join(f"{_number(n)} {_plural(kind, n)}" for kind, n in survey.kinds.items())
    return template.substitute(
        name=escape(name),
        about=escape(about),
        today=today.isoformat(),
        items=_number(survey.items),
        kinds=escape(kinds),
        style=(FOLDER / "survey.css").read_text(encoding="utf-8"),
        script=(FOLDER / "survey.js").read_text(encoding="utf-8"),
        map=_map(drawing),
        gaps="".join(_gaps(survey.gaps)),
        never="".join(_gaps(survey.never)),
        counts="".join(_counts(survey)),
        sources="".join(_sources(survey)),
        credits=_credits(survey, credits),
    )


def _number(number: int) -> str:
    return f"{number:,}"


def _plural(kind: str, number: int) -> str:
    if number == 1:
        return kind
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


def _map(drawing: Map | None) -> str:
    if drawing is None:
        return (
            '<p class="none">No item has coordinates, so there is nothing to draw. Without them '
            "the kiosk knows no distances and shows no way. Fill <code>latitude</code> and "
            "<code>longitude</code>, or import the town from OpenStreetMap.</p>"
        )
    legend = "".join(
        f'<label class="g{_colour(name, n)}"><input type="checkbox" checked '
        f'data-group="{_colour(name, n)}"><i></i>{escape(name)} <b>{_number(count)}</b></label>'
        for n, (name, count) in enumerate(drawing.groups)
    )
    notes = []
    if drawing.cell_m is not None:
        notes.append(
            f"There are too many items to draw each: those of one colour within "
            f"{length(float(f'{drawing.cell_m:.2g}'))} are one dot, larger for more."
        )
    if drawing.outside:
        notes.append(f"{_number(drawing.outside)} items lie outside the map.")
    if drawing.kiosk_outside:
        notes.append("The kiosk is far away from these items, and not on the map.")
    return (
        f'<div class="map">{drawing.svg}<div class="scale"><i></i><span></span></div>'
        '<div class="zoom"><button type="button" data-zoom="in" title="nearer">+</button>'
        '<button type="button" data-zoom="out" title="farther">−</button>'
        '<button type="button" data-zoom="all" title="all of it">○</button></div>'
        '<output id="told"></output></div>'
        f'<div class="legend">{legend}</div><p class="note">{" ".join(notes)}</p>'
    )


def _colour(name: str, number: int) -> int:
    return GROUPS if name == OTHERS else number


def _gaps(gaps: Sequence[Gap]) -> Iterator[str]:
    for gap in sorted(gaps, key=lambda gap: -gap.items / max(1, gap.of)):
        share = gap.items / max(1, gap.of)
        ids = " ".join(f"<code>{escape(item_id)}</code>" for item_id in gap.examples)
        more = " …" if gap.items > len(gap.examples) else ""
        number = f"{_number(gap.items)} of {_number(gap.of)}" if gap.items else "none"
        row = "gap" if gap.items else "whole"
        yield (
            f'<tr class={row}><th scope="row">{escape(gap.what)}</th><td class=n>{number}</td>'
            f"<td class=bar>{_bar(share)}</td><td>{ids}{more}</td></tr>"
        )


def _counts(survey: Survey) -> Iterator[str]:
    of_kind: dict[str, list[tuple[str, int]]] = {}
    for (kind, category), number in survey.categories.items():
        of_kind.setdefault(kind, []).append((category, number))
    for kind, total in survey.kinds.items():
        rows = of_kind[kind]
        most = max(number for _, number in rows)
        title = f"{escape(kind)} <b>{_number(total)}</b> <small>{len(rows)} categories</small>"
        yield f"<section><h3>{title}</h3>{_list(rows, most)}</section>"


def _list(rows: Sequence[tuple[str, int]], most: int) -> str:
    def lines(some: Sequence[tuple[str, int]]) -> str:
        return "".join(
            f"<li><span>{escape(name)}</span><b>{_number(n)}</b>{_bar(n / most)}</li>"
            for name, n in some
        )

    if len(rows) <= MOST_ROWS + 2:
        return f"<ol>{lines(rows)}</ol>"
    return (
        f"<ol>{lines(rows[:MOST_ROWS])}</ol><details><summary>{len(rows) - MOST_ROWS} more"
        f"</summary><ol>{lines(rows[MOST_ROWS:])}</ol></details>"
    )


def _bar(share: float) -> str:
    return f'<i class="bar"><i style="width:{100 * share:.1f}%"></i></i>'


def _sources(survey: Survey) -> Iterator[str]:
    rows = [
        f"<tr><td>{escape(source.name)}</td><td>{source.date or '–'}</td>"
        f"<td>{escape(source.credit) or '–'}</td><td class=n>{_number(source.items)}</td></tr>"
        for source in survey.sources
    ]
    head = "<tr><th>source</th><th>date</th><th>credit</th><th class=n>items</th></tr>"
    yield f"<table><thead>{head}</thead><tbody>{''.join(rows[:MOST_ROWS])}</tbody></table>"
    if rest := rows[MOST_ROWS:]:
        yield (
            f"<details><summary>{len(rest)} more sources</summary><table><thead>{head}</thead>"
            f"<tbody>{''.join(rest)}</tbody></table></details>"
        )


def _credits(survey: Survey, others: Iterable[str]) -> str:
    credits = dict.fromkeys([*(one.credit for one in survey.sources if one.credit), *others])
    whole = [one for one in credits if not any(one != other and one in other for other in credits)]
    return " · ".join(escape(credit) for credit in whole)
