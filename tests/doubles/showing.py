"""What a CRM in memory shows of a record of which only some fields are asked for."""

import re
from collections.abc import Collection
from dataclasses import replace

from migrator.records import TargetRecord


def shown(record: TargetRecord, only: Collection[str]) -> TargetRecord:
    """Show no other fields than those that were asked for; all of them where none was named."""
    roots = record.fields if not only else {name for name in record.fields if re.split(r"[.\[]", name)[0] in only}
    return replace(record, fields={name: record.fields[name] for name in roots})
