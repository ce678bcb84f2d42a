"""Numbers, spans of time and values in the words of every report; what could act on a terminal is spelled out."""

import re
from typing import Any

_HARMFUL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
MAX_VALUE = 60
OPTIONS = {
    "append": "will be added to its list",
    "blank": "is no option, left blank",
    "send": "is no option, sent as it is",
}

KEPT = frozenset({"W620", "W621", "W622", "W623", "W624", "W625", "W626"})
STAYS = (
    "time stamps, audit logs, mails and workflows that were triggered, values derived elsewhere, ids of what is gone",
    "what somebody added to a created record in fields that the run did not write goes with it",
)


def duration(seconds: float) -> str:
    """Write a span of time: `41 min`, `7 h 9 min`."""
    minutes = round(seconds / 60)
    if seconds < 90:  # noqa: PLR2004 - a minute and a half
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004 - the same in minutes


def moment(iso: str) -> str:
    """Write a moment: `2026-11-22 04:34 UTC`."""
    return f"{iso[:16].replace('T', ' ')} UTC"


def harmless(text: str) -> str:
    """Spell out control characters, escape sequences and marks of direction, so that data cannot move the cursor."""
    return _HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}" if found[0] not in "\n\r" else " ", text)


def spelled(value: Any) -> str:
    """Write a value for people."""
    if value is None or value == "":
        return "(blank)"
    if isinstance(value, dict) and "$op" in value:
        return "(known after apply)"
    if isinstance(value, dict) and "lookup" in value:
        wanted = value.get("fields") or value.get("key") or value.get("id")
        listed = ", ".join(map(str, wanted.values())) if isinstance(wanted, dict) else str(wanted)
        return f"the {value['lookup']} {spelled(listed)}"
    if isinstance(value, list) and any(isinstance(item, dict) and {"$op", "lookup"} & item.keys() for item in value):
        return ", ".join(map(spelled, value))
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = harmless(text)
    return f"'{text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + '…'}'"


def of(count: int, noun: str) -> str:
    """Write a number with its noun: `1 row`, `2,000 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
