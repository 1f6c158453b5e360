"""Laws of what a permission hides: describe, query and row agree, whatever is taken away."""

from collections.abc import Iterator

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.salesforce.describe import describe
from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import INTEGRATION_USER, PERSON, Org, org_of
from sandbox.salesforce.rows.accept import accepted
from sandbox.salesforce.rows.seed import seed
from sandbox.salesforce.rows.write import create
from sandbox.salesforce.setup.access import seen_by
from sandbox.salesforce.soql.pages import Queries
from sandbox.state import State

OBJECTS = ("Account", "Contact", "Lead", "Opportunity", "Task")
VERBS = st.sampled_from(([], ["read"], ["read", "edit"]))


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    """An org with one row of each object."""
    with State(None) as state:
        seed(state)
        yield state


@st.composite
def permissions(draw: st.DrawFn) -> tuple[str, dict[str, list[str]]]:
    """An object and what is allowed of some of its writable fields."""
    object = draw(st.sampled_from(OBJECTS))
    with State(None) as blank:
        fields = org_of(blank).schema.objects[object].fields.values()
        names = sorted(each.name for each in fields if "update" in each.traits)
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=8))
    return object, {name: draw(VERBS) for name in chosen}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(permission=permissions())
def test_describe_query_and_write_agree(
    state: State, permission: tuple[str, dict[str, list[str]]]
) -> None:
    """A field is described iff it can be selected, and described as updateable iff it can be."""
    object, verbs = permission
    org = org_of(state)
    org.restrict("*", {"fields": {f"{object}.{name}": each for name, each in verbs.items()}})
    seen = seen_by(org, INTEGRATION_USER)
    described = describe(seen.schema, seen.schema.objects[object], "v59.0")["fields"]
    flags = {each["name"]: each["updateable"] for each in described}
    for name, allowed in verbs.items():
        assert (name in flags) is ("read" in allowed)
        assert flags.get(name, False) is ("edit" in allowed)
        assert _selectable(seen, object, name) is ("read" in allowed)
        assert _refused_by_permission(state, object, name) is ("edit" not in allowed)


def _selectable(seen: Org, object: str, name: str) -> bool:
    try:
        answer = Queries(seen).run(f"SELECT {name} FROM {object}", "v59.0", everything=False)
    except FaultError as fault:
        if fault.code == "INVALID_FIELD":
            return False
        raise
    return "records" in orjson.loads(answer.body)


def _refused_by_permission(state: State, object: str, name: str) -> bool:
    org = org_of(state)
    described = org.schema.objects[object]
    try:
        accepted(org, described, {name: None}, "update", INTEGRATION_USER)
    except FaultError as fault:
        return fault.code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    return False


def test_an_administrator_is_bound_by_nothing(state: State) -> None:
    """The person sees and writes what is hidden from everybody."""
    org = org_of(state)
    org.restrict("*", {"objects": {"Account": []}, "fields": {"Account.Fax": []}})
    id = create(org, org.schema.objects["Account"], {"Name": "A", "Fax": "1"}, PERSON)
    assert org.value("Account", id, "Fax") == "1"
    assert seen_by(org, PERSON) is org
    org.restrict("*", None)
    assert seen_by(org, INTEGRATION_USER) is org
