"""What a rehearsal may vary in a practice api3, where neither the vendor nor a client says how it is."""

from dataclasses import dataclass
from enum import StrEnum


class PatchReply(StrEnum):
    """What `Data` is after a PATCH: the id, as after a create, the whole entity, or null (all inferred)."""

    ID = "id"
    ENTITY = "entity"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Crelate3Options:
    """The variants of a practice tenant.

    `missing_status` answers a record without a required field: 500 by the vendor's guide, which may be about the older
    interface only (vendor). `denied_status` answers a missing or wrong key (client). `default_limit` is the page of a
    list without a limit, as long as in the older interface (inferred). `max_limit` is the longest page; what is asked
    beyond it is cut without a word: no client is known to ask for more records than that (client). `max_batch` is the
    longest bulk create; a longer one is refused whole (inferred). `patch_reply` see above. `lists_notes` offers to list
    notes and activities, which no client does (inferred). `refuses_duplicates` answers 409 to a company whose name is
    taken, which a client is prepared for (client).
    """

    missing_status: int = 500
    denied_status: int = 401
    default_limit: int = 50
    max_limit: int = 100
    max_batch: int = 100
    patch_reply: PatchReply = PatchReply.ID
    lists_notes: bool = False
    refuses_duplicates: bool = False
