"""What a query of a connector file may say, as requests."""

from pathlib import Path

from migrator.connectors.rest.bodies import request_for
from migrator.connectors.rest.reading import read_definition

CONNECTOR = """\
connector: 1
name: office
version: "1"
settings: {base_url: {}}
auth: {header: {X-Key: "k"}}
success: {status: [200]}
actions:
  list: {method: GET, path: "/{one}", query: {f: "{fields}", o: {base64: [[id, ASC]]}}}
  find: {query: {f: "{fields}", d: {base64: [["{field}", in, "{values}"]]}}}
  get: {method: GET, path: "/{one}/{id}", query: {f: "{fields}", note: "all {fields}"}}
objects:
  parties: {one: party.party, fields: {text: name code}, read_only: {integer: id}}
"""


def test_fields_are_named_in_a_query(tmp_path: Path) -> None:
    """`{fields}` alone is a list of all that the object has, in every action; the other holes are filled later."""
    path = tmp_path / "office.connector.yaml"
    path.write_text(CONNECTOR, encoding="utf-8")
    actions = read_definition(path).objects["parties"].actions
    listed = request_for(actions["list"], {})
    assert (listed.path, listed.query) == ("/party.party", {"f": ["name", "code", "id"], "o": "W1siaWQiLCJBU0MiXV0="})
    found = request_for(actions["find"], {"field": "code", "values": ["7"]})
    assert found.query == {"f": ["name", "code", "id"], "d": "W1siY29kZSIsImluIixbIjciXV1d"}
    assert request_for(actions["get"], {"id": "7"}).query == {"f": ["name", "code", "id"], "note": "all {fields}"}
