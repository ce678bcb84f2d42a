"""What identifies a record, as digests: equal pairs are equal texts, and a pair is 16 bytes whatever the text.

Keys carry the mapping's object; ids, markers and field values carry the target's.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from struct import Struct, unpack

Digest = tuple[int, int]
Halves = tuple[Sequence[int], Sequence[int]]  # of many digests: all first ones, all second ones

_HALVES = Struct("<qq").unpack

KEY = "key"
ID = "id"
MARKER = "marker"
ROW = "row"


def digest_of(*parts: str) -> Digest:
    """Hash a text in parts to 2 x 64 bits, as SQLite holds them."""
    first, second = _HALVES(blake2b("\x1e".join(parts).encode(), digest_size=16).digest())
    return first, second


def digester_of(*parts: str) -> Callable[[str], Digest]:
    """Make what hashes one last part behind those that stay the same, as `digest_of` hashes them together."""
    begun = blake2b("".join(f"{part}\x1e" for part in parts).encode(), digest_size=16)

    def digest(text: str) -> Digest:
        whole = begun.copy()
        whole.update(text.encode())
        first, second = _HALVES(whole.digest())
        return first, second

    return digest


def digester_of_many(*parts: str) -> Callable[[Sequence[str]], Halves]:
    """Make what hashes many last parts at once, each as `digester_of` hashes it."""
    begun = blake2b("".join(f"{part}\x1e" for part in parts).encode(), digest_size=16)

    def digests(texts: Sequence[str]) -> Halves:
        found: list[bytes] = []
        for text in texts:
            whole = begun.copy()
            whole.update(text.encode())
            found.append(whole.digest())
        halves = unpack(f"<{2 * len(found)}q", b"".join(found))
        return halves[::2], halves[1::2]

    return digests


def digest_of_fields(target: str, names: Iterable[str], values: Iterable[str]) -> Digest:
    """Hash normalised field values, given in the order of the fields' names."""
    return digest_of(target, "\x1f".join(names), *values)


def created_key(target: str, digest: Digest) -> str:
    """Give the key of a record that only lookups ask for: it has no source row."""
    return f"?{blake2b(f'{target}{digest[0]}{digest[1]}'.encode(), digest_size=8).hexdigest()}"


def marker_of(mapping: str, name: str, key: str, max_length: int | None) -> str:
    """Give the text that the target keeps for us; shortened by a hash where the field is shorter."""
    marker = f"{mapping}/{name}/{key}"
    if max_length is None or len(marker) <= max_length:
        return marker
    return blake2b(marker.encode(), digest_size=min(32, max_length // 2)).hexdigest()
