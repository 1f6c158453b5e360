"""Which calls a storm strikes: by kind, ordinal and probability, the same for a seed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.weather.rules import Storm
from sandbox.weather.sky import Call, Sky, weather_of
from sandbox.weather.storm import READY, VENDORS, StormError, read_storm, storm_of

LIST = Call("hubspot", "GET", "/crm/v3/objects/contacts")
SEARCH = Call("hubspot", "POST", "/crm/objects/2026-03/contacts/search")
PAGE = Call("salesforce", "GET", "/services/data/v59.0/query/0r8xx-2000")


def struck(storm: Storm, calls: list[Call]) -> list[list[int]]:
    """The rules that strike each call, by their place in the storm."""
    sky = Sky()
    sky.begin(storm)
    rules = list(storm.rules)
    return [[rules.index(each.rule) for each in sky.strikes(call)] for call in calls]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"nth": 2}, [2]),
        ({"nth": [1, 4]}, [1, 4]),
        ({"after": 3}, [4, 5, 6]),
        ({"times": 2}, [1, 2]),
        ({"after": 1, "times": 2}, [2, 3]),
    ],
)
def test_ordinals_choose_calls(when, expected):
    """`nth`, `after` and `times` count the calls that match, from one."""
    storm = storm_of({"rules": [{"kind": "list", "answer": "too_many", **when}]})
    found = struck(storm, [LIST, SEARCH, LIST, LIST, LIST, LIST, LIST])
    del found[1]
    assert [place for place, rules in enumerate(found, 1) if rules] == expected


@pytest.mark.parametrize(
    ("platform", "kind", "method", "path"),
    [
        ("hubspot", "list", "GET", "/crm/v3/objects/contacts"),
        ("hubspot", "list", "GET", "/crm/objects/2026-03/0-1"),
        ("hubspot", "search", "POST", "/crm/v3/objects/contacts/search"),
        ("hubspot", "read", "POST", "/crm/v3/objects/contacts/batch/read"),
        ("hubspot", "write", "PATCH", "/crm/v3/objects/contacts/17"),
        ("hubspot", "associations", "POST", "/crm/v4/associations/contacts/companies/batch/read"),
        ("hubspot", "token", "POST", "/oauth/v1/token"),
        ("salesforce", "query", "GET", "/services/data/v59.0/queryAll"),
        ("salesforce", "page", "GET", "/services/data/v59.0/query/0r8x-2000"),
        ("salesforce", "collection", "PATCH", "/services/data/v59.0/composite/sobjects"),
        ("salesforce", "write", "POST", "/services/data/v59.0/sobjects/Account"),
        ("salesforce", "bulk", "PUT", "/services/data/v59.0/jobs/ingest/750x/batches"),
        ("salesforce", "replication", "GET", "/services/data/v59.0/sobjects/Account/deleted"),
        ("salesforce", "token", "POST", "/services/Soap/u/59.0"),
        ("account_engagement", "list", "GET", "/api/v5/objects/visitor-activities"),
    ],
)
def test_kinds_name_calls(platform, kind, method, path):
    """Each platform's calls have names a person can write."""
    assert VENDORS[platform].kinds[kind].holds(method, path)


def test_reading_is_no_writing():
    """Searches, batch reads and queries are not among the writes."""
    for platform, method, path in (
        ("hubspot", "POST", "/crm/v3/objects/contacts/search"),
        ("hubspot", "POST", "/crm/v3/objects/contacts/batch/read"),
        ("salesforce", "POST", "/services/data/v59.0/composite/sobjects/Account"),
        ("salesforce", "GET", "/services/data/v59.0/query"),
    ):
        assert not VENDORS[platform].kinds["write"].holds(method, path)


def test_a_call_has_one_end():
    """Of two rules that would answer one call the first does; the other still counts the call."""
    first = {"kind": "list", "nth": 2, "answer": "too_many"}
    second = {"kind": "list", "answer": "bad_gateway"}
    storm = storm_of({"rules": [first, second]})
    assert struck(storm, [LIST, LIST, LIST]) == [[1], [0], [1]]


def test_an_answer_strikes_only_where_it_is_known():
    """A rule for all platforms leaves those alone that have no such answer."""
    storm = storm_of({"rules": [{"answer": "too_many_searches"}]})
    assert struck(storm, [PAGE, LIST]) == [[], [0]]


@given(seed=st.integers(0, 99), order=st.permutations([LIST] * 8 + [PAGE] * 8))
def test_the_seed_and_the_order_of_matching_calls_decide(seed, order):
    """What befalls the n-th call of a kind does not depend on the calls between."""
    rules = [{"platform": name, "probability": 0.4, "answer": "too_many"} for name in VENDORS]
    storm = storm_of({"seed": seed, "rules": rules})
    mixed = list(zip(order, struck(storm, order), strict=True))
    for call in (LIST, PAGE):
        assert [found for each, found in mixed if each == call] == struck(storm, [call] * 8)


def test_calls_at_once_are_counted_once_each():
    """Twenty threads share the three strikes of a rule; none is lost or doubled."""
    sky = Sky()
    sky.begin(storm_of({"rules": [{"answer": "too_many", "times": 3}]}))
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: len(sky.strikes(LIST)), range(400)))
    assert sum(found) == 3
    assert sky.report()["rules"][0]["matched"] == 400


def test_a_probability_is_kept():
    """Over many calls the share is about the one that was written."""
    storm = storm_of({"rules": [{"answer": "too_many", "probability": 0.1}]})
    hits = sum(bool(each) for each in struck(storm, [LIST] * 2000))
    assert 150 < hits < 250


def test_each_ready_storm_can_be_read():
    """The storms that come along are read by their bare names, `.yaml` or not."""
    names = {path.name for path in READY.glob("*.yaml")}
    assert names == {"ten-percent.yaml", "ties.yaml", "moving.yaml"}
    assert all(read_storm(type(READY)(name)).seed for name in names)
    assert read_storm(type(READY)("ten-percent")) == read_storm(READY / "ten-percent.yaml")


def test_one_call_in_ten_fails_in_the_ready_storm():
    """`ten-percent` strikes a tenth of the calls of each platform, give or take."""
    storm = read_storm(READY / "ten-percent.yaml")
    for call in (LIST, SEARCH, PAGE):
        sky = Sky()
        sky.begin(storm)
        hits = [any(each.rule.ends for each in sky.strikes(call)) for _ in range(3000)]
        assert 0.05 < sum(hits) / 3000 < 0.15


@pytest.mark.parametrize(
    ("line", "spot", "remedy"),
    [
        ("{kind: list, anwser: too_many}", "storm.yaml:3:18 (rules.0.anwser)", "`answer`"),
        ("{kind: lst, answer: too_many}", "storm.yaml:3:6 (rules.0.kind)", "`list`"),
        ("{answer: to_many}", "storm.yaml:3:6 (rules.0.answer)", "`too_many`"),
        ("{platform: hubpot, drop: after}", "storm.yaml:3:6 (rules.0.platform)", ""),
        ("{move: {do: edt}, platform: hubspot}", "storm.yaml:3:13 (rules.0.move.do)", "`edit`"),
        ("{move: {do: edit}}", "storm.yaml:3:6 (rules.0.move)", "platform"),
        ("{kind: list}", "storm.yaml:3:5 (rules.0)", "docs/sandbox.md"),
        ("{path: '[', drop: after}", "storm.yaml:3:6 (rules.0.path)", "pattern"),
        ("{answer: [", "storm.yaml:4:1", "Mend"),
    ],
)
def test_a_bad_storm_says_where(tmp_path, line, spot, remedy):
    """Four lines: what, file with line and column, why, and what was probably meant."""
    path = tmp_path / "storm.yaml"
    path.write_text(f"seed: 1\nrules:\n  - {line}\n")
    with pytest.raises(StormError) as caught:
        read_storm(path)
    what, where, why, fix = caught.value.lines
    assert where == f"{tmp_path}/{spot}"
    assert what
    assert why
    assert remedy in fix


def test_a_missing_storm_names_the_ready_ones(tmp_path):
    """A bare name that is not there gets the nearest ready storm."""
    with pytest.raises(StormError) as caught:
        read_storm(type(tmp_path)("ten-percnt.yaml"))
    assert "`ten-percent.yaml`" in caught.value.remedy


def test_each_sandbox_has_its_own_weather(tmp_path):
    """Two states do not share a sky; one state always has the same."""
    from sandbox.state import State

    with State(None) as one, State(None) as other:
        assert weather_of(one) is weather_of(one)
        assert weather_of(one) is not weather_of(other)
