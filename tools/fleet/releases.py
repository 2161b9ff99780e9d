"""The releases in a repository: the next one, an earlier one again, and what each changes."""

from __future__ import annotations

from datetime import datetime

from device.errors import UserError
from device.fleet.manifest import Entry, Manifest
from tools.fleet.repository import Repository, digest_of
from tools.fleet.signing import Keys, add_target, change

KEPT = 5
"""Releases of a kind that stay in the metadata to go back to, beside the one that is rolled out."""


def next_counter(repository: Repository) -> int:
    """One more than the highest, counting releases that wait for a signature."""
    counters = (manifest.counter for manifest in repository.manifests(signed=False).values())
    return max(counters, default=0) + 1


def current(repository: Repository) -> Manifest | None:
    """The release that is rolled out; None: none is yet."""
    rollout = repository.rollout()
    return repository.manifests().get(rollout.release) if rollout else None


def again(repository: Repository, counter: int) -> Manifest:
    """The content of an earlier release under the next counter: the way back.

    Raises:
        UserError: the repository does not have that release, or not any more.
    """
    found = {manifest.counter: manifest for manifest in repository.manifests().values()}
    if counter not in found:
        raise UserError(
            f"{counter}: no such release; there is {', '.join(map(str, sorted(found))) or 'none'}"
        )
    return found[counter].model_copy(update={"counter": next_counter(repository)})


def sign_release(
    repository: Repository, keys: Keys, manifest: Manifest, now: datetime
) -> tuple[str, ...]:
    """Sign a release with its kind's keys that are at hand; names of those that still have to.

    Raises:
        UserError: none of them is at hand.
    """
    rollout = repository.rollout()
    kept = {rollout.release} if rollout else set()
    kept |= {f"code/{one.base}.json" for one in repository.manifests().values() if one.base}
    known = repository.newest(manifest.kind).signed.targets
    kept |= set(sorted(known, key=_counter)[1 - KEPT :])
    content = manifest.model_dump_json().encode()
    alter = add_target(manifest.target, content, repository.add_blob(content), kept.__contains__)
    return change(repository, keys, manifest.kind, now, alter)


def unpublished(repository: Repository) -> list[Manifest]:
    """The releases that wait for a signature, all of whose files are in the repository.

    Raises:
        UserError: a file is missing, or is not what the manifest says.
    """
    published = repository.manifests()
    waiting = [m for n, m in repository.manifests(signed=False).items() if n not in published]
    for manifest in waiting:
        for entry in manifest.files:
            place = repository.blob(entry.sha256)
            if not place.is_file() or digest_of(place) != entry.sha256:
                raise UserError(f"{place}: missing or damaged, it is {entry.path}; copy it again")
    return waiting


def changes(repository: Repository, manifest: Manifest) -> list[str]:
    """In words, the files that differ from the release that was signed before it."""
    before = {entry.path: entry.sha256 for entry in _before(repository, manifest)}
    if manifest.base is not None:  # its code is that of a release, and not among its files
        before = {path: sha256 for path, sha256 in before.items() if not path.startswith("device/")}
    now = {entry.path: entry.sha256 for entry in manifest.files}
    words = dict.fromkeys(now.keys() - before.keys(), "new")
    words |= dict.fromkeys(before.keys() - now.keys(), "gone")
    words |= {path: "changed" for path in now.keys() & before.keys() if now[path] != before[path]}
    return [f"{words[path]:7} {path}" for path in sorted(words)]


def _before(repository: Repository, manifest: Manifest) -> tuple[Entry, ...]:
    earlier = [m for m in repository.manifests().values() if m.counter < manifest.counter]
    return max(earlier, key=lambda m: m.counter).files if earlier else ()


def _counter(target: str) -> int:
    return int(target.partition("/")[2].removesuffix(".json"))
