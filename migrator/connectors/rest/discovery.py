"""What only an account knows of its fields: read from its data dictionary, its lists and a sample, kept as a file.

What is found joins the connector's own definition, so that a mapping's names, types, lengths and options are checked
against the account at hand before anything is sent.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from migrator.connectors.rest.definition import Customs, Definition, ObjectDefinition, Options, Schema
from migrator.connectors.rest.picklists import read_options
from migrator.connectors.rest.substitution import at_path, substitute
from migrator.records import Field, Kind

if TYPE_CHECKING:  # it brings the network along, which a check does not need
    from migrator.connectors.rest.target import RestTarget

_READ_ONLY = "the target sets it itself"
_SAMPLED = "it was seen in a record, and the connector's file does not say how it is written"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What an account tells of one object: fields, labels of custom ones with their keys, and options of picklists."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def is_discoverable(definition: Definition) -> bool:
    """Tell whether an account of this CRM tells more of its fields than the connector's file."""
    return any(part is not None for part in (definition.schema, definition.customs, definition.options))


async def discover(
    definition: Definition, target: "RestTarget", names: Iterable[str], *, takes_sample: bool
) -> dict[str, Found]:
    """Ask an account for what it knows of some objects; where it has no dictionary, look at the first page of a list.

    Raises TargetError, also for an object that the account lacks.
    """
    listed = await _customs(definition.customs, target) if definition.customs else []
    found = {}
    for name in names:
        item = definition.objects[name]
        told = dict(await _told(definition.schema, target, item)) if definition.schema else {}
        samples = await _sampled(definition, target, item) if takes_sample and not told else []
        sampled = {one.name: one for one in samples}
        labels = dict(_labels(definition.customs, listed, name)) if definition.customs else {}
        customs = {key: Field(name=key, kind=Kind.TEXT) for key in labels.values()}
        options = await _options(definition.options, target, name) if definition.options else {}
        found[name] = Found(fields={**sampled, **customs, **told}, labels=labels, options=options)
    return found


def with_found(definition: Definition, found: Mapping[str, Found]) -> Definition:
    """Give the definition with what an account told; what the file states of a field stands, but for what it lacks."""
    objects = {name: _with(item, found[name]) if name in found else item for name, item in definition.objects.items()}
    return replace(definition, objects=objects)


def _with(item: ObjectDefinition, found: Found) -> ObjectDefinition:
    known = item.type.fields
    fields = {**known, **{name: one for name, one in found.fields.items() if name not in known}}
    for name, told in found.fields.items():
        stated = fields[name]
        is_needed = stated.required or (told.required and not stated.refused)
        fields[name] = replace(stated, required=is_needed, max_length=stated.max_length or told.max_length)
    for name, values in found.options.items():
        if name in fields and values:
            fields[name] = replace(fields[name], options=values)
    return replace(item, type=replace(item.type, fields=fields, labels={**item.type.labels, **found.labels}))


async def _told(schema: Schema, target: "RestTarget", item: ObjectDefinition) -> Iterator[tuple[str, Field]]:
    """Read the data dictionary of an object: a list of fields, or an object with a field under each name."""
    path = str(substitute(schema.path, {"object": item.type.name, "one": item.one}))
    data = at_path(await target.ask(path, item.type.name), schema.items)
    if isinstance(data, Mapping):
        data = [{schema.name: name, **facts} for name, facts in data.items() if isinstance(facts, Mapping)]
    facts = [one for one in data or [] if isinstance(one, Mapping)]
    return ((str(at_path(one, schema.name)), _told_field(schema, one)) for one in facts if at_path(one, schema.name))


def _told_field(schema: Schema, facts: Mapping[str, Any]) -> Field:
    length = at_path(facts, schema.max_length) if schema.max_length else None
    is_fixed = bool(schema.read_only and at_path(facts, schema.read_only))
    return Field(
        name=str(at_path(facts, schema.name)),
        kind=schema.types.get(str(at_path(facts, schema.type)).lower(), Kind.TEXT) if schema.type else Kind.TEXT,
        required=bool(schema.required and at_path(facts, schema.required)) and not is_fixed,
        refused=_READ_ONLY if is_fixed else "",
        max_length=length if isinstance(length, int) and length > 0 else None,
    )


async def _sampled(definition: Definition, target: "RestTarget", item: ObjectDefinition) -> list[Field]:
    """Find fields in the first page of a list that the file does not know: those of an open pattern can be written."""
    if "list" not in item.actions:
        return []
    async for page in target.read(item.type.name):
        names = dict.fromkeys(key for record in page for key, value in record.raw.items() if value is not None)
        unknown = [name for name in names if name not in item.type.fields and name != definition.id_path]
        heads = {known.partition(".")[0] for known in item.type.fields}
        return [
            item.type.field(name) or Field(name=name, kind=Kind.TEXT, refused=_SAMPLED)
            for name in unknown
            if name not in heads
        ]
    return []


async def _customs(customs: Customs, target: "RestTarget") -> list[Mapping[str, Any]]:
    data = at_path(await target.ask(customs.path), customs.items)
    items = (at_path(one, customs.unwrap) for one in data or [])
    return [one for one in items if isinstance(one, Mapping)]


def _labels(customs: Customs, listed: list[Mapping[str, Any]], name: str) -> Iterator[tuple[str, str]]:
    for item in listed:
        words = at_path(item, customs.of) if customs.of else customs.objects.get(name)
        if customs.objects.get(name) in (words if isinstance(words, list) else [words]):
            yield str(at_path(item, customs.label)), str(substitute(customs.key, item))


async def _options(options: Options, target: "RestTarget", name: str) -> dict[str, tuple[str, ...]]:
    fields = options.fields.get(name, ())
    return {field_name: await read_options(options, target, name, field_name) for field_name in fields}
