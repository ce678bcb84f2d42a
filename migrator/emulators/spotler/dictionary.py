"""The data dictionary and the lookup routes; the shapes of their answers are not known, so they can be varied."""

from typing import Any

from migrator.emulators.messages import Answer, json_answer
from migrator.emulators.spotler.lookups import Lists, item, list_of
from migrator.emulators.spotler.models import Model
from migrator.emulators.spotler.options import Shape
from migrator.emulators.spotler.refusals import BAD_REQUEST, NOT_FOUND, refused


def fields_of(model: Model, shape: Shape) -> Answer:
    """List "all the field names and types", and "if the field is also required" (vendor); here also its list."""
    entries = {name: _entry(model, name) for name in model.all_types}
    if shape is Shape.OBJECT:
        return json_answer(200, entries)
    return json_answer(200, [{"name": name, **entry} for name, entry in entries.items()])


def _entry(model: Model, name: str) -> dict[str, Any]:
    entry = {"type": model.all_types[name].value, "required": name in model.required}
    list_name = list_of(model.name, name)
    return entry if list_name is None else {**entry, "lookup": list_name}


def values_of(lists: Lists, model: Model, field_name: str, shape: Shape) -> Answer:
    """Give the values of the list that a field is picked from; 404 for a field that is picked from none."""
    name = list_of(model.name, field_name)
    if name is None:
        raise refused(404, NOT_FOUND)
    values = lists.values(name)
    if shape is Shape.TEXTS:
        return json_answer(200, values)
    items = [item(value) for value in values]
    return json_answer(200, items if shape is Shape.LIST else {"items": items})


def append(lists: Lists, list_name: str, body: Any) -> Answer:
    """Add values to a list, and answer as in the vendor's sample."""
    if list_name not in lists:
        raise refused(404, NOT_FOUND)
    values = body.get("items") if isinstance(body, dict) else None
    if not isinstance(values, list) or not values or not all(isinstance(one, str) and one.strip() for one in values):
        raise refused(400, f"{BAD_REQUEST}: items is no list of texts")
    changes = lists.append(list_name, values)
    return json_answer(200, {"message": "Lookup values added", "items": [item(value) for value in values]}, changes)
