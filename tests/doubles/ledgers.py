"""Rows put into a ledger, as earlier runs would have put them there."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from migrator.store.ledger import Ledger


def remember(
    ledger: Ledger, migration: tuple[str, str], rows: Iterable[tuple[str, str, str, Mapping[str, Any]]]
) -> None:
    """Let a migration (mapping, account) know rows: object, key, target id and values; of no plan that is here."""
    for name, key, target_id, fields in rows:
        ledger.db.execute("INSERT OR IGNORE INTO scope(mapping, account, object) VALUES(?,?,?)", (*migration, name))
        ledger.db.execute(
            "INSERT OR REPLACE INTO written SELECT id, ?, ?, ?, 0 FROM scope"
            " WHERE mapping=? AND account=? AND object=?",
            (key, target_id, json.dumps(fields), *migration, name),
        )
