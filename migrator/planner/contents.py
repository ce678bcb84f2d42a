"""Files that rows name, read as text; what the plan says of each is kept until the draft takes it."""

import hashlib

from migrator.connectors.protocols import Source
from migrator.errors import SourceError
from migrator.planner.refusal import CONTROL, ValueRefusedError

MAX_HELD_BYTES = 16 << 20


class Contents:
    """Reads from one source; `is_full` asks for the rows at hand to be put away, so that memory stays flat."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._facts: dict[str, tuple[str, int]] = {}
        self._held_bytes = 0

    @property
    def is_full(self) -> bool:
        """Tell whether the texts that were given since the last `take` are many."""
        return self._held_bytes > MAX_HELD_BYTES

    def text(self, name: str) -> str:
        """Read a file as UTF-8 without its mark; empty where it holds white space only. Raises ValueRefusedError."""
        try:
            data = self._source.content(name)
        except SourceError as error:
            (problem,) = error.problems
            raise ValueRefusedError("E117", problem.fact, value=name, hint=problem.hint) from None
        self._facts[name] = (hashlib.sha256(data).hexdigest(), len(data))
        self._held_bytes += len(data)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            fact, hint = f"is no UTF-8: byte {error.start + 1:,}", "save it as UTF-8"
            raise ValueRefusedError("E117", fact, value=name, hint=hint) from None
        if found := CONTROL.search(text):
            fact, hint = f"holds the control character U+{ord(found[0]):04X}", "take it out of the file"
            raise ValueRefusedError("E112", fact, value=name, hint=hint)
        return text if text.strip() else ""

    def take(self) -> list[tuple[str, str, int]]:
        """Give name, hash and size of what was read since the last time."""
        facts = [(name, *found) for name, found in self._facts.items()]
        self._facts, self._held_bytes = {}, 0
        return facts
