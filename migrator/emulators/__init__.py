"""Practice CRMs, served on loopback: for rehearsals, for the demo, and for tests.

Each is written from its vendor's own text and knows nothing of the connectors, so that the two can disagree. What a
server saw and did stands in its history, what it holds in its snapshot.
"""

import difflib
from collections.abc import Iterable

from migrator.emulators.account import Factory, Options
from migrator.emulators.centralstation import Station
from migrator.emulators.clevertim import ClevertimAccount
from migrator.emulators.crelate import Organisation
from migrator.emulators.crelate3 import Tenant
from migrator.emulators.history import Entry
from migrator.emulators.messages import Change, Deed
from migrator.emulators.opencrm import System
from migrator.emulators.server import Emulator
from migrator.emulators.spotler import Edition
from migrator.errors import Problem, SpecError

__all__ = ["EMULATORS", "Change", "Deed", "Emulator", "Entry", "Options", "start"]

EMULATORS: dict[str, Factory] = {
    "crelate": Organisation,
    "crelate3": Tenant,
    "opencrm": System,
    "spotler": Edition,
    "centralstation": Station,
    "clevertim": ClevertimAccount,
}


def start(
    name: str,
    *,
    port: int = 0,
    seed: int | None = None,
    faults: Iterable[str] = (),
    options: Options | None = None,
) -> Emulator:
    """Start the practice server of a CRM on 127.0.0.1; port 0 takes a free one. Close it, or use it in a `with`.

    Without a seed the account is a new one, with other ids and another key each time; the same seed gives the same ids
    in the same order. Raises SpecError for an unknown name or a wrong fault text, OSError where the port is taken.
    """
    if name not in EMULATORS:
        near = difflib.get_close_matches(name, EMULATORS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"one of {', '.join(EMULATORS)}"
        raise SpecError(Problem(code="E098", fact=f"there is no practice server for '{name}'", hint=hint))
    return Emulator(EMULATORS[name], port=port, seed=seed, faults=faults, options=options or Options())
