"""The built-in org against a real one's describes, and an org that takes a real one's over."""

from pathlib import Path

import orjson
import pytest

from sandbox.salesforce import counts
from sandbox.salesforce.describe import brief, describe
from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import PERSON, org_of
from sandbox.salesforce.rows.seed import seed
from sandbox.salesforce.rows.write import create, update
from sandbox.salesforce.schema import standard
from sandbox.salesforce.setup.access import seen_by
from sandbox.salesforce.soql.pages import Queries
from sandbox.salesforce.twin import import_org, read_describes
from sandbox.state import State
from sandbox.world.generate import generate
from sandbox.world.load import load

REAL = Path(__file__).resolve().parents[4] / "shared/platforms/salesforce/describe"
FACTS = (
    "type",
    "length",
    "precision",
    "scale",
    "nillable",
    "createable",
    "updateable",
    "defaultedOnCreate",
    "custom",
    "externalId",
    "unique",
    "idLookup",
    "restrictedPicklist",
    "relationshipName",
    "compoundFieldName",
    "namePointing",
)
ACCEPTED = {
    ("Account", "Name", "compoundFieldName"): "the donor org has person accounts, ours has not",
    ("Opportunity", "FiscalQuarter", "compoundFieldName"): "Fiscal is no compound of ours",
    ("Opportunity", "FiscalYear", "compoundFieldName"): "Fiscal is no compound of ours",
}
UNLIKE = {  # the ids are as the platform makes them, only its describe says otherwise
    ("LeadStatus", "keyPrefix"): "shares 01J with OpportunityStage",
    ("AccountHistory", "keyPrefix"): "017, which the platform does not describe",
    ("ContactHistory", "keyPrefix"): "017, which the platform does not describe",
    ("LeadHistory", "keyPrefix"): "017, which the platform does not describe",
    ("OpportunityFieldHistory", "keyPrefix"): "017, which the platform does not describe",
}
NOT_CAPTURED = {"Profile", "ApexTrigger", "AssignmentRule", "DuplicateRule"} | {
    "EntityDefinition",
    "FlowDefinitionView",
}
"""Built-in objects of whose fields no real describe was found; the reference guide tells them."""
FULL = (
    "Account",
    "Campaign",
    "Case",
    "Contact",
    "Event",
    "Lead",
    "Opportunity",
    "OpportunityContactRole",
)
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real describes are not here")


def real_fields(name: str) -> dict[str, dict]:
    """A real org's fields of an object: the reduced describe, the full one on top."""
    found: dict[str, dict] = {}
    for path in (REAL / "reduced" / f"{name}.json", REAL / "full" / f"{name}.json"):
        if path.exists():
            for each in orjson.loads(path.read_bytes())["fields"]:
                found.setdefault(each["name"], {}).update(each)
    return found


def our_fields(name: str) -> dict[str, dict]:
    """The built-in org's standard fields of an object, as described."""
    schema = standard()
    described = describe(schema, schema.objects[name], "v59.0")["fields"]
    return {each["name"]: each for each in described if not each["custom"]}


@needs_real
@pytest.mark.parametrize("name", sorted(standard().objects))
def test_every_standard_field_is_a_real_one(name):
    """Each built-in field is a real one with the same facts; references lead no further."""
    real = real_fields(name)
    if not real:
        assert name in NOT_CAPTURED
        return
    for field, ours in our_fields(name).items():
        theirs = real[field]
        differing = {
            fact
            for fact in FACTS
            if fact in theirs and theirs[fact] != ours[fact] and (name, field, fact) not in ACCEPTED
        }
        assert differing == set(), field
        assert set(ours["referenceTo"]) <= set(theirs["referenceTo"]), field


@needs_real
@pytest.mark.parametrize("name", FULL)
def test_a_describe_has_every_key_of_a_real_one(name):
    """Object and field describes carry the same keys, and the objects the same abilities."""
    real = orjson.loads((REAL / "full" / f"{name}.json").read_bytes())
    schema = standard()
    ours = describe(schema, schema.objects[name], "v59.0")
    assert real["fields"][0].keys() <= ours["fields"][0].keys()
    assert real.keys() <= ours.keys()
    flags = {key for key, value in real.items() if isinstance(value, bool)}
    differing = {key for key in flags if real[key] != ours[key]}
    assert differing <= {"deepCloneable", "triggerable"}


@needs_real
def test_every_object_has_its_real_prefix_and_abilities():
    """Key prefixes and flags are those of a real global describe."""
    listed = orjson.loads((REAL / "full" / "_global.json").read_bytes())["sobjects"]
    real = {each["name"]: each for each in listed}
    shown = ("keyPrefix", "createable", "updateable", "deletable", "undeletable", "mergeable")
    for name, object in standard().objects.items():
        ours = brief(object, "v59.0")
        keys = [key for key in shown if (name, key) not in UNLIKE]
        assert [real[name][key] for key in keys] == [ours[key] for key in keys], name


@needs_real
def test_a_real_org_is_taken_over_and_kept(tmp_path: Path):
    """Its fields are described, what it lacks is out of sight; a restart keeps both."""
    path = tmp_path / "sandbox.db"
    with State(path) as state:
        seed(state)
        report = import_org(state, REAL)
    assert report.objects >= 38
    assert report.fields > 1_000
    with State(path) as state:
        org = org_of(state)
        seen = seen_by(org, "anybody")
        real = real_fields("Contact")
        described = describe(seen.schema, seen.schema.objects["Contact"], "v59.0")
        ours = {each["name"]: each for each in described["fields"]}
        assert ours.keys() == {k for k, v in orjson_fields("Contact").items() if v != "location"}
        assert ours["Email"]["length"] == real["Email"]["length"]
        assert "Corporate_Number__c" not in seen.schema.objects["Account"].fields
        account = create(org, org.schema.objects["Account"], {"Name": "Twin"}, PERSON)
        update(org, org.schema.objects["Account"], account, {"TickerSymbol": "TWN"}, PERSON)
        assert org.value("Account", account, "TickerSymbol") == "TWN"


@needs_real
def test_a_made_up_company_fits_into_a_real_orgs_schema():
    """The same world loads into the built-in org and into a twin, row for row."""
    world = generate(seed=1, scale=0.05)
    with State(None) as plain, State(None) as twin:
        for state in (plain, twin):
            seed(state)
        import_org(twin, REAL)
        for state in (plain, twin):
            load(world, state)
        made = {name: count for name, count in counts(plain).items() if count}
        assert made == {name: count for name, count in counts(twin).items() if count}


@pytest.mark.parametrize("name", sorted(standard().objects))
def test_every_described_field_can_be_selected(name):
    """A describe promises nothing a query refuses."""
    with State(None) as state:
        org = org_of(state)
        names = list(org.schema.objects[name].fields)
        soql = f"SELECT {', '.join(names)} FROM {name}"
        answer = Queries(org).run(soql, "v59.0", everything=True)
        assert orjson.loads(answer.body)["done"] is True


def orjson_fields(name: str) -> dict[str, str]:
    """The types of a full describe's fields by name."""
    real = orjson.loads((REAL / "full" / f"{name}.json").read_bytes())
    return {each["name"]: each["type"] for each in real["fields"]}


DESCRIBED = {
    "name": "Account",
    "label": "Company",
    "labelPlural": "Companies",
    "keyPrefix": "001",
    "createable": True,
    "updateable": True,
    "childRelationships": [
        {"childSObject": "Site__c", "field": "Account__c", "relationshipName": "Sites__r"}
    ],
    "fields": [
        {"name": "Id", "label": "Id", "type": "id", "nillable": False, "createable": False},
        {
            "name": "Name",
            "label": "Name",
            "type": "string",
            "length": 99,
            "nillable": False,
            "createable": True,
            "updateable": True,
            "nameField": True,
        },
        {
            "name": "Rank__c",
            "label": "Rank",
            "type": "picklist",
            "length": 255,
            "nillable": True,
            "createable": True,
            "updateable": True,
            "restrictedPicklist": True,
            "picklistValues": [
                {"active": True, "value": "A", "defaultValue": True},
                {"active": False, "value": "B", "defaultValue": False},
            ],
        },
        {"name": "Where__c", "label": "W", "type": "location", "nillable": True},
    ],
}


def test_an_export_is_read_whole_and_tells_what_it_left_out(tmp_path: Path):
    """Describes make objects; unfit fields, strange files and second describes are reported."""
    reduced = {**DESCRIBED, "fields": DESCRIBED["fields"][:1]}
    del reduced["createable"]
    files = {
        "Account.json": DESCRIBED,
        "old.json": reduced,
        "strange.json": {"x": 1},
        "hubspot.json": {"results": []},
        "_global.json": {"sobjects": [{"name": "Account"}, {"name": "User"}]},
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(orjson.dumps(content))
    (tmp_path / "broken.json").write_text("{")
    with State(None) as state:
        seed(state)
        report = import_org(state, tmp_path)
        assert (report.objects, report.fields) == (1, 3)
        assert {what for what, _ in report.skipped} == {
            "Account.Where__c",
            "old.json",
            "strange.json",
            "broken.json",
            "objects",
        }
        org = org_of(state)
        seen = seen_by(org, "anybody").schema
        assert set(seen.objects) == {"Account", "User"}
        fields = seen.objects["Account"].fields
        assert set(fields) == {"Id", "Name", "Rank__c"}
        assert (fields["Name"].length, fields["Rank__c"].values) == (99, ("A",))
        id = create(org, org.schema.objects["Account"], {"Name": "x"}, PERSON)
        assert org.value("Account", id, "Rank__c") == "A"


def test_an_export_may_bring_its_rules(tmp_path: Path):
    """setup.json makes rules, fields, permissions; a step that cannot be is reported."""
    rule = {"object": "Account", "when": "Rank__c = 'A'", "message": "no A"}
    steps = [
        {"control": "rule", "kind": "validation", "name": "v", "definition": rule},
        {"control": "bacon"},
        {
            "control": "field",
            "object": "Account",
            "field": {"name": "Corporate_Number__c", "type": "string", "is": "create update null"},
        },
        {"control": "permission", "who": "*", "permission": {"fields": {"Account.Rank__c": []}}},
    ]
    (tmp_path / "Account.json").write_bytes(orjson.dumps(DESCRIBED))
    (tmp_path / "setup.json").write_bytes(orjson.dumps(steps))
    with State(None) as state:
        seed(state)
        report = import_org(state, tmp_path)
        assert [what for what, _ in report.skipped] == ["Account.Where__c", "setup.json"]
        org = org_of(state)
        fields = seen_by(org, "anybody").schema.objects["Account"].fields
        assert set(fields) == {"Id", "Name", "Corporate_Number__c"}
        with pytest.raises(FaultError, match="no A"):
            create(org, org.schema.objects["Account"], {"Name": "x"}, PERSON)


def test_the_fuller_describe_counts(tmp_path: Path):
    """Of two describes of one object the full one is taken, in whatever order they come."""
    reduced = {key: DESCRIBED[key] for key in ("name", "label", "fields")}
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    for path, content in zip(paths, (DESCRIBED, reduced), strict=True):
        path.write_bytes(orjson.dumps(content))
    for order in (paths, paths[::-1]):
        assert "createable" in read_describes(order).described["Account"]
