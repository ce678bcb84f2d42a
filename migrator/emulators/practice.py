"""What stands behind the sockets of one server: the account, the history, the script, and one lock over them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from migrator.emulators.account import Account, Options, Snapshot, secrets_of
from migrator.emulators.faults import Fault, Script
from migrator.emulators.history import Entry, History
from migrator.emulators.messages import Answer, Request
from migrator.ports import Rng, new_lock


class Practice:
    """Serialises all use of the account, so that the order of the history is the order of its changes."""

    def __init__(self, account: Account, rng: Rng, options: Options, faults: Iterable[str]) -> None:
        self.account = account
        self.token = rng.token()
        self.is_closed = False
        self._options = options
        self._history = History(options.clock, account.secret_parameters)
        self._script = Script(rng, faults)
        self._lock = new_lock()

    def now(self) -> datetime:
        """Give the server's wall time."""
        return self._options.clock.now()

    def receive(self, request: Request) -> tuple[Entry, Fault | None]:
        """Note a request for the account, and pick the fault that strikes it."""
        with self._lock:
            fault = self._script.pick(request.method)
            entry = self._history.receive(request, fault.text if fault else "")
        self._tell(entry)
        return entry, fault

    def turn_away(self, request: Request) -> Entry:
        """Note a request that the account never sees."""
        entry = self._history.receive(request)
        self._tell(entry)
        return entry

    def _tell(self, entry: Entry) -> None:
        if self._options.on_received is not None:
            self._options.on_received(entry)

    def commit(self, n: int, request: Request) -> Answer:
        """Let the account do what request `n` asks, and note what changed."""
        with self._lock:
            answer = self.account.answer(request)
            self._history.commit(n, answer.changes)
        return answer

    def note_answer(self, n: int, status: int) -> None:
        """Note that request `n` is being answered."""
        self._history.answer(n, status)

    def history(self) -> list[Entry]:
        """List what was received, in order."""
        return self._history.entries()

    def snapshot(self) -> Snapshot:
        """Copy all records."""
        with self._lock:
            return self.account.snapshot()

    def seed_records(self, object_name: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Put records there without a request. Raises SpecError for what the vendor would refuse."""
        with self._lock:
            return self.account.seed(object_name, records)

    def secrets(self) -> dict[str, str]:
        """Give what the account accepts now."""
        with self._lock:
            return secrets_of(self.account)

    def regenerate_key(self) -> str:
        """Replace the key."""
        with self._lock:
            return self.account.regenerate_key()

    def script(self, faults: Iterable[str]) -> None:
        """Add faults. Raises SpecError, and adds none, where one is wrong."""
        with self._lock:
            self._script.add(faults)
