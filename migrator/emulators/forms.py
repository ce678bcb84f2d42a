"""Forms as they travel: fields encoded like a query, or parts with files among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email import policy
from email.parser import BytesParser
from urllib.parse import parse_qsl, urlencode

from migrator.emulators.messages import Request

_ENCODED = "application/x-www-form-urlencoded"
_PARTS = "multipart/form-data"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of a form. `file_name` is empty for a plain field, `content_type` where the part does not say."""

    name: str
    content: bytes = field(repr=False)
    file_name: str = ""
    content_type: str = ""

    @property
    def text(self) -> str:
        """Give the content as text in UTF-8; bytes that are none become replacement characters."""
        return self.content.decode(errors="replace")


def form_parts(request: Request) -> tuple[Part, ...] | None:
    """Give the fields and files of a form in their order; None where the body says that it is no form."""
    kind = request.headers.get("content-type", "")
    if kind.lower().startswith(_ENCODED):
        pairs = parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True)
        return tuple(Part(name=name, content=value.encode(errors="replace")) for name, value in pairs)
    if kind.lower().startswith(_PARTS):
        return _parts(kind, request.body)
    return None


def _parts(kind: str, body: bytes) -> tuple[Part, ...]:
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", errors="replace")
    message = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    found = []
    for part in message.iter_parts() if message.is_multipart() else ():
        content = part.get_payload(decode=True)
        found.append(
            Part(
                name=str(part.get_param("name", "", header="content-disposition")),
                content=content if isinstance(content, bytes) else b"",
                file_name=part.get_filename() or "",
                content_type=part.get_content_type() if "content-type" in part else "",
            )
        )
    return tuple(found)


def form_fields(request: Request) -> dict[str, str] | None:
    """Give the plain fields of a form, the last of a name; None where the body says that it is no form."""
    parts = form_parts(request)
    return None if parts is None else {part.name: part.text for part in parts if not part.file_name}


def with_form_fields(request: Request, fields: Mapping[str, str]) -> Request:
    """Give the request with other fields, encoded like a query whatever they were; files are left out."""
    headers = {**request.headers, "content-type": _ENCODED}
    return replace(request, body=urlencode(fields).encode(), headers=headers)
