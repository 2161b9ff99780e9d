"""`docs/messages.md`, made from the table of topics: a test compares.

python -m device.messaging.document > docs/messages.md
"""

from __future__ import annotations

from device.messaging.topics import TABLE, Row

PREFACE = """\
# Messages

<!-- Made by `python -m device.messaging.document > docs/messages.md`; change the table in
`device/messaging/topics.py` instead. -->

Payloads are JSON objects in UTF-8; times are ISO 8601 in UTC. Consumers ignore keys that they do
not know, and a message that arrives twice has the effect of one. A level of a topic holds letters,
digits, `-` and `_` only; `fleet` is no name for a site. Nothing here tells the emotion, age or
gender of anyone: `counts` are sums over an hour, and small ones are null.

The kiosk publishes `status`, `suggestions` and `health` anew at every connect, so that a broker
that has lost its store has them again. It ignores `display` and `feedback` that a broker has
retained: a touch of last week is not a touch.
"""


def document() -> str:
    """The whole page, Markdown."""
    head = ("message", "topic", "sent by", "retained", "QoS", "what")
    overview = [head, ("---",) * len(head), *(_line(row) for row in TABLE)]
    return "\n".join([PREFACE, *map(_cells, overview), *map(_section, TABLE)]) + "\n"


def _line(row: Row) -> tuple[str, ...]:
    sender = {"kiosk": "the kiosk", "page": "the page", "anyone": "anyone"}[row.sender]
    topic = row.template.replace("{", "<").replace("}", ">")
    retained = "yes" if row.retained else "no"
    return f"`{row.name}`", f"`{topic}`", sender, retained, str(row.qos), row.what


def _section(row: Row) -> str:
    lines = [
        (f"`{key.rstrip('?')}`" + (", may be missing" if key.endswith("?") else ""), what)
        for key, what in row.fields.items()
    ]
    cells = map(_cells, [("key", "what"), ("---", "---"), *lines])
    return "\n".join([f"\n## {row.name}", *cells])


def _cells(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(document(), end="")
