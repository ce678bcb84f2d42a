"""E-mail addresses, phone numbers, web addresses and people's names."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from migrator.planner.refusal import ValueRefusedError
from migrator.planner.transforms.spec import Apply, Making, TransformKind, as_text, plain

_LOCAL = re.compile(r"[^\s@\"(),:;<>\[\]\\\x00-\x1f\x7f]{1,64}")
_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_MAX_ADDRESS = 254
_HOST = r"(?:[A-Za-z0-9]{1,31}+(?:-[A-Za-z0-9]{1,15}+){0,2}+\.)++[A-Za-z]{2,63}+"
_ADDRESS = rf"[A-Za-z0-9_+-]{{1,32}}+(?:\.[A-Za-z0-9_+-]{{1,15}}+){{0,2}}+@{_HOST}"
_PLAIN_ADDRESS = re.compile(_ADDRESS)
_PLAIN_ADDRESSES = re.compile(rf"(?:(?:{_ADDRESS})?\n)++")
_URL = rf"(?:https?://)?+{_HOST.replace('A-Z', '')}(?:/[A-Za-z0-9/._-]*+)?+"
_PLAIN_URL = re.compile(_URL)
_PLAIN_URLS = re.compile(rf"(?:(?:{_URL})?\n)++")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_PARTS = ("prefix", "first", "middle", "last", "suffix")


def _email(text: str) -> str:
    """Check an address and lower-case its host; what stands before the @ is kept, as some hosts tell cases apart."""
    if len(text) <= _MAX_ADDRESS and _PLAIN_ADDRESS.fullmatch(text):
        local, _, host = text.partition("@")
        return f"{local}@{host.lower()}"
    local, _, host = text.strip().rpartition("@")
    is_dotted = not (local.startswith(".") or local.endswith(".") or ".." in local)
    if not _LOCAL.fullmatch(local) or not is_dotted or not is_host(host) or len(text) > _MAX_ADDRESS:
        raise ValueRefusedError("E110", "is not an e-mail address", value=text)
    return f"{local}@{host.lower()}"


def _emails(texts: Sequence[str]) -> list[str]:
    """Check many addresses, all at one look where they are plain."""
    if max(map(len, texts)) <= _MAX_ADDRESS and _are_all(_PLAIN_ADDRESSES, texts):
        return [local + at + host.lower() for local, at, host in [text.partition("@") for text in texts]]
    return [text and _email(text) for text in texts]


def _are_all(pattern: re.Pattern[str], texts: Sequence[str]) -> bool:
    """Tell whether a pattern of lines fits all texts, each a line."""
    lines = "\n".join([*texts, ""])
    return lines.count("\n") == len(texts) and pattern.fullmatch(lines) is not None


def is_host(text: str) -> bool:
    """Tell whether text is the name of a host on the Internet."""
    labels = text.split(".")
    return len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()


def _url(text: str) -> str:
    """Complete and check a web address: a scheme, a host with a dot, no blanks."""
    if _PLAIN_URL.fullmatch(text):
        return text if "://" in text else f"https://{text}"
    spelled = text.strip()
    whole = spelled if "://" in spelled else f"https://{spelled}"
    try:
        parts = urlsplit(whole)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _no_url(text) from None
    is_other = "://" not in spelled and bool(_SCHEME.match(spelled)) and not port
    if parts.scheme not in {"http", "https"} or not is_host(host) or is_other or re.search(r"\s", spelled):
        raise _no_url(text)
    netloc = (
        parts.netloc[: len(parts.netloc) - len(parts.netloc.rpartition("@")[2])] + host + (f":{port}" if port else "")
    )
    return urlunsplit((parts.scheme, netloc, parts.path, parts.query, parts.fragment))


def _urls(texts: Sequence[str]) -> list[str]:
    """Complete and check many web addresses, all at one look where they are plain."""
    if _are_all(_PLAIN_URLS, texts):
        return [text if "://" in text or not text else f"https://{text}" for text in texts]
    return [text and _url(text) for text in texts]


def _no_url(text: str) -> ValueRefusedError:
    return ValueRefusedError("E110", "is not a web address", value=text)


def _phone(making: Making) -> Apply:
    """Write a phone number as E.164, or give its extension (extra `clean`)."""
    try:
        import phonenumbers  # noqa: PLC0415 - an extra
    except ImportError:
        raise ValueError("it needs an extra: pip install 'migrator[clean]'") from None
    stated = making.argument or {}
    region, part = stated.get("region"), stated.get("part", "number")
    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"no region '{region}'; two letters, such as US")
    hint = (
        f"expected a number of {region}, or one that begins with +"
        if region
        else "begin it with +, or state the region"
    )

    def apply(value: Any) -> str | None:
        text = as_text(value)
        try:
            number = phonenumbers.parse("+" + text[2:] if text.startswith("00") else text, region)
        except phonenumbers.NumberParseException:
            raise ValueRefusedError("E110", "is not a phone number", value=text, hint=hint) from None
        if not phonenumbers.is_possible_number(number):
            raise ValueRefusedError("E110", "is not a phone number", value=text, hint=hint)
        if part == "extension":
            return number.extension or None
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    return apply


def _name(making: Making) -> Apply:
    """Take a part of a person's whole name (extra `clean`)."""
    try:
        from nameparser import HumanName  # noqa: PLC0415 - an extra
    except ImportError:
        raise ValueError("it needs an extra: pip install 'migrator[clean]'") from None
    if making.argument not in _PARTS:
        raise ValueError(f"it takes one of {', '.join(_PARTS)}")
    attribute = "title" if making.argument == "prefix" else making.argument
    return lambda value: str(getattr(HumanName(as_text(value)), attribute)) or None


KINDS: dict[str, TransformKind] = {
    "email": plain(_email, _emails),
    "url": plain(_url, _urls),
    "phone": TransformKind(make=_phone),
    "name": TransformKind(make=_name),
}
