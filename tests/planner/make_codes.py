"""Makes migrator/planner/transforms/codes.json from CLDR, through Babel: `python tests/planner/make_codes.py`.

Countries, currencies and languages, each code with the names under which people write it, in the languages of the five
CRMs' customers. A name that two codes share is left out, but for the first of a country's own. The table says of which
version of CLDR it was made, since names, and the currencies that are current, change with it.
"""

import json
from collections import Counter
from pathlib import Path

from babel import Locale
from babel.core import get_global

LOCALES = ("en", "de", "fr", "es", "it", "nl")
TARGET = Path(__file__).parents[2] / "migrator" / "planner" / "transforms" / "codes.json"
NOT_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
EXTRA = {
    "GB": ["UK", "Great Britain", "England", "Scotland", "Wales"],
    "US": ["U.S.", "U.S.A.", "United States of America"],
    "NL": ["Holland", "The Netherlands"],
    "CZ": ["Czech Republic"],
    "KR": ["Korea"],
}


def main() -> None:
    """Write the table."""
    TARGET.write_text(render(), encoding="utf-8")


def render() -> str:
    """Give the table as JSON, a code a line."""
    currencies = {code: _sign(code) for code in _current_currencies()}
    table = {
        "cldr": cldr_version(),
        "countries": _names("territories", countries()),
        "currencies": _names("currencies", currencies),
        "languages": _names("languages", languages()),
    }
    return json.dumps(table, ensure_ascii=False, indent=0, sort_keys=True) + "\n"


def cldr_version() -> str:
    """Give the version of CLDR that Babel holds; empty where it does not say, as before Babel 2.18."""
    return str(get_global("cldr").get("version", ""))


def countries() -> dict[str, list[str]]:
    """Give the code of three letters for each country's code of two."""
    return {code: [alpha3] for code, alpha3 in _alpha3().items() if _is_country(code)}


def languages() -> dict[str, list[str]]:
    """Give the languages that have a code of two letters."""
    return {str(code): [] for code in Locale("en").languages if len(str(code)) == 2}


def _names(kind: str, codes: dict[str, list[str]]) -> dict[str, str]:
    """Give each code's names, the English one first, then the short ones, `|` between them."""
    found: dict[str, list[str]] = {}
    for code, short in codes.items():
        named = [getattr(Locale(locale), kind).get(code, "") for locale in LOCALES]
        found[code] = list(dict.fromkeys(filter(None, [named[0], *short, *EXTRA.get(code, []), *named[1:]])))
    shared = Counter(name.casefold() for names in found.values() for name in names)
    return {
        code: "|".join(name for name in names if shared[name.casefold()] == 1 or name in names[:2])
        for code, names in found.items()
    }


def _is_country(code: str) -> bool:
    return len(code) == 2 and code in Locale("en").territories and code not in NOT_COUNTRIES


def _alpha3() -> dict[str, str]:
    """Give the codes of three letters; of several, as for states that are gone, the one most like the code of two."""
    found: dict[str, list[str]] = {}
    for alias, codes in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and len(codes) == 1:
            found.setdefault(codes[0], []).append(alias)
    return {
        code: max(names, key=lambda name: (name.startswith(code), name[0] == code[0])) for code, names in found.items()
    }


def _current_currencies() -> list[str]:
    listed = [item for items in get_global("territory_currencies").values() for item in items]
    return sorted({code for code, _start, end, is_tender in listed if end is None and is_tender})


def _sign(code: str) -> list[str]:
    sign = Locale("en").currency_symbols.get(code, "")
    return [sign] if sign and sign != code else []


if __name__ == "__main__":
    main()
