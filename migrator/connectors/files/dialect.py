"""How a text file is written: its encoding and its delimiter, declared or found once, never guessed row by row."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from migrator.connectors.files.opening import OpenedFile
from migrator.errors import Problem, SourceError

MAX_CELL = 10 * 1024 * 1024
MAX_COLUMNS = 2_000

_BOMS = (  # the codecs that drop the mark themselves; UTF-32 first, as its mark begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 50
_NUL_PERCENT = 10
_SHOWN_LINES = 3
_HINT_UTF16 = "without a byte order mark, state utf-16-le or utf-16-be"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """Encoding and delimiter, and for each how it is known."""

    encoding: str
    delimiter: str
    notes: tuple[str, ...]


def find_dialect(file: OpenedFile, *, encoding: str, delimiter: str, why: str = "declared") -> Dialect:
    """Take what is known (empty where nothing is), else look. Raises SourceError where the look is not certain.

    `why` says how a delimiter that is given is known.
    """
    sample = file.sample()
    by_bom = next((name for mark, name in _BOMS if sample.startswith(mark)), "")
    chosen = by_bom or encoding or "utf-8"
    text = _decode_sample(file, sample, chosen)
    how = "byte order mark" if by_bom else "declared" if encoding else "the default"
    found = delimiter or _find_delimiter(text, file.name)
    notes = (f"{_plain(chosen)} ({how})", f"columns separated by {_spell(found)} ({why if delimiter else 'found'})")
    return Dialect(encoding=chosen, delimiter=found, notes=notes)


def undecodable(file: OpenedFile, encoding: str) -> SourceError:
    """Find the first lines that are not of this encoding, and suggest cp1252 where they could be."""
    if file.sample().count(0) * 100 > len(file.sample()) * _NUL_PERCENT and encoding == "utf-8":
        return _looks_wide(file, encoding)
    found: list[str] = []
    first = 0
    is_cp1252 = encoding == "utf-8"
    for number, line in _bad_lines(file, encoding):
        first = first or number
        found.append(f"line {number}: {_line_problem(line, encoding)}")
        is_cp1252 = is_cp1252 and not _line_problem(line, "cp1252")
    place = f"{file.name}:{first}" if first else file.name
    fact = f"not {_plain(encoding).upper()}: " + ("; ".join(found) or "the bytes do not decode")
    hint = "state the file's 'encoding' in the source block"
    hint += ", 'encoding: cp1252' if these lines read right as shown" if is_cp1252 else ""
    return SourceError(Problem(code="E404", place=place, fact=fact, hint=hint))


def _bad_lines(file: OpenedFile, encoding: str) -> list[tuple[int, bytes]]:
    """Give the first lines that do not decode; none where an encoding's line breaks are no single bytes."""
    if "\n".encode(encoding) != b"\n":
        return []
    with file.again() as lines:
        bad = ((number, line) for number, line in enumerate(lines, start=1) if _line_problem(line, encoding))
        return list(islice(bad, _SHOWN_LINES))


def _line_problem(line: bytes, encoding: str) -> str:
    try:
        line.decode(encoding)
    except UnicodeDecodeError as error:
        around = line[max(0, error.start - 20) : error.end + 20]
        shown = around.decode("cp1252", errors="replace").strip()
        return f"byte 0x{line[error.start]:02x} in '{shown}'"
    return ""


def _decode_sample(file: OpenedFile, sample: bytes, encoding: str) -> str:
    try:
        "".encode(encoding)  # refuses codecs that are none of text
        text = codecs.getincrementaldecoder(encoding)("strict").decode(sample)
    except UnicodeDecodeError:
        raise undecodable(file, encoding) from None
    except UnicodeError as error:
        problem = Problem(code="E404", place=file.name, fact=f"not {encoding.upper()}: {error}", hint=_HINT_UTF16)
        raise SourceError(problem) from None
    except (LookupError, TypeError, ValueError, AttributeError):
        problem = Problem(code="E404", place=file.name, fact=f"unknown encoding '{encoding}'", hint="such as cp1252")
        raise SourceError(problem) from None
    if text.count("\0") * 100 > len(text) * _NUL_PERCENT:
        raise _looks_wide(file, encoding)
    return text


def _looks_wide(file: OpenedFile, encoding: str) -> SourceError:
    fact = f"read as {_plain(encoding).upper()} it is full of NUL characters: it looks like UTF-16 or UTF-32"
    hint = "save the file as UTF-8, or state its 'encoding' in the source block"
    return SourceError(Problem(code="E404", place=file.name, fact=fact, hint=hint))


def _find_delimiter(text: str, name: str) -> str:
    """Find the one delimiter under which the header has several columns and the first rows agree with it."""
    widths = {mark: _widths(text, mark) for mark in _DELIMITERS}
    several = [mark for mark, found in widths.items() if found and found[0] > 1]
    agreeing = [mark for mark in several if len(set(widths[mark])) == 1]
    if len(agreeing) == 1:
        return agreeing[0]
    if len(several) == 1:
        return several[0]
    if not several:
        return ","  # one column: there is nothing to separate
    spelled = " or ".join(_spell(mark) for mark in agreeing or several)
    fact = f"the columns could be separated by {spelled}"
    raise SourceError(Problem(code="E405", place=f"{name}:1", fact=fact, hint="state 'delimiter' in the source block"))


def _widths(text: str, delimiter: str) -> list[int]:
    return [len(row) for row in _sample_rows(text, delimiter)]


def _sample_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Give the sample's rows; its last line may be cut, and a row that this delimiter cannot read ends the look."""
    lines = text.splitlines(keepends=True)
    reader = csv.reader(io.StringIO("".join(lines[:-1] or lines), newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if row:
                yield row
            if reader.line_num > _SAMPLE_ROWS:
                return
    except csv.Error:
        return


def _plain(encoding: str) -> str:
    return encoding.removesuffix("-sig").lower()


def _spell(delimiter: str) -> str:
    return {"\t": "a tab", ",": "a comma", ";": "a semicolon", "|": "a bar"}.get(delimiter, repr(delimiter))
