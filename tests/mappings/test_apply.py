"""From a platform's record to entity values, links and keys, and back."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from config.yaml import parse
from mappings.apply import (
    Pointers,
    fields_to_read,
    normalize,
    pointers,
    push,
    seen,
)
from mappings.links import Key, ToKey
from mappings.load import Surroundings, load
from mappings.spec import Confidence, Mapping
from mappings.transforms.registry import Habits
from tasuki.values import Ref


def mapping(entity: str, fields: str, rest: str = "", zone: str = "UTC") -> Mapping:
    sides = "sides: {sf: {object: Account}, hub: {object: companies}}"
    text = f"kind: mapping\nname: m\nentity: {entity}\n{sides}\nfields:\n{fields}\n{rest}\n"
    return load(parse(text, "mappings/m.yaml"), Surroundings(habits=Habits(timezone=zone)))


ACCOUNT = mapping(
    "account",
    """
  name: {sf: Name, hub: name, direction: both, conflict: sf_wins, transform: [company_name]}
  domain: {sf: Website, hub: [domain, website], conflict: sf_wins, transform: [domain]}
  employees: {sf: Employees, hub: employees, direction: both, conflict: highest}
  is_partner: {sf: Partner, hub: partner, direction: both, conflict: sf_wins, clear: true}
  industry:
    sf: Industry
    hub:
      field: industry
      value_map: {MACHINERY: Manufacturing, RETAIL: Retail}
      unknown_value: park
    direction: both
    conflict: sf_wins
  city: {sf: {join: [City, State], with: ", "}, conflict: sf_wins}
  customer_code: {sf: Code, direction: both, on_create_only: true, default: NEW}
  name_kana: {hub: $id}
""",
    """
links:
  owner_id:
    sf: {lookup: OwnerId, by_prefix: {"005": User}}
    hub: [{association: owners}, {value: owner_email, via: email, transform: [email]}]
    direction: both
identity:
  - {rule: stored_id, hub: sf_id, refers_to: sf, transform: [salesforce_id]}
  - {rule: domain, field: domain}
  - {rule: name_and_domain, fields: [name: [company_key], domain: []], confidence: likely}
""",
)


def test_a_record_becomes_typed_values() -> None:
    """Spellings are cleaned, texts become the catalog's types, blanks become None."""
    record = {
        "name": " ㈱青葉 ", "domain": "", "website": "https://www.aoba.example/x",
        "employees": "120", "partner": "true", "industry": "MACHINERY",
    }  # fmt: skip
    found = normalize(ACCOUNT, "hub", record, "77")
    assert found.values == {
        "name": "株式会社青葉",
        "domain": "aoba.example",
        "employees": 120,
        "is_partner": True,
        "industry": "Manufacturing",
        "name_kana": "77",
    }
    assert found.rejects == ()


def test_joined_fields_skip_blanks() -> None:
    """Only what is there is joined."""
    assert normalize(ACCOUNT, "sf", {"City": "Osaka", "State": " "}).values["city"] == "Osaka"
    both = normalize(ACCOUNT, "sf", {"City": "Osaka", "State": "JP"}).values["city"]
    assert both == "Osaka, JP"


def test_one_bad_cell_leaves_its_neighbours() -> None:
    """A value that does not fit is rejected with field, reason and fix; it is not a blank."""
    found = normalize(ACCOUNT, "hub", {"name": "A", "employees": "many", "industry": "SPACE"})
    assert found.values["name"] == "A"
    assert "employees" not in found.values
    assert "industry" not in found.values
    reasons = {reject.field: reject for reject in found.rejects}
    assert reasons["employees"].reason == "`employees` does not fit int: it is no number"
    assert "`value_map` of `industry`" in reasons["industry"].remedy
    assert "many" not in repr(found.rejects)


def test_links_come_best_way_first() -> None:
    """A list of linked ids gives its first; a value gives a key to look for; neither is no link."""
    record = {"associations.owners": ["8", "9"], "owner_email": "Ada@Aoba.example"}
    found = normalize(ACCOUNT, "hub", record).links["owner_id"]
    assert found == (Ref("hub", "owners", "8"), ToKey("user_", "email", "ada@aoba.example"))
    assert normalize(ACCOUNT, "hub", {"associations.owners": []}).links == {"owner_id": ()}


def test_the_start_of_an_id_tells_its_object() -> None:
    """A pointer to several objects is told by prefix; an object we do not map is no link."""
    links = normalize(ACCOUNT, "sf", {"OwnerId": "005x"}).links
    assert links["owner_id"] == (Ref("sf", "User", "005x"),)
    assert normalize(ACCOUNT, "sf", {"OwnerId": "00Gx"}).links["owner_id"] == ()


def test_keys_say_who_a_record_is() -> None:
    """A record carries its own ref where others store it, ids it stores, and keys of its values."""
    name = {"name": "青葉㈱", "domain": "aoba.example", "sf_id": "001A0000006Vm9r"}
    assert normalize(ACCOUNT, "hub", name, "77").keys == (
        Key("stored_id", "sf/Account/001A0000006Vm9rIAC"),
        Key("domain", "aoba.example"),
        Key("name_and_domain", "青葉|aoba.example", Confidence.LIKELY),
    )
    own = normalize(ACCOUNT, "sf", {"Name": "青葉"}, "001x").keys
    assert own == (Key("stored_id", "sf/Account/001x"),)


def test_push_speaks_the_platforms_words() -> None:
    """Entity values go out under the platform's names and through the map backwards."""
    values = {"name": "青葉", "industry": "Retail", "employees": 5, "domain": "aoba.example"}
    assert push(ACCOUNT, "hub", values).fields == {
        "name": "青葉",
        "industry": "RETAIL",
        "employees": 5,
    }


def test_a_value_outside_the_map_is_parked_not_sent() -> None:
    """The cell is rejected, its neighbours go."""
    values = {"name": "青葉", "industry": "Space"}
    sent = push(ACCOUNT, "hub", values)
    assert sent.fields == {"name": "青葉"}
    assert [reject.field for reject in sent.rejects] == ["industry"]


def test_a_blank_never_erases_unless_the_mapping_says_clear() -> None:
    """None is sent only for a field with `clear`, and never while creating."""
    blanks = {"name": None, "is_partner": None}
    assert push(ACCOUNT, "hub", blanks).fields == {"partner": None}
    assert push(ACCOUNT, "hub", blanks, creating=True).fields == {}


def test_defaults_and_create_only_fields_belong_to_creation() -> None:
    """A default fills what a new record lacks; an existing record is left alone."""
    assert push(ACCOUNT, "sf", {"customer_code": "C1"}).fields == {}
    assert push(ACCOUNT, "sf", {}, creating=True).fields == {"Code": "NEW"}
    assert push(ACCOUNT, "sf", {"customer_code": "C1"}, creating=True).fields == {"Code": "C1"}


def test_what_a_pull_must_ask_for() -> None:
    """Every mapped field, pointer and stored id is asked for once; `$id` is not a field."""
    assert fields_to_read(ACCOUNT, "hub") == [
        "name", "domain", "website", "employees", "partner", "industry",
        "associations.owners", "owner_email", "sf_id",
    ]  # fmt: skip


def test_links_are_written_by_the_way_that_leads_there() -> None:
    """A lookup is written as a field, an association as a pair; other targets are left out."""
    user = {"owner_id": Ref("sf", "User", "005x")}
    assert pointers(ACCOUNT, "sf", user) == Pointers({"OwnerId": "005x"})
    owner = {"owner_id": Ref("hub", "owners", "8")}
    assert pointers(ACCOUNT, "hub", owner) == Pointers({}, (("owners", "8"),))
    assert pointers(ACCOUNT, "sf", owner) == Pointers({})


ACTIVITY = mapping(
    "activity",
    """
  kind: {sf: {value: task}}
  due_at:
    sf: {field: Day, written_as: date}
    hub: {field: at, written_as: epoch_ms}
    direction: both
    conflict: sf_wins
  is_done: {sf: {field: Status, value_map: {Completed: true, "*": false}}}
  created_at: {hub: created}
""",
)


DAYS = "  due_at: {sf: {field: Day, written_as: date}, direction: both}"


def test_a_platforms_own_form_is_written() -> None:
    """An instant goes out as a day, as milliseconds, or in the common form."""
    due = {"due_at": datetime(2026, 1, 2, 3, tzinfo=UTC)}
    assert push(ACTIVITY, "sf", due).fields == {"Day": "2026-01-02"}
    assert push(ACTIVITY, "hub", due).fields == {"at": 1767322800000}


def test_a_day_is_a_day_of_the_project() -> None:
    """What a field of days holds comes back as the same day, east and west of Greenwich."""
    for zone in ("Asia/Tokyo", "America/New_York"):
        there = mapping("activity", DAYS, zone=zone)
        due = normalize(there, "sf", {"Day": "2026-01-02"}).values["due_at"]
        assert push(there, "sf", {"due_at": due}).fields == {"Day": "2026-01-02"}


def test_constants_and_the_rest_of_a_map() -> None:
    """A constant needs no field; `*` stands for every value a map does not name."""
    done = normalize(ACTIVITY, "sf", {"Status": "Completed"}).values
    assert (done["kind"], done["is_done"]) == ("task", True)
    assert normalize(ACTIVITY, "sf", {"Status": "Waiting"}).values["is_done"] is False


def test_equal_meaning_is_no_difference() -> None:
    """Cells are compared in the entity's form, whatever their spelling."""
    one = seen(ACCOUNT, "sf", {"Name": "（株）青葉", "Employees": 120.0})
    other = seen(ACCOUNT, "hub", {"name": "株式会社 青葉", "employees": "120"})
    assert one["name"] == other["name"]
    assert one["employees"] == other["employees"]


LOSSLESS = mapping(
    "opportunity",
    """
  name: {sf: Name, hub: name, direction: both, conflict: sf_wins, transform: [squeeze]}
  stage:
    sf: Stage
    hub: {field: stage, value_map: {a: Prospecting, b: Closed Won}}
    direction: both
    conflict: sf_wins
  amount: {sf: Amount, hub: amount, direction: both, conflict: sf_wins, transform: [money]}
  close_date: {sf: Close, hub: close, direction: both, conflict: sf_wins}
  is_won: {sf: Won, hub: won, direction: both, conflict: sf_wins}
  created_at: {sf: Created, hub: created, direction: both, conflict: sf_wins}
""",
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(min_size=1).map(lambda t: " ".join(t.split())).filter(bool),
        "stage": st.sampled_from(["Prospecting", "Closed Won", "Qualification"]),
        "amount": st.integers(-(10**12), 10**12).map(lambda n: Decimal(n) / 100),
        "close_date": st.dates(date(1971, 1, 1), date(2100, 1, 1)),
        "is_won": st.booleans(),
        "created_at": st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
            lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000, tzinfo=UTC)
        ),
    },
)


@given(VALUES, st.sampled_from(["sf", "hub"]))
def test_there_and_back_keeps_every_value(values: dict[str, object], side: str) -> None:
    """Round trip: what is sent to a side is read from it as the same values."""
    sent = push(LOSSLESS, side, values)
    assert sent.rejects == ()
    back = normalize(LOSSLESS, side, sent.fields)
    assert back.rejects == ()
    assert {name: back.values[name] for name in values} == values
    assert all(back.values[name] is None for name in back.values.keys() - values.keys())


@given(st.dictionaries(st.sampled_from(fields_to_read(ACCOUNT, "hub")), st.text() | st.integers()))
def test_no_record_breaks_a_mapping(record: dict[str, object]) -> None:
    """Whatever a platform answers, each cell is taken over or rejected."""
    found = normalize(ACCOUNT, "hub", record, "1")
    rejected = {reject.field for reject in found.rejects}
    pulled = {rule.name for rule in ACCOUNT.pulled("hub")}
    assert found.values.keys() | rejected == pulled
    assert not found.values.keys() & rejected
