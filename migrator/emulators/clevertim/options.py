"""What a rehearsal may vary in a practice Clevertim: what the vendor's documentation leaves open."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class ClevertimOptions:
    """The variants of a practice account.

    `put_replaces`: a PUT loses what it leaves out, since the vendor's own client always sends the whole object
    (client); False keeps it, as the vendor's examples with a single field suggest. `is_read_only`: the token belongs to
    a user who may only read, so that "writing via the API will fail" (vendor), with `forbidden_status` (inferred).
    `tolerates_bytes_token`: the header `Basic b'...'` is taken too, which the vendor's client sends by mistake from
    Python 3 (client). `unauthorised_status` answers a wrong token: the tests of that client have 401 (client).
    `required` are further mandatory fields per resource, since which a case, a task and a note need is not documented.
    """

    put_replaces: bool = True
    is_read_only: bool = False
    tolerates_bytes_token: bool = False
    unauthorised_status: int = 401
    forbidden_status: int = 403
    required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
