"""What the server needs of a vendor's practice account, and what a rehearsal may vary in it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, runtime_checkable

from migrator.emulators.history import Entry
from migrator.emulators.messages import Answer, Request
from migrator.errors import Problem, SpecError
from migrator.ports import Clock, Rng, SystemClock

Snapshot = dict[str, dict[str, dict[str, Any]]]
Variants = TypeVar("Variants")


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What a rehearsal may vary beside seed and faults.

    `create_status` is what a create answers with, where the vendor's text leaves it open; 0 is the account's own
    choice. `on_received` is called with each new entry of the history, before anything is done about the request.
    `vendor` is what only one vendor's account knows to vary, as the frozen value that its folder defines for it.
    """

    clock: Clock = field(default_factory=SystemClock)
    create_status: int = 0
    on_received: Callable[[Entry], None] | None = None
    vendor: object | None = None


class Account(Protocol):
    """A practice account of one vendor: its records and its rules. Calls never overlap; the server sees to that."""

    base_path: str
    secret_parameters: frozenset[str]
    key: str

    def answer(self, request: Request) -> Answer:
        """Do what a request for a path below `base_path` asks, whole or not at all, and answer it."""

    def snapshot(self) -> Snapshot:
        """Copy all records: object → id → the fields that are set."""

    def seed(self, object_name: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Put records there as if they had always been there. Raises SpecError for what the vendor would refuse."""

    def regenerate_key(self) -> str:
        """Replace the key; the old one is refused from now on."""


@runtime_checkable
class HasPasskey(Protocol):
    """An account that wants a second secret beside its key; both are replaced together."""

    passkey: str


def secrets_of(account: Account) -> dict[str, str]:
    """Give all secrets that an account wants to hear, by the names of the settings that they are for."""
    passkey = {"passkey": account.passkey} if isinstance(account, HasPasskey) else {}
    return {"api_key": account.key, **passkey}


Factory = Callable[[Rng, Options], Account]


def variants(options: Options, kind: type[Variants]) -> Variants:
    """Give what a rehearsal varies for one vendor, all defaults if nothing. Raises SpecError for another vendor's."""
    if options.vendor is None:
        return kind()
    if isinstance(options.vendor, kind):
        return options.vendor
    fact = f"these options are for another practice server: {type(options.vendor).__name__}"
    raise SpecError(Problem(code="E098", place="options", fact=fact, hint=f"expected {kind.__name__}"))
