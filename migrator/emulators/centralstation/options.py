"""What a rehearsal may vary where the vendor's document is silent, or leaves it to the customer's account."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class CentralStationOptions:
    """The variants of a practice account.

    `requests_per_window` in `window_seconds` are let through, "50 requests within 10 seconds" (vendor); 0 switches the
    limit off. `accepts_parameter` lets the deprecated parameter `apikey` open the account too, in the query (vendor) or
    in the JSON body (client). `is_read_only`: the key's user may not write, which answers 403 (client). Without
    `has_account` there is no account under this host: everything answers 302 to `/login` (client). `storage_bytes` is
    the room for attachments, None without end; `is_storage_full` answers 507 to every create (vendor for the status,
    inferred for what it strikes). `default_perpage` is the size of a page nobody asked a size for; `default_order` the
    order nobody asked for, such as `new-desc`, which shifts pages while records are made; `count_key` is the name of
    the number that a count answers. `utc_offset_hours` writes moments with such an offset, as recorded from German
    accounts (client); with 0 they end in Z (client). `put_replaces` makes a PUT lose the values that it leaves out,
    which it does not as far as known (inferred). `merges_same_tags` answers the tag that a record has already to one of
    the same name; as far as known there are two then (inferred). `delete_status` answers a deletion: 200 with a
    message, or 204 with nothing (both client). `requires_target_date`: deals need one, which "can be null depending on
    pipeline configuration" (client).
    """

    requests_per_window: int = 50
    window_seconds: float = 10
    accepts_parameter: bool = True
    is_read_only: bool = False
    has_account: bool = True
    storage_bytes: int | None = None
    is_storage_full: bool = False
    default_perpage: int = 25
    default_order: str = ""
    count_key: str = "total_entries"
    utc_offset_hours: int = 0
    put_replaces: bool = False
    merges_same_tags: bool = False
    delete_status: int = 200
    requires_target_date: bool = True
