"""What a rehearsal may vary in a practice OpenCRM: what the vendor's guide leaves open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class LimitEnd(StrEnum):
    """What `limit_end` is: the index behind the last row (client), or how many rows at most."""

    INDEX = "index"
    COUNT = "count"


class EditReply(StrEnum):
    """How an edit answers the id of its record; a client takes all three (client)."""

    NUMBER = "number"
    TEXT = "text"
    OBJECT = "object"


class Missing(StrEnum):
    """How a read answers an id that is not there: 200 with an error, 404 (both client), or PHP's empty array."""

    ERROR = "error"
    NOT_FOUND = "404"
    EMPTY = "empty"


def _owner_alone() -> dict[str, str]:
    return {"assigned_user_id": "smownerid"}


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenCrmOptions:
    """The variants of a practice system.

    `key_parameter` is the name of the parameter with the API key: `apikey` (vendor) or `key`, as seen live (client);
    empty takes either. `blocked_agents` are the words for which the firewall turns a user agent away: "curl" (vendor)
    and "python" (client). An access key is good until `idle_seconds` pass without a request, as with "an OpenCRM web
    session" (vendor); the default is that of PHP. `limit_end`, `edit_reply` and `missing` see above. `counts_as_text`
    answers a count as a text of digits (client). `single_as_object` answers a list with one row as that row (client).
    `query_names` are the names in queries that differ from those of their fields (vendor): only the owner's is known
    (client). `ignores_wrong_queries` lists everything for a query that is none, in place of an error (both inferred).
    `escapes_html` shows `&`, quotes and angle brackets in values as HTML entities (inferred). `edits_sales` offers to
    edit quotes, sales orders, invoices and purchase orders, of which the known part of the guide does not speak. After
    `requests_allowed` requests all further ones are refused, "dependent on your subscription" (vendor), with
    `limit_status`: 429, or 200 as other errors (both client); 0 is no limit.
    """

    key_parameter: str = ""
    blocked_agents: tuple[str, ...] = ("curl", "python")
    idle_seconds: float = 1440
    limit_end: LimitEnd = LimitEnd.INDEX
    edit_reply: EditReply = EditReply.NUMBER
    missing: Missing = Missing.ERROR
    counts_as_text: bool = False
    single_as_object: bool = False
    query_names: Mapping[str, str] = field(default_factory=_owner_alone)
    ignores_wrong_queries: bool = False
    escapes_html: bool = False
    edits_sales: bool = True
    requests_allowed: int = 0
    limit_status: int = 429
