"""Moves a fleet to a release, step by step: signs each step, publishes it, and watches it.

What is signed is the state: a rollout that was interrupted goes on from the step that kiosks see.
`rollouts.jsonl` beside the metadata is the operator's own diary of it: which kiosks a step waited
for, and what came of it. Guarantees: no step begins before the one before has committed; a release
that fails, or is silent, is paused, signed; without this program nothing moves further.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from device.errors import UserError
from device.fleet.manifest import TARGET, Rollout
from device.messaging.payloads import iso
from tools.fleet import publish as publishing
from tools.fleet.certificates import OPERATOR
from tools.fleet.connection import operator_connection
from tools.fleet.hub import Hub
from tools.fleet.releases import again, sign_release
from tools.fleet.repository import Repository
from tools.fleet.signing import Keys, add_target, change, public_keys, refresh
from tools.fleet.steps import PERCENTS, Bounds, Count, Verdict, count, group, judge
from tools.fleet.table import Table
from tools.fleet.watcher import Watcher

DIARY = "rollouts.jsonl"

TURN_S = 1.0


@dataclass(frozen=True, slots=True)
class Progress:
    """A step as it goes on. away: kiosks that were not there when it began."""

    rollout: Rollout
    count: Count
    away: tuple[str, ...]
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Result:
    """How a rollout has ended. verdict: of its last step."""

    rollout: Rollout
    verdict: Verdict
    count: Count
    away: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """All that the operator needs at hand. show: told how a step goes on, again and again.

    sent: told how publishing goes on. wall: seconds since 1970.
    """

    repository: Repository
    keys: Keys
    hub: Hub
    show: Callable[[Progress], None]
    sent: publishing.Progress = publishing.quiet
    wall: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Step:
    """group: the kiosks that it waits for. away: those that were not there. began: in UTC."""

    group: tuple[str, ...]
    away: tuple[str, ...]
    began: datetime


@dataclass
class Diary:
    """What was done with each release, in the order of time."""

    folder: Path
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        try:
            text = (self.folder / DIARY).read_text(encoding="utf-8")
        except OSError:
            return
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:  # cut by a full disk: it is of use to people alone
                continue
            if isinstance(entry, dict):
                self.lines.append(entry)

    def note(self, what: str, rollout: Rollout, at: datetime, **more: object) -> None:
        """Write a line down."""
        entry = {"at": iso(at), "what": what, **_key(rollout), **more}
        self.lines.append(entry)
        with (self.folder / DIARY).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def step(self, rollout: Rollout) -> Step | None:
        """How a step began; None: it did not."""
        for entry in reversed(self.lines):
            if entry.get("what") == "step" and _key(rollout).items() <= entry.items():
                began = datetime.fromisoformat(entry["at"])
                return Step(tuple(entry["group"]), tuple(entry["away"]), began)
        return None

    def completed(self, below: int) -> int | None:
        """The newest release under a counter that the whole fleet has taken."""
        done = (e["release"] for e in self.lines if e.get("what") == "done")
        return max((counter for counter in done if counter < below), default=None)


def begin(
    desk: Desk, counter: int, canaries: Iterable[str] = (), *, everywhere: bool = False
) -> Rollout:
    """The step to go on from: the first one, or that of this release which kiosks see already.

    canaries: `site/kiosk` names; by default those of the rollout before. everywhere: the last step.

    Raises:
        UserError: no such release, an older one, no canaries, or it is paused.
    """
    release, current = _release(desk.repository, counter), desk.repository.rollout()
    named = tuple(canaries)
    if current is not None and current.release == release:
        if current.paused:
            raise UserError(
                f"release {counter}: its rollout is paused; `--resume` goes on with it, `--back` "
                "goes back to the release before"
            )
        if named and current.percent == PERCENTS[0]:
            current = current.model_copy(update={"canaries": named})
        return _last(current) if everywhere else current
    if current is not None and counter < current.counter:
        raise UserError(
            f"release {counter}: {current.counter} was rolled out after it, and kiosks take no "
            f"lower one; `--back {counter}` rolls its content out again"
        )
    named = named or (current.canaries if current else ())
    if not named and not everywhere:
        raise UserError("no canaries; name the kiosks that take it first: --canary SITE/KIOSK")
    first = Rollout(release=release, canaries=named, percent=PERCENTS[0])
    return _last(first) if everywhere else first


def roll_out(desk: Desk, first: Rollout, bounds: Bounds) -> Result:
    """Go on from a step to the last one, or to the first that does not do.

    Raises:
        UserError: a canary that is away, a key that is not at hand, or no hub.
    """
    open_keys(desk)
    diary, rollout = Diary(desk.repository.folder), first
    whole = True  # at first all that kiosks may ask for must be on the hub
    while True:
        known = diary.step(rollout)
        names, away = (known.group, known.away) if known else _concerned(desk, rollout)
        if desk.repository.rollout() != rollout:
            _sign(desk, rollout)
        _publish(desk, whole=whole)
        whole = False
        if known is None:
            known = Step(names, away, _now(desk))
            diary.note("step", rollout, known.began, group=names, away=away)
        result = _watch(desk, rollout, bounds, known)
        if result.verdict != "go on":
            why = {**result.count.failed, **result.count.waiting}
            pause(desk, result.verdict, why)
            return result
        following = [percent for percent in PERCENTS if percent > rollout.percent]
        if not following:
            diary.note("done", rollout, _now(desk), committed=len(result.count.committed))
            return result
        rollout = rollout.model_copy(update={"percent": following[0]})


def pause(desk: Desk, what: str = "paused", why: Mapping[str, str] | None = None) -> Rollout:
    """Sign and publish that no further kiosk moves. what, why: for the diary.

    Raises:
        UserError: nothing is rolled out, or no key or hub is at hand.
    """
    return _hold(desk, paused=True, what=what, why=why or {})


def resume(desk: Desk) -> Rollout:
    """The step that was paused, to go on from; its time begins anew.

    Raises:
        UserError: nothing is paused, or no key or hub is at hand.
    """
    rollout = _current(desk)
    if not rollout.paused:
        raise UserError(f"release {rollout.counter}: its rollout is not paused")
    return _hold(desk, paused=False, what="resumed", why={})


def back(desk: Desk, counter: int | None = None) -> Rollout:
    """Sign the content of an earlier release as the next one, for all kiosks at once: they have
    it. counter: of that release; by default the last that the whole fleet has taken.

    Raises:
        UserError: there is no such release, or a key is not at hand.
    """
    open_keys(desk)
    current = _current(desk)
    if counter is None:
        counter = Diary(desk.repository.folder).completed(current.counter)
    if counter is None:
        known = sorted(one.counter for one in desk.repository.manifests().values())
        raise UserError(
            "no release before it was taken by the whole fleet; name one: --back N, of "
            f"{', '.join(map(str, known))}"
        )
    if counter == current.counter:
        raise UserError(f"release {counter}: it is the one that is rolled out")
    manifest = again(desk.repository, counter)
    if left := sign_release(desk.repository, desk.keys, manifest, _now(desk)):
        raise UserError(
            f"release {manifest.counter}: {' and '.join(left)} still has to sign; then "
            f"`wayside-tools fleet rollout {manifest.counter} --all`"
        )
    return _last(current.model_copy(update={"release": manifest.target, "paused": False}))


def open_keys(desk: Desk) -> None:
    """Ask for the passphrases now, so that a pause can be signed when nobody is there.

    Raises:
        UserError: a key is not at hand.
    """
    for role in ("rollout", "timestamp"):
        for key in public_keys(desk.repository, role):
            desk.keys.signer(key)


def _concerned(desk: Desk, rollout: Rollout) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kiosks that a step waits for, and those that are away.

    Raises:
        UserError: a canary is.
    """
    with Watcher(desk.hub, OPERATOR) as watcher:
        table = _table(desk, watcher)
    included = group(rollout, {*(row.name for row in table.rows()), *rollout.canaries})
    there = [name for name in included if table.row(name).state in ("online", "stopped")]
    away = [name for name in included if name not in there]
    if rollout.percent == PERCENTS[0] and (missing := set(rollout.canaries) & set(away)):
        raise UserError(
            f"canary {min(missing)}: is not connected to the hub; name others: --canary SITE/KIOSK"
        )
    return tuple(there), tuple(away)


def _watch(desk: Desk, rollout: Rollout, bounds: Bounds, step: Step) -> Result:
    """Watch a step until it is decided.

    Raises:
        UserError: meanwhile another program has signed another step, or a pause.
    """
    with Watcher(desk.hub, OPERATOR) as watcher:
        table = _table(desk, watcher)
        while True:
            found = count(map(table.row, step.group), rollout.counter)
            elapsed_s = desk.wall() - step.began.timestamp()
            verdict = judge(found, bounds, elapsed_s)
            desk.show(Progress(rollout, found, step.away, elapsed_s))
            if verdict != "wait":
                return Result(rollout, verdict, found, step.away)
            if desk.repository.rollout() != rollout:
                raise UserError(
                    f"release {rollout.counter}: somebody else has changed its rollout, as by "
                    "--pause; this one ends, and nothing is undone"
                )
            for message in watcher.messages(TURN_S):
                table.hear(message, _now(desk))


def _table(desk: Desk, watcher: Watcher) -> Table:
    """The kiosks as the hub has kept them."""
    table = Table(desk.hub.enrolled())
    for message in watcher.settle():
        table.hear(message, _now(desk))
    return table


def _hold(desk: Desk, *, paused: bool, what: str, why: Mapping[str, str]) -> Rollout:
    open_keys(desk)
    rollout, diary = _current(desk), Diary(desk.repository.folder)
    step = diary.step(rollout)
    rollout = rollout.model_copy(update={"paused": paused})
    _sign(desk, rollout)
    _publish(desk, whole=False)
    diary.note(what, rollout, _now(desk), why=dict(why))
    if step and not paused:
        diary.note("step", rollout, _now(desk), group=step.group, away=step.away)
    return rollout


def _last(rollout: Rollout) -> Rollout:
    """Its last step."""
    return rollout.model_copy(update={"percent": PERCENTS[-1]})


def _key(rollout: Rollout) -> dict[str, Any]:
    """What tells a step from others in the diary."""
    return {
        "release": rollout.counter,
        "percent": rollout.percent,
        "canaries": list(rollout.canaries),
    }


def _sign(desk: Desk, rollout: Rollout) -> None:
    content, now = rollout.model_dump_json().encode(), _now(desk)
    alter = add_target(
        TARGET, content, desk.repository.add_blob(content), lambda other: other != TARGET
    )
    change(desk.repository, desk.keys, "rollout", now, alter)
    refresh(desk.repository, desk.keys, now)


def _publish(desk: Desk, *, whole: bool) -> None:
    """whole: everything, and all of it read back; else the rollout and the metadata alone."""
    source = desk.repository if whole else _Step(desk.repository)
    with operator_connection(desk.hub) as connection:
        publishing.publish(source, connection, repair=True, progress=desk.sent)


@dataclass(frozen=True, slots=True)
class _Step:
    """Of a repository, what a step changes."""

    repository: Repository

    def files(self) -> dict[str, bytes]:
        return self.repository.files()

    def blobs(self) -> dict[str, Path]:
        sha256 = self.repository.published("rollout").signed.targets[TARGET].hashes["sha256"]
        return {sha256: self.repository.blob(sha256)}


def _release(repository: Repository, counter: int) -> str:
    manifests = repository.manifests()
    names = {manifest.counter: name for name, manifest in manifests.items()}
    if counter not in names:
        signed = ", ".join(map(str, sorted(names))) or "none"
        waits = any(m.counter == counter for m in repository.manifests(signed=False).values())
        why = "still to be signed by somebody" if waits else f"no such release; there is {signed}"
        raise UserError(f"release {counter}: {why}")
    return names[counter]


def _current(desk: Desk) -> Rollout:
    rollout = desk.repository.rollout()
    if rollout is None:
        raise UserError("nothing was rolled out yet; `wayside-tools fleet rollout N` begins")
    return rollout


def _now(desk: Desk) -> datetime:
    return datetime.fromtimestamp(desk.wall(), UTC)
