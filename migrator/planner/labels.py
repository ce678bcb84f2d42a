"""Custom fields by their labels (`custom.Legacy ID`) → the keys by which the account at hand knows them."""

from dataclasses import replace

from migrator.records import Catalog, ObjectType
from migrator.spec.values import ByLine, FieldSpec, Lookup, MappingSpec, MatchLine, ObjectSpec, Value


def with_keys(spec: MappingSpec, catalog: Catalog) -> MappingSpec:
    """Give the mapping with keys in the place of labels; a label that nobody knows stays as it is."""
    objects = {name: _object(spec, catalog, item) for name, item in spec.objects.items()}
    return replace(spec, objects=objects)


def _object(spec: MappingSpec, catalog: Catalog, item: ObjectSpec) -> ObjectSpec:
    target = catalog.objects.get(item.to)
    if target is None:
        return item
    lines = tuple(
        MatchLine(fields=tuple(target.key(name) for name in line.fields), pointer=line.pointer) for line in item.match
    )
    return replace(
        item,
        fields=tuple(sorted((_field(spec, catalog, target, one) for one in item.fields), key=lambda one: one.name)),
        match=lines,
        marker=replace(item.marker, field=target.key(item.marker.field)),
        parent=_lookup(spec, catalog, item.parent) if item.parent else None,
    )


def _field(spec: MappingSpec, catalog: Catalog, target: ObjectType, field: FieldSpec) -> FieldSpec:
    value = field.value
    if isinstance(value.form, Lookup):
        value = replace(value, form=_lookup(spec, catalog, value.form))
    return replace(field, name=target.key(field.name), value=value)


def _lookup(spec: MappingSpec, catalog: Catalog, lookup: Lookup) -> Lookup:
    target = catalog.objects.get(spec.asked_object(lookup.objects[0]))
    if target is None:
        return lookup
    lines = tuple(
        ByLine(kind=line.kind, inputs=_inputs(target, line.inputs), pointer=line.pointer)
        if line.kind == "fields"
        else line
        for line in lookup.lines
    )
    create = None if lookup.create is None else _inputs(target, lookup.create)
    return replace(lookup, lines=lines, create=create)


def _inputs(target: ObjectType, inputs: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(((target.key(name), value) for name, value in inputs), key=lambda pair: pair[0]))
