"""iCal as programs write it, for tests."""

from __future__ import annotations


def vevent(*lines: str, uid: str = "one@example.org", summary: str = "A Concert") -> str:
    """An event of these lines; it begins at seven in the evening where they do not say when."""
    if not any(line.startswith("DTSTART") for line in lines):
        lines = ("DTSTART:20261201T170000Z", "DTEND:20261201T190000Z", *lines)
    own = [line for line in (f"UID:{uid}" if uid else "", f"SUMMARY:{summary}") if line]
    return "\r\n".join(["BEGIN:VEVENT", *own, *lines, "END:VEVENT"])


def ics(*parts: str) -> bytes:
    """A calendar of these parts, each of whole lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *parts, "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()
