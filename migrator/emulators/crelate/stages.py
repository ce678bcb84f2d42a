"""Contacts in jobs: which contact is in which job, and at which stage of the workflow."""

from typing import Any

from migrator.emulators.crelate.models import CONTACTS, JOBS, STAGES
from migrator.emulators.crelate.refusals import invalid, refused
from migrator.emulators.crelate.tables import Row, Tables
from migrator.emulators.messages import Answer, json_answer

_OTHER = {CONTACTS: ("Job_Id", JOBS), JOBS: ("Contact_Id", CONTACTS)}


def list_stages(tables: Tables, object_name: str, record_id: str) -> Answer:
    """List the jobs of a contact, or the contacts of a job, each with its stage: a bare list (client)."""
    field_name, other = _OTHER[object_name]
    return json_answer(200, [_item(tables, row, other, field_name) for row in tables.children(record_id, STAGES)])


def _item(tables: Tables, row: Row, other: str, field_name: str) -> dict[str, Any]:
    status = next(one for one in tables.domain.workflow_statuses if one["Id"] == row["StatusId"])
    found = tables.find(other, row[field_name]) or {}
    return {
        "Id": row[field_name],
        "Name": found.get("Name"),
        "StageId": status["Id"],
        "StageName": status["Name"],
        "WorkflowTypeId": status["WorkflowTypeId"],
        "WorkflowTypeName": status["WorkflowTypeName"],
    }


def enter(tables: Tables, contact_id: str, job_id: str, body: Any, status: int) -> Answer:
    """Move a contact into a job "for the first time" (client); 409 if it is there already."""
    status_id = _status_id(tables, body)
    if _find(tables, contact_id, job_id) is not None:
        raise refused(409, "The contact is in this job already.")
    row = {"Id": tables.new_id(), "Contact_Id": contact_id, "Job_Id": job_id, "StatusId": status_id}
    change = tables.put(STAGES, row, tables.clock.now())
    return json_answer(status, {"Id": row["Id"]}, [change])


def move(tables: Tables, contact_id: str, job_id: str, body: Any) -> Answer:
    """Move a contact to another stage of a job."""
    status_id = _status_id(tables, body)
    row = {**_found(tables, contact_id, job_id), "StatusId": status_id}
    change = tables.put(STAGES, row, tables.clock.now())
    return json_answer(200, {"Id": row["Id"]}, [change])


def leave(tables: Tables, contact_id: str, job_id: str) -> Answer:
    """Take a contact out of a job."""
    row = _found(tables, contact_id, job_id)
    return json_answer(200, {"Id": row["Id"]}, tables.remove(STAGES, row["Id"]))


def _find(tables: Tables, contact_id: str, job_id: str) -> Row | None:
    return next((row for row in tables.children(contact_id, STAGES) if row["Job_Id"] == job_id), None)


def _found(tables: Tables, contact_id: str, job_id: str) -> Row:
    row = _find(tables, contact_id, job_id)
    if row is None:
        raise refused(404, "The contact is not in this job.")
    return row


def _status_id(tables: Tables, body: Any) -> str:
    """Find the status that a body names by id or, where the id is blank, by name; without either it is the first."""
    if not isinstance(body, dict):
        raise invalid({"": "expected an object"})
    statuses = tables.domain.workflow_statuses
    for field_name, key in (("StatusId", "Id"), ("StatusName", "Name")):
        if wanted := body.get(field_name):
            found = [one["Id"] for one in statuses if one[key] == wanted]
            if not found:
                raise invalid({field_name: "there is no such workflow status"})
            return str(found[0])
    return str(statuses[0]["Id"])
