"""Lay out one run of migrator for the comparison: `prepare.py FOLDER PORT CSV`. Not measured.

FOLDER then holds the mappings and the connector of this folder, the rows as people.csv, and the server's address.
"""

import os
import shutil
import sys
from pathlib import Path


def main() -> None:
    """Write the files."""
    folder, port, rows = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    for path in Path(__file__).parent.glob("*.yaml"):
        shutil.copy(path, folder)
    shutil.copy(rows, folder / "people.csv")
    with os.fdopen(os.open(folder / ".env", os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(f"STUB_BASE_URL=http://127.0.0.1:{port}\n")


if __name__ == "__main__":
    main()
