"""The values that every room speaks: what a CRM holds, what is written to it, and what it answered.

A record's fields are flat, from the target's field name to a canonical value: text, int, bool or a list of them, with
decimals as text without trailing zeros, dates as `2024-01-31` and date-times as `2024-01-31T08:40:49Z`. There is no
float.
"""

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from migrator.errors import Problem

Canonical = Any  # str | int | bool | None | list[Canonical] | dict[str, Canonical]
Fields = Mapping[str, Canonical]


class Action(StrEnum):
    """What a plan does about one row or record."""

    CREATE = "create"
    UPDATE = "update"
    LINK = "link"
    UNCHANGED = "unchanged"
    SKIP = "skip"
    REJECT = "reject"
    DELETE = "delete"
    APPEND = "append"

    @property
    def rune(self) -> str:
        """Give the one character that stands for the action wherever a plan is shown."""
        return _RUNES[self]


CUSTOM = "custom."

_POSITION = re.compile(r"\[[0-9]*\]$")
_RUNES = dict(zip(Action, "+~&=·!->", strict=True))


class Kind(StrEnum):
    """The type of a target's field; the wire format belongs to the connector."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    LIST = "list"
    TAGS = "tags"
    ITEMS = "items"
    REFERENCE = "reference"


TEXT_KINDS = frozenset({Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.URL})


class Tier(StrEnum):
    """How an unanswered create is recognised: by a marker, by a natural key, or not at all."""

    MARKER = "A"
    KEY = "B"
    BLIND = "C"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field of a target's object. `refused` says why it may not be written; empty where it may.

    `items` are the parts of each object in a list of objects. `normalised` names what the target itself does to a
    value: `lower`, `digits`, `trim` or `html` (escaped). `can_append`: the connector can add to the `options`.
    """

    name: str
    kind: Kind
    required: bool = False
    refused: str = ""
    references: str = ""
    max_length: int | None = None
    options: tuple[str, ...] = ()
    can_append: bool = False
    normalised: str = ""
    items: Mapping[str, "Field"] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectType:
    """One kind of record in a CRM; `parents` are the objects it can live under, none for an object of its own.

    `open` is the pattern of further fields, which only an account knows; `labels` are those of its custom fields.
    `is_written`: the connector creates such records; else it only reads them. `kind_words` are the words in which a
    field tells of what kind a record is: by field, then by object. `parent_ids` names, for each parent, the field in
    which a record that was read holds its parent's id.
    """

    name: str
    fields: Mapping[str, Field]
    tier: Tier = Tier.BLIND
    marker: str = ""
    parents: tuple[str, ...] = ()
    is_listed: bool = True
    is_written: bool = True
    label: tuple[str, ...] = ()
    open: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    kind_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    parent_ids: Mapping[str, str] = field(default_factory=dict)
    texts: frozenset[str] = field(init=False, repr=False, compare=False)  # the fields of plain text

    def __post_init__(self) -> None:
        texts = (name for name, one in self.fields.items() if one.kind in TEXT_KINDS and "." not in name)
        object.__setattr__(self, "texts", frozenset(texts))

    def key(self, name: str) -> str:
        """Give the wire name of a field: that of a custom one is found by its label, `custom.Legacy ID`."""
        if not name.startswith(CUSTOM):
            return name
        label = name.removeprefix(CUSTOM)
        squeezed = "".join(label.split()).lower()
        found = squeezed if squeezed in self.fields else name
        return self.labels.get(label, found)

    def field(self, name: str) -> Field | None:
        """Find a field by its wire name: `Tags.Skills` is a category of the tags, `phones[0].no` a part of an item."""
        name = self.key(name) if name.startswith(CUSTOM) else name
        if name in self.fields:
            return self.fields[name]
        whole, _, part = name.partition(".")
        found = self.fields.get(_POSITION.sub("", whole)) if part else None
        if found is not None and found.kind is Kind.ITEMS:
            return found.items.get(part)
        if found is not None and found.kind is Kind.TAGS:
            return Field(name=name, kind=Kind.LIST, refused=found.refused)
        return Field(name=name, kind=Kind.TEXT) if self.open and re.fullmatch(self.open, name) else None

    def kind_word(self, name: str, kind: str) -> str:
        """Give the word for an object in a field that tells the kind of a record; the object's name if it has none."""
        return self.kind_words.get(name, {}).get(kind, kind)


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """What a connector's CRM holds, for checking a mapping's names; `probed` says what a probe wrote, and when."""

    connector: str
    version: str
    objects: Mapping[str, ObjectType]
    probed: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Which account of which server a target is: its origin, and a hash of ids that only this account has."""

    origin: str
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.origin} ({self.fingerprint[:12]})"


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetRecord:
    """A record as the target holds it: its id, canonical fields, and `raw`, the answer it came in.

    `parents` are (object, id) of the records under which it lives, where the target tells.
    """

    id: str
    fields: Fields
    parents: tuple[tuple[str, str], ...] = ()
    raw: Mapping[str, Any] = field(repr=False, default_factory=dict)


class Write(NamedTuple):
    """One request that changes the target. `before`: the record as just read, for updates; `parent`: (object, id)."""

    object: str
    fields: Fields
    id: str = ""
    parent: tuple[str, str] | None = None
    before: TargetRecord | None = None


class Verdict(StrEnum):
    """What a request did, as far as can be known."""

    APPLIED = "applied"
    REFUSED = "refused"
    NOT_APPLIED = "not applied"
    NOT_SENT = "not sent"
    GONE = "gone"
    IN_DOUBT = "in doubt"


class Outcome(NamedTuple):
    """The answer to one write.

    `halt` stops the whole run after this outcome is journalled. `wait_seconds` is the earliest a next request may be
    sent. `confirm` asks for one read before a refusal is believed, where the vendor refuses with a status that can also
    be a fault. `is_success`: the target says that it did it, though it names no record. `is_page`: a web page answered.
    """

    verdict: Verdict
    target_id: str = ""
    status: int | None = None
    message: str = ""
    wait_seconds: float = 0.0
    confirm: bool = False
    is_success: bool = False
    is_page: bool = False
    halt: Problem | None = None


class Choice(NamedTuple):
    """One candidate of a question: its id in the target, its label, and what tells it from the others."""

    id: str
    label: str
    differs: str


class Question(NamedTuple):
    """What a plan leaves to a person: which candidate a value means, and how many rows hang on it."""

    id: str
    object: str
    field: str
    value: str
    rows: int
    candidates: tuple[Choice, ...]


def canonical_decimal(number: Decimal) -> str:
    """Write a number without exponent and without trailing zeros: `0.1`, `1000`, `-12.5`."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def canonical_datetime(moment: datetime) -> str:
    """Write an aware date-time in UTC with `Z`, fractions of a second only where there are any."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def same_value(kind: Kind, mine: Canonical, theirs: Canonical, normalised: str = "") -> bool:
    """Tell whether two canonical values are one: lists as sets, ids without case, everything else to the letter.

    `normalised` names what the target does to a value, which makes no difference then.
    """
    if isinstance(mine, list) and isinstance(theirs, list):
        return set(map(spelled, mine)) == set(map(spelled, theirs))
    if kind is Kind.REFERENCE and isinstance(mine, str) and isinstance(theirs, str):
        return mine.lower() == theirs.lower()
    if normalised and isinstance(mine, str) and isinstance(theirs, str):
        return _NORMALISED[normalised](mine, theirs)
    return bool(mine == theirs) and isinstance(mine, bool) == isinstance(theirs, bool)


def differing_fields(item: ObjectType, mine: Fields, theirs: Fields) -> list[str]:
    """Name the fields of ours that stand otherwise in a record of the target; a blank is no value."""
    found = []
    for name, value in mine.items():
        known = item.field(name)
        kind, normalised = (known.kind, known.normalised) if known else (Kind.TEXT, "")
        ours = None if value in ("", []) else value
        if not same_value(kind, ours, theirs.get(name), normalised):
            found.append(name)
    return found


def spelled(item: Canonical) -> str:
    """Give one text for an item of a list, the same for the same item."""
    return json.dumps(item, sort_keys=True, ensure_ascii=False) if isinstance(item, dict) else str(item)


def _same_digits(mine: str, theirs: str) -> bool:
    """Compare telephone numbers: one may have a country's prefix that the other lacks."""
    digits = [re.sub("[^0-9]", "", text).lstrip("0") for text in (mine, theirs)]
    shorter, longer = sorted(digits, key=len)
    return longer.endswith(shorter) and (shorter == longer or len(shorter) >= _MIN_DIGITS)


_MIN_DIGITS = 7
_NORMALISED: Mapping[str, Callable[[str, str], bool]] = {
    "lower": lambda mine, theirs: mine.lower() == theirs.lower(),
    "digits": _same_digits,
    "trim": lambda mine, theirs: mine.strip() == theirs.strip(),
    "html": lambda mine, theirs: html.unescape(mine) == html.unescape(theirs),
}


def midnight(day: date) -> datetime:
    """Take a date as a date-time: midnight UTC, without any shift of zone."""
    return datetime.combine(day, time(), UTC)


class Query(str):
    """A query that a source runs, where others have the name of a table."""

    __slots__ = ()
