"""Custom fields by their labels (`custom.Legacy ID`) → the keys by which the account at hand knows them."""

from dataclasses import replace

from migrator.records import Catalog, ObjectType
from migrator.spec.values import ByLine, Fallback, FieldSpec, ListOf, Lookup, MappingSpec, MatchLine, ObjectSpec, Value


def with_keys(spec: MappingSpec, catalog: Catalog) -> MappingSpec:
    """Give the mapping with keys in the place of labels; a label that nobody knows stays as it is."""
    objects = {name: _object(spec, catalog, item) for name, item in spec.objects.items()}
    return replace(spec, objects=objects)


def _object(spec: MappingSpec, catalog: Catalog, item: ObjectSpec) -> ObjectSpec:
    target = catalog.objects.get(item.to)
    if target is None:
        return item
    return replace(
        item,
        fields=tuple(sorted((_field(spec, catalog, target, one) for one in item.fields), key=lambda one: one.name)),
        match=tuple(_match(target, line) for line in item.match),
        marker=replace(item.marker, field=target.key(item.marker.field)),
        parent=_lookup(spec, catalog, item.parent) if item.parent else None,
    )


def _match(target: ObjectType, line: MatchLine) -> MatchLine:
    return replace(line, parts=tuple(tuple(map(target.key, part)) for part in line.parts))


def _field(spec: MappingSpec, catalog: Catalog, target: ObjectType, field: FieldSpec) -> FieldSpec:
    return replace(field, name=target.key(field.name), value=_value(spec, catalog, field.value))


def _value(spec: MappingSpec, catalog: Catalog, value: Value) -> Value:
    """Go into a field form as deep as lookups may stand."""
    form = value.form
    if isinstance(form, Lookup):
        form = _lookup(spec, catalog, form)
    elif isinstance(form, ListOf):
        form = ListOf(items=tuple(_value(spec, catalog, item) for item in form.items))
    default = _value(spec, catalog, value.default) if value.default else None
    return replace(value, form=form, default=default)


def _lookup(spec: MappingSpec, catalog: Catalog, lookup: Lookup) -> Lookup:
    target = catalog.objects.get(spec.asked_object(lookup.objects[0]))
    if target is None:
        return lookup

    def inputs(stated: tuple[tuple[str, Value], ...], *, is_keyed: bool = True) -> tuple[tuple[str, Value], ...]:
        pairs = ((target.key(name) if is_keyed else name, _value(spec, catalog, value)) for name, value in stated)
        return tuple(sorted(pairs, key=lambda pair: pair[0]))

    def line(stated: ByLine) -> ByLine:
        return replace(stated, inputs=inputs(stated.inputs, is_keyed=stated.kind == "fields"))

    def fallback(stated: Fallback | None) -> Fallback | None:
        return replace(stated, line=line(stated.line)) if stated else None

    return replace(
        lookup,
        lines=tuple(map(line, lookup.lines)),
        fallback=fallback(lookup.fallback),
        on_blank=fallback(lookup.on_blank),
        create=None if lookup.create is None else inputs(lookup.create),
    )
