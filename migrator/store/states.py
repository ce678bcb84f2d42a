"""Where an operation stands: the states of guarantees.md, section 4."""

from enum import StrEnum


class State(StrEnum):
    """Where an operation stands."""

    PLANNED = "PLANNED"
    INTENT = "INTENT"
    IN_DOUBT = "IN_DOUBT"
    APPLIED = "APPLIED"
    VERIFIED = "VERIFIED"
    NOOP = "NOOP"
    REJECTED = "REJECTED"
    QUARANTINED = "QUARANTINED"
    BLOCKED = "BLOCKED"
    SKIPPED = "SKIPPED"


LANDED = frozenset({State.APPLIED, State.VERIFIED, State.NOOP})
UNSETTLED = frozenset({State.INTENT, State.IN_DOUBT})
OPEN = frozenset({State.PLANNED, *UNSETTLED})
