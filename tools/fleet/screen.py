"""The operator's terminal: the table of kiosks and a rollout, by `rich`; plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table as Grid
from rich.text import Text

from tools.fleet.alerts import expiring
from tools.fleet.columns import COLUMNS, wrong
from tools.fleet.rollout import Progress
from tools.fleet.steps import PERCENTS
from tools.fleet.table import Row

STYLES = {"online": "green", "stopped": "yellow", "offline": "red", "never": "dim"}

MOST_NAMED = 8
"""Kiosks of a rollout that are named at once."""


def kiosks(rows: Sequence[Row], expires: Mapping[str, datetime], now: datetime) -> RenderableType:
    """What is wrong, and the table, which may be longer than the terminal."""
    grid, lines = Grid(box=None, pad_edge=False, header_style="bold"), list[Text]()
    for column in COLUMNS.values():
        grid.add_column(column.title, justify="right" if column.right else "left", no_wrap=True)
    for row in rows:
        marked = wrong(row)
        cells = [
            Text(
                column.text(row, now),
                "bold red" if name in marked else STYLES[row.state] if name == "state" else "",
            )
            for name, column in COLUMNS.items()
        ]
        grid.add_row(*cells)
        lines += [Text(f"{row.name}: {text}", "red") for text in marked.values()]
    if text := expiring(expires, now):
        lines.append(Text(text, "red"))
    online = sum(row.state == "online" for row in rows)
    head = Text(f"{online} of {len(rows)} online   {now.astimezone():%H:%M:%S}", "dim")
    return Group(head, *lines, grid)


def line(row: Row) -> str:
    """What a kiosk is, in one line, without what changes all the time."""
    release = COLUMNS["release"].text(row, datetime.min)
    marked = wrong(row)
    if row.state != "online":
        marked.pop("state", None)  # the state says it
    words = [row.state, f"release {release}" if row.told else "", *marked.values()]
    return f"{row.name}: {', '.join(word for word in words if word)}"


def rollout(progress: Progress) -> RenderableType:
    """A step of a rollout as it goes on."""
    found, minutes = progress.count, progress.elapsed_s / 60
    grid = Grid.grid(padding=(0, 1))
    bar = ProgressBar(total=max(1, found.total), completed=len(found.committed), width=30)
    grid.add_row(Text(step(progress)), bar, Text(tally(progress)))
    names = [Text(f"{name}: {why}", "red") for name, why in list(found.failed.items())]
    names += [Text(f"{name}: {what}", "dim") for name, what in found.waiting.items()]
    if len(names) > MOST_NAMED:
        names = [*names[:MOST_NAMED], Text(f"and {len(names) - MOST_NAMED} more", "dim")]
    return Group(grid, *names, Text(f"{minutes:.0f} min", "dim"))


class Board:
    """The kiosks as the operator sees them: a live table on a terminal, else a line a change.

    Use it as a context. clock: what `say` puts before a line.
    """

    def __init__(self, clock: Callable[[], str] = lambda: f"{datetime.now():%H:%M:%S}") -> None:
        self._console, self._clock = Console(), clock
        self._live: Live | None = None
        self._told: dict[str, str] = {}

    def __enter__(self) -> Board:
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def say(self, text: str) -> None:
        """Print a line, above the table if there is one."""
        self._console.print(Text(f"{self._clock()} {text}"), soft_wrap=True)

    def table(self, rows: Sequence[Row], expires: Mapping[str, datetime]) -> None:
        """Show how the kiosks are."""
        if self._live:
            self._live.update(kiosks(rows, expires, datetime.now(UTC)), refresh=True)
            return
        for row in rows:
            text = line(row)
            if text != self._told.get(row.name):
                self._told[row.name] = text
                self.say(text)


class Shown:
    """A rollout as the operator sees it: live on a terminal, else a line for each change."""

    def __init__(self) -> None:
        """Nothing is drawn before there is something to show."""
        self._console = Console()
        self._live: Live | None = None
        self._told = ""
        self._last: RenderableType = ""

    def step(self, progress: Progress) -> None:
        """Show how a step goes on."""
        self._last = rollout(progress)
        self._draw(self._last, f"{step(progress)}: {tally(progress)}")

    def sent(self, what: str, done: int, total: int) -> None:
        """Show how publishing goes on."""
        self._draw(Group(self._last, Text(f"{what}: {done} of {total} parts", "dim")))

    def close(self) -> None:
        """Leave what is drawn."""
        if self._live:
            self._live.stop()

    def _draw(self, drawing: RenderableType, line: str = "") -> None:
        if self._console.is_terminal:
            if self._live is None:
                self._live = Live(console=self._console, refresh_per_second=4)
                self._live.start()
            self._live.update(drawing)
        elif line and line != self._told:
            self._told = line
            print(line, flush=True)


def step(progress: Progress) -> str:
    """Which step it is."""
    percent = progress.rollout.percent
    what = "canaries" if percent == PERCENTS[0] else f"{percent} %"
    return f"release {progress.rollout.counter}, {what}"


def tally(progress: Progress) -> str:
    """The figures of a step."""
    found = progress.count
    text = f"{len(found.committed)} of {found.total} committed"
    text += f", {len(found.failed)} failed" if found.failed else ""
    return text + (f", {len(progress.away)} away" if progress.away else "")
