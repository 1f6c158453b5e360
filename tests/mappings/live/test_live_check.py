"""Live validation: a mapping against what its systems really have."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from config.yaml import parse
from connectors.protocol import FieldInfo, ObjectInfo
from mappings.finding import Finding, Severity
from mappings.live.check import check_live
from mappings.live.facts import Facts
from mappings.load import load

FIELDS = """\
kind: mapping
name: account
entity: account
sides: {sf: {object: Account}, hub: {object: companies}}
create: {sf: {key: name}}
fields:
  name: {sf: Name, hub: name, direction: both, conflict: sf_wins}
  employees: {sf: Employees, hub: employees, direction: both, to: sf, conflict: sf_wins}
  industry:
    sf: Industry
    hub: {field: industry, value_map: {MACHINERY: Manufacturing, RETAIL: Retail}}
    direction: both
    conflict: sf_wins
links: {owner_id: {sf: {lookup: OwnerId, object: User}}}
identity: [{rule: stored_id, hub: sf_id, refers_to: sf}]
"""
SF = {
    "Name": FieldInfo("Name", "text", length=255, required=True, unique=True),
    "Employees": FieldInfo("Employees", "int"),
    "Industry": FieldInfo(
        "Industry", "picklist", options=("Manufacturing", "Retail"), restricted=True
    ),
    "OwnerId": FieldInfo("OwnerId", "reference", refers_to=("User",)),
}
HUB = {
    "name": FieldInfo("name", "text", length=255),
    "employees": FieldInfo("employees", "num"),
    "industry": FieldInfo("industry", "picklist", options=("MACHINERY", "RETAIL"), restricted=True),
    "sf_id": FieldInfo("sf_id", "text"),
}


def facts(*changed: FieldInfo, without: Sequence[str] = ()) -> Facts:
    """Both systems, some fields replaced, added or taken away."""
    sides = {"sf": ("Account", dict(SF)), "hub": ("companies", dict(HUB))}
    for field in changed:
        fields = sides["sf" if field.name[0].isupper() else "hub"][1]
        fields[field.name] = field
    return {
        connection: (
            ObjectInfo(name, name, tuple(f for n, f in fields.items() if n not in without)),
        )
        for connection, (name, fields) in sides.items()
    }


def check(known: Facts, text: str = FIELDS) -> list[Finding]:
    return check_live(load(parse(text, "mappings/account.yaml")), known)


def only(known: Facts, text: str = FIELDS) -> Finding:
    found = check(known, text)
    assert len(found) == 1, found
    return found[0]


def test_a_mapping_its_systems_bear_out_is_silent() -> None:
    """Nothing wrong, nothing said; unknown connections are not judged."""
    assert check(facts()) == []
    assert check({}) == []


def test_a_field_that_does_not_exist_names_the_nearest() -> None:
    """The place is where the mapping names it."""
    known = facts(FieldInfo("Employes", "int"), without=["Employees"])
    finding = only(known)
    assert finding.what == "sf/Account has no field `Employees`"
    assert str(finding.where) == "mappings/account.yaml:8:15 (fields.employees.sf)"
    assert finding.fix == "Did you mean `Employes`?"


@pytest.mark.parametrize(
    ("missing", "place"), [("OwnerId", "links.owner_id"), ("sf_id", "identity[0]")]
)
def test_pointers_and_stored_ids_must_exist_too(missing: str, place: str) -> None:
    """A link or key on a field that is not there is found."""
    assert place in str(only(facts(without=[missing])).where)


def test_an_object_that_does_not_exist_is_one_finding() -> None:
    """Its fields are not each complained of."""
    finding = only({**facts(), "hub": (ObjectInfo("company", "Company", ()),)})
    assert finding.what == "There is no object `companies` in hub"
    assert finding.fix == "Did you mean `company`?"


@pytest.mark.parametrize(
    ("field", "says"),
    [
        (FieldInfo("Name", "text", readable=False, unique=True), "may not read `Name`"),
        (FieldInfo("name", "text", updateable=False), "`name` of hub/companies cannot be written"),
        (FieldInfo("Employees", "date"), "is date, but `employees` is int"),
        (FieldInfo("employees", "bool"), "`employees` is int, but `employees` of hub/companies"),
        (FieldInfo("Site__c", "text", required=True), "cannot be created without `Site__c`"),
    ],
)
def test_rights_types_and_required_fields(field: FieldInfo, says: str) -> None:
    """What a write or read would trip over later is said now."""
    found = check(facts(field))
    assert any(says in finding.what for finding in found), found
    assert all(finding.severity is Severity.ERROR for finding in found)


@pytest.mark.parametrize(
    ("verb", "place"),
    [("read", "sides.sf"), ("create", "create.sf"), ("update", "fields.name.sf")],
)
def test_what_our_user_may_not_do_is_told_with_what_to_grant(verb: str, place: str) -> None:
    """A missing scope or object permission, at the line of the mapping that needs it."""
    known = facts()
    (account,) = known["sf"]
    assert isinstance(account, ObjectInfo)
    closed = {**known, "sf": (replace(account, refused={verb: "Right on Account"}),)}
    finding = only(closed)
    assert (finding.severity, finding.what, finding.fix) == (
        Severity.ERROR,
        f"Our user may not {verb} sf/Account",
        "Grant Right on Account.",
    )
    assert place in str(finding.where)


def test_a_right_that_no_mapping_needs_is_not_asked_for() -> None:
    """Nothing is created or deleted in hub, and nothing deleted in sf."""
    known = facts()
    (org,), (account,) = known["hub"], known["sf"]
    assert isinstance(org, ObjectInfo)
    assert isinstance(account, ObjectInfo)
    none = replace(org, refused={"create": "x", "delete": "x"})
    assert check({"hub": (none,), "sf": (replace(account, refused={"delete": "x"}),)}) == []


def test_deletes_need_the_right_to_delete() -> None:
    """Only where a mapping carries deletes over to that side."""
    text = FIELDS.replace("create: {sf", "delete: {hub: delete_in_sf}\ncreate: {sf")
    known = facts()
    (account,) = known["sf"]
    assert isinstance(account, ObjectInfo)
    closed = {**known, "sf": (replace(account, refused={"delete": "Delete on Account"}),)}
    assert only(closed, text).what == "Our user may not delete sf/Account"


def test_a_calculated_target_is_refused() -> None:
    """A formula takes no value, not even with a new record."""
    formula = FieldInfo("Employees", "int", createable=False, updateable=False)
    finding = only(facts(formula))
    assert finding.what == "`Employees` of sf/Account cannot be written"
    assert str(finding.where) == "mappings/account.yaml:8:15 (fields.employees.sf)"


def test_a_shorter_field_is_a_warning() -> None:
    """A value that may not fit is parked later, so it is only warned of."""
    finding = only(facts(FieldInfo("name", "text", length=40)))
    assert finding.severity is Severity.WARNING
    assert "values from `sf` may have 255" in finding.why


def test_a_restricted_picklist_must_be_covered() -> None:
    """Options of one side that the other side's picklist does not take are named."""
    wide = (*SF["Industry"].options, "Space")
    known = facts(FieldInfo("Industry", "picklist", options=wide, restricted=True))
    finding = only(known)
    assert finding.what == "`industry` of hub/companies does not take every value of `industry`"
    assert "`Space`" in finding.why
    assert finding.severity is Severity.ERROR
    parked = FIELDS.replace("Retail}}", "Retail}, unknown_value: park}")
    assert only(known, parked).severity is Severity.WARNING


def test_a_value_map_names_values_that_exist() -> None:
    """A misspelt picklist value in a map is found before it is written."""
    found = {f.what: f.fix for f in check(facts(), FIELDS.replace("MACHINERY:", "MACHINERI:"))}
    what = "`industry` of hub/companies has no value `MACHINERI`"
    assert found[what] == "Did you mean `MACHINERY`?"


def test_a_key_that_is_not_unique_is_warned_of() -> None:
    """Where others may create the same at that moment, the key had better be unique."""
    found = only(facts(FieldInfo("Name", "text", length=255, required=True)))
    assert (found.severity, found.what) == (
        Severity.WARNING,
        "`Name` of sf/Account is not unique",
    )


def test_a_lookup_that_leads_elsewhere_is_refused() -> None:
    """The platform's own pointer says which objects it can name."""
    wrong = FieldInfo("OwnerId", "reference", refers_to=("Group",))
    found = only(facts(wrong))
    assert (found.what, found.why) == (
        "`OwnerId` of sf/Account leads to no User",
        "it refers to Group",
    )


def test_a_label_must_be_one_the_system_tells() -> None:
    """Where it tells none, any is taken: it is asked when the link is written."""
    labelled = FIELDS.replace(
        "links: {", "links: {parent_id: {hub: {association: companies, label: Parent}}, "
    )
    plain = FieldInfo("associations.companies", "reference", refers_to=("companies",))
    child = FieldInfo("associations.companies#Child", "reference", refers_to=("companies",))
    parent = FieldInfo("associations.companies#Parent", "reference", refers_to=("companies",))
    assert check(facts(plain), labelled) == []
    assert check(facts(plain, child, parent), labelled) == []
    finding = only(facts(plain, child), labelled)
    assert finding.what == "hub/companies has no field `associations.companies#Parent`"
    assert "links.parent_id" in str(finding.where)
