"""Watches a fleet: what the hub tells goes into a table, a history and alerts.

    watch = Watch(table, alerts, history, notify, complain)
    for message in watcher.messages(1): watch.hear(message, now)
    watch.turn(now)

Guarantee: a history that cannot be written, or a command that fails, is one line, and the watch
goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from device.errors import UserError
from tools.fleet.alerts import Alerts, Notify
from tools.fleet.history import Event, History
from tools.fleet.table import Message, Row, Table


class Watch:
    """complain: told in a line what does not work, once for each reason."""

    def __init__(
        self,
        table: Table,
        history: History,
        alerts: Alerts,
        notify: Notify | None,
        complain: Callable[[str], None],
    ) -> None:
        self.table, self.alerts = table, alerts
        self._history, self._notify, self._complain = history, notify, complain
        self._complained = ""

    def hear(self, message: Message, now: datetime) -> Row | None:
        """Take a message; returns the row that it changes. Another release is an event."""
        name = "/".join(message.topic.split("/")[2:4])
        before = self.table.row(name)
        row = self.table.hear(message, now)
        if row and before.told and row.told and before.release != row.release:
            text = f"release {row.release or 'of the factory'}, after {before.release or 'it'}"
            self._keep(lambda: self._history.note([Event(now, name, "runs", text, None)]))
        return row

    def turn(self, now: datetime) -> None:
        """Look at what has begun and ended, tell it, and take a sample when it is time."""
        rows = self.table.rows()
        edges = self.alerts.update(rows, self.table.expires, now)
        if edges:
            self._keep(lambda: self._history.tell(edges))
            if self._notify:
                self._notify.tell(edges)
        self._keep(lambda: self._history.sample(rows, now))

    def _keep(self, write: Callable[[], None]) -> None:
        try:
            write()
        except UserError as error:
            if str(error) != self._complained:
                self._complained = str(error)
                self._complain(str(error))
