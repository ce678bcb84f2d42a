"""What becomes of the fields that are sent to OpenCRM, and how its records are read."""

import pytest
from opencrm_practising import practice, told

from migrator.emulators.opencrm import EditReply, Missing
from migrator.emulators.opencrm.modules import MODULES

SALES = ("quote", "salesorder", "invoice", "purchaseorder")


@pytest.mark.parametrize("module", MODULES)
def test_every_field_is_kept(module: str) -> None:
    """What is written into each field comes back as the same text, and so do custom fields (client)."""
    with practice() as crm:
        fields = dict.fromkeys([*MODULES[module].blank, "cf_1", "cf_4711"], " Ä <b> & x ")
        crmid = crm.create(module, **fields)
        record = crm.read(module, crmid)
    system = {"crmid": crmid, "record_id": crmid, "record_module": MODULES[module].title}
    times = dict.fromkeys(("createdtime", "modifiedtime"), "2024-05-06 07:08:09")
    assert record == {**fields, **system, **times}


@pytest.mark.parametrize("crmid", ["0", "", None, " ", "-0", "null", "x7"])
def test_edit_without_an_id_creates(crmid: str | None) -> None:
    """An id of 0 creates (client), and so does one that is empty, missing or no number: the trap for updates."""
    with practice() as crm:
        old = crm.create("contact", firstname="Ada")
        given = {} if crmid is None else {"crmid": crmid}
        answer = crm.ask("edit_contact", firstname="Bob", **given)
        assert [(one["crmid"], one["firstname"]) for one in crm.held("contact")] == [(old, "Ada"), (str(answer), "Bob")]


@pytest.mark.parametrize("reply", EditReply)
def test_answer_to_an_edit_can_be_varied(reply: EditReply) -> None:
    """A number, a text of digits, or an object with the id (client), for creates and changes alike."""
    with practice(edit_reply=reply) as crm:
        created = crm.ask("edit_lead", crmid="0")
        crmid = crm.held("lead")[0]["crmid"]
        changed = crm.ask("edit_lead", crmid=crmid)
    expected = {EditReply.NUMBER: int(crmid), EditReply.TEXT: crmid, EditReply.OBJECT: {"record_id": crmid}}
    assert (created, changed) == (expected[reply], expected[reply])


def test_edit_changes_only_what_it_names() -> None:
    """Other fields stay, an empty value blanks its field (vendor, older), unknown fields are ignored."""
    with practice() as crm:
        crmid = crm.create("contact", firstname="Ada", lastname="King", phone="1")
        before = crm.read("contact", crmid)
        crm.ask("edit_contact", crmid=crmid, lastname="Byron", phone="", colour="red")
        after = crm.read("contact", crmid)
        assert crm.held("contact") == [
            {
                "crmid": crmid,
                "createdtime": "2024-05-06 07:08:09",
                "smownerid": "1",
                "firstname": "Ada",
                "lastname": "Byron",
                "modifiedtime": "2024-05-06 07:08:09",
            }
        ]
    assert after == before | {"lastname": "Byron", "phone": ""}


def test_nothing_is_checked() -> None:
    """No field is mandatory, no value is looked at, and the same record twice is two records (vendor)."""
    with practice() as crm:
        nonsense = {"birthday": "never", "email": "no address", "tps": "perhaps", "accountid": "999999999"}
        ids = {crm.create("contact", **nonsense) for _ in range(2)}
        record = crm.read("contact", ids.pop())
        assert (crm.create("opportunity").isdigit(), len(crm.held("contact"))) == (True, 2)
    assert {name: record[name] for name in nonsense} == nonsense


def test_body_may_be_json_or_parts() -> None:
    """A raw JSON body and a form of parts are read like a form; flags become 0 and 1, null is nothing (vendor)."""
    with practice() as crm:
        url = f"{crm.server.base_url}/edit_contact"
        body = {"crmid": 0, "firstname": "Ada", "tps": True, "fps": False, "phone": None, "accountid": 7, "cf_1": 1.5}
        crm.http.post(url, json=body, headers=crm.headers())
        crm.http.post(url, files={"firstname": (None, "Bob"), "photo": ("a.png", b"x")}, headers=crm.headers())
        held = [{name: one.get(name) for name in body} | {"crmid": 0} for one in crm.held("contact")]
    assert held == [
        {"crmid": 0, "firstname": "Ada", "tps": "1", "fps": "0", "phone": None, "accountid": "7", "cf_1": "1.5"},
        {"crmid": 0, "firstname": "Bob", **dict.fromkeys(("tps", "fps", "phone", "accountid", "cf_1"))},
    ]


def test_parameters_have_an_order() -> None:
    """Of the same name in several places the body's counts, then the query's, then the path's (inferred)."""
    with practice() as crm:
        url = f"{crm.server.base_url}/edit_contact/phone/path/fax/path/mobile/path"
        query = {"phone": "query", "fax": "query"}
        crm.http.post(url, params=query, data={"phone": "body"}, headers=crm.headers())
        held = crm.held("contact")[0]
    assert {name: held[name] for name in ("phone", "fax", "mobile")} == {
        "phone": "body",
        "fax": "query",
        "mobile": "path",
    }


def test_ids_are_of_one_row() -> None:
    """All modules share one row of ids, so that an id of another module is not found (inferred)."""
    with practice() as crm:
        ids = [int(crm.create(module)) for module in ("contact", "company", "contact")]
        answers = [crm.send("edit_contact", crmid=str(ids[1])), crm.send("get_contact", crmid=str(ids[1]))]
        assert len(crm.held("contact")) == 2
    assert ids == [ids[0], ids[0] + 1, ids[0] + 2]
    assert [told(one) for one in answers] == [(200, {"error": "Record not found"})] * 2


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (Missing.ERROR, (200, {"error": "Record not found"})),
        (Missing.NOT_FOUND, (404, {"error": "Record not found"})),
        (Missing.EMPTY, (200, [])),
    ],
)
@pytest.mark.parametrize("crmid", ["999999999", "0", "", "x"])
def test_missing_record_can_look_three_ways(missing: Missing, expected: tuple[int, object], crmid: str) -> None:
    """A read of what is not there answers an error, 404 (client), or an empty array."""
    with practice(missing=missing) as crm:
        assert told(crm.send("get_contact", crmid=crmid)) == expected


@pytest.mark.parametrize("module", SALES)
def test_sales_may_be_read_only(module: str) -> None:
    """Whether quotes, orders and invoices can be edited is not known."""
    with practice(edits_sales=False) as crm:
        assert told(crm.send(f"edit_{module}", crmid="0")) == (404, {"error": "Unknown end point"})
        assert crm.ask(f"get_{module}_list") == []
    with practice() as crm:
        assert crm.read(module, crm.create(module, anything="x"))["anything"] == "x"


def test_owner_is_written_by_its_field_name() -> None:
    """The owner is `smownerid`; the name in queries sets nothing, and without an owner it is the administrator."""
    with practice() as crm:
        ids = [crm.create("contact", **{name: "2"}) for name in ("smownerid", "assigned_user_id")]
        assert [crm.read("contact", one)["smownerid"] for one in ids] == ["2", "1"]


@pytest.mark.parametrize("names", ["smownerid", "Assigned_to", " assigned_to ,phone,nothing"])
def test_user_ids_become_names(names: str) -> None:
    """`change_assignedidtouser` turns the ids of users into names, in the fields that it lists (vendor)."""
    with practice() as crm:
        crmid = crm.create("contact", smownerid="2", phone="3")
        record = crm.read("contact", crmid, change_assignedidtouser=names)
    assert (record["smownerid"], record["phone"], "nothing" in record) == ("practice", "3", False)


@pytest.mark.parametrize(
    ("path", "birthday", "created"),
    [
        ("", "29-02-2000", "2024-05-06 07:08:09"),
        ("/dateOverride/c", "2000-02-29T00:00:00+00:00", "2024-05-06 07:08:09"),
        ("/dateTimeOverride/c/dateOverride/c", "2000-02-29T00:00:00+00:00", "2024-05-06T07:08:09+00:00"),
        ("/dateTimeOverride/d_F_Y_H:i/dateOverride/d_F_Y", "29 February 2000", "06 May 2024 07:08"),
        ("/dateOverride/d*m*y", "29/02/00", "2024-05-06 07:08:09"),
        ("/dateOverride/D_jS_M", "Tue 29th Feb", "2024-05-06 07:08:09"),
        ("/dateTimeOverride/%5CY_g:iA/dateOverride/N_z_t_L", "2 59 29 1", "Y 7:08AM"),
    ],
)
def test_dates_are_written_as_asked(path: str, birthday: str, created: str) -> None:
    """Days stand day first and moments year first (vendor); PHP's formats in the path change both."""
    with practice() as crm:
        crmid = crm.create("contact", birthday="2000-02-29")
        record = crm.ask(f"get_contact{path}", crmid=crmid)
    assert (record["birthday"], record["createdtime"]) == (birthday, created)


@pytest.mark.parametrize("text", ["2001-02-29", "29-02-2000", "soon", "2000-02-29T00:00:00"])
def test_what_is_no_date_stays_as_sent(text: str) -> None:
    """Nothing is checked (vendor), so that a wrong date is kept and shown."""
    with practice() as crm:
        crmid = crm.create("contact", birthday=text, description="2000-02-29")
        record = crm.ask("get_contact/dateOverride/c", crmid=crmid)
    assert (record["birthday"], record["description"]) == (text, "2000-02-29")


def test_values_may_be_escaped() -> None:
    """Whether values come back as HTML is not known."""
    with practice(escapes_html=True) as crm:
        crmid = crm.create("contact", firstname="<A> & \"B\" 'C'")
        assert crm.read("contact", crmid)["firstname"] == "&lt;A&gt; &amp; &quot;B&quot; &#x27;C&#x27;"
        assert crm.held("contact")[0]["firstname"] == "<A> & \"B\" 'C'"
