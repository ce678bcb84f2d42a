"""What a connector file says, as values. Nothing here asks a network or knows any one CRM."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrator.records import Catalog, Kind, ObjectType


@dataclass(frozen=True, kw_only=True, slots=True)
class Paging:
    """How a list is cut into pages: by `offset`, `page`, `cursor`, `next` link, or `range` header.

    `offset`, `page`, `cursor`, `end` and `size` are the names of parameters, `max` the largest size. `first` is the
    number of the first page, None where it has to be probed. `more` is the path of the flag for more, `at` where the
    cursor or the next link stands: a path of the body, or `header:NAME`. `exclusive`: a range ends before its last
    number.
    """

    by: str = "offset"
    max: int = 0
    size: str = ""
    offset: str = ""
    end: str = ""
    page: str = ""
    cursor: str = ""
    first: int | None = 0
    more: str = ""
    at: str = ""
    unit: str = "records"
    exclusive: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """A request of its own that tells how many records a list has, and where in its answer the number stands."""

    path: str
    at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """One kind of request: verb, path with holes, what its body looks like, and where in the answer things stand.

    `wrap` is the path below which a record travels, `put` joins each body. In an answer `items` leads to the list,
    `unwrap` from an item to its record, `each` from that record to the children in it; `record` leads to the one record
    of an answer, `ids` from it to the id (several: the first that is one; empty: the answer holds none; None: the
    connector's own path); `may_lack_id`: an answer without any is one, too. `ok` is what a success must hold. What
    a list gave is held against its `total` or `count`.
    """

    method: str
    path: str
    under: str = ""
    query: Mapping[str, Any] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    body: str = "json"
    wrap: str = ""
    put: Mapping[str, Any] = field(default_factory=dict)
    items: str = ""
    unwrap: str = ""
    each: str = ""
    record: str = ""
    ids: tuple[str, ...] | None = None
    may_lack_id: bool = False
    total: str = ""
    count: Count | None = None
    ok: Mapping[str, Any] = field(default_factory=dict)
    paging: Paging | None = None
    max: int = 0
    all_minutes: int = 0
    replaces: str = ""

    @property
    def replaces_all(self) -> bool:
        """Tell whether the body of an update is the whole record."""
        return self.replaces == "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorRule:
    """What an answer means; goes before the table that holds for every CRM.

    `statuses` empty: any. `body` and `header` are what the answer must hold, `fields` the path of the messages by
    field (empty: the body is those messages), `message` that of the text for people.
    """

    means: str
    statuses: frozenset[int] = frozenset()
    header: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    names_required: bool = False
    confirm: bool = False
    fields: str | None = None
    message: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """So many requests in so many seconds."""

    requests: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A setting of the connector: its default, whether it is a secret, the hosts that an address may have."""

    default: str = ""
    is_secret: bool = False
    is_optional: bool = False
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """The request that gives a session key: where, with which fields, and where the key stands in the answer.

    `rotates` are settings which the answer replaces, with the path of the new value (OAuth 2 refresh tokens).
    """

    path: str = ""
    method: str = "POST"
    url: str = ""
    body: str = "form"
    put: Mapping[str, str] = field(default_factory=dict)
    session: str = ""
    rotates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Auth:
    """Where the secrets go: templates of header, query and form fields; `{session}` is what the login gave."""

    header: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    basic: tuple[str, str] | None = None
    login: Login | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How fast: windows, requests at once, what a verb weighs, headers that tell what remains; and how long to wait."""

    windows: tuple[Window, ...] = ()
    weights: Mapping[str, int] = field(default_factory=dict)
    remaining: str = ""
    reset: str = ""
    concurrency: int = 1
    lag_seconds: float = 5.0
    timeout_seconds: float = 30.0
    settle_seconds: float = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """A list whose ids only this account has, or those of its items that fit `where`; of an object, its keys."""

    path: str
    id: str
    items: str = ""
    optional: bool = False
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectDefinition:
    """One object: its type for the catalog, its actions, the fields that never stand in a body, its own formats.

    `one` is its name in the singular. `parent_fields` are what a body holds of each parent that no path leads to.
    `reads` are the paths of fields that stand elsewhere in what is read than in what is written. `is_optional`: an
    account's plan may lack it.
    """

    type: ObjectType
    one: str
    actions: Mapping[str, Action]
    never_sent: frozenset[str]
    formats: Mapping[str, Any] = field(default_factory=dict)
    reads: Mapping[str, str] = field(default_factory=dict)
    parent_fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    parent_ones: Mapping[str, str] = field(default_factory=dict)
    is_optional: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Schema:
    """Where the CRM tells its own fields: the list of fields, and in each its name, type, length and flags."""

    path: str
    items: str
    name: str
    type: str = ""
    label: str = ""
    required: str = ""
    read_only: str = ""
    max_length: str = ""
    types: Mapping[str, Kind] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Customs:
    """Where the CRM lists custom fields: in each item its label, its key as a template, and which objects have it.

    `of` leads to the CRM's words for those objects, `objects` gives the word for each object of this file.
    """

    path: str
    label: str
    key: str
    items: str = ""
    unwrap: str = ""
    of: str = ""
    objects: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Picklists: where the values of one stand, the request that appends, and which fields have one."""

    path: str
    items: str
    value: str
    append: Action | None
    fields: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """A whole connector file."""

    name: str
    version: str
    title: str
    settings: Mapping[str, Setting]
    auth: Auth
    user_agent: str
    formats: Mapping[Kind, Any]
    null: str
    success_status: frozenset[int]
    id_path: str
    id_pattern: re.Pattern[str]
    errors: tuple[ErrorRule, ...]
    limits: Limits
    identity: Identity | None
    schema: Schema | None
    customs: Customs | None
    options: Options | None
    examples: tuple[Mapping[str, Any], ...]
    objects: Mapping[str, ObjectDefinition]
    probed: str = ""

    def is_id(self, text: str) -> bool:
        """Tell whether a text may be an id; dots alone never are, since they would climb out of a path."""
        return bool(self.id_pattern.fullmatch(text) and text.strip("."))

    @property
    def catalog(self) -> Catalog:
        """Give what the CRM holds."""
        objects = {name: item.type for name, item in self.objects.items()}
        return Catalog(connector=self.name, version=self.version, objects=objects, probed=self.probed)
