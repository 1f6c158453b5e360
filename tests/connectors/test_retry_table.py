"""The retry truth table over real HTTP: what answers cost, how they end, written exactly once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from connectors.protocol import Connector, Receipt, Settled, Verb, Write
from sandbox.state import State
from sandbox.weather.controls import begin, end
from sandbox.weather.hubspot import ANSWERS as HUBSPOT
from sandbox.weather.salesforce import ANSWERS as SALESFORCE
from sandbox.weather.sky import weather_of
from sandbox.weather.storm import storm_of
from tasuki.errors import BudgetError, RejectedError, SignInError, TasukiError, TransientError

NUMBERS = count(1)
LOST = {"drop before": {"drop": "before"}, "drop after": {"drop": "after"}}
DONE = "done, then "


@dataclass
class Account:
    """One platform with a connector whose waits are written down."""

    platform: str
    connector: Connector
    state: State
    values: Callable[[], list[Any]]
    object: str
    text: str
    key: str
    reading: dict[str, str]
    writing: dict[str, str]
    waits: list[float] = field(default_factory=list)

    def storm(self, answer: str, times: int, *, writes: bool) -> None:
        """Let one answer befall the next reads or writes."""
        what: dict[str, Any] = LOST.get(answer) or {"answer": answer.removeprefix(DONE)}
        if answer.startswith(DONE):
            what = {**what, "applied": True}
        kinds = self.writing if writes else self.reading
        rule = {"platform": self.platform, **kinds, "times": times, **what}
        begin(self.state, storm_of({"rules": [rule]}))
        self.waits.clear()

    def struck(self) -> int:
        """How often the storm struck."""
        return int(weather_of(self.state).report()["happened"])

    def write(self, verb: Verb, address: str, name: str, id: str | None = None) -> Receipt:
        """One write of a record that its address names."""
        fields = {self.text: name} | ({self.key: address} if verb is Verb.CREATE else {})
        named = (self.key, address) if verb is Verb.CREATE else None
        (receipt,) = self.connector.write(
            [Write("w", verb, self.object, fields, id=id, natural_key=named)]
        )
        return receipt


@pytest.fixture
def salesforce_account(salesforce: Any, sandbox_server: Any) -> Iterator[Account]:
    """The org, where e-mail is not unique."""
    state = sandbox_server.state
    sql = "SELECT Email, LastName FROM sf_Contact WHERE IsDeleted = 0"
    made = Account(
        "salesforce", salesforce, state, lambda: [tuple(r) for r in state.db.execute(sql)],
        "Contact", "LastName", "Email", {"kind": "query"}, {"kind": "collection"},
    )  # fmt: skip
    salesforce.client.sleep = made.waits.append
    yield made
    end(state)


@pytest.fixture
def hubspot_account(open_hubspot: Any) -> Iterator[Account]:
    """The account, where e-mail is unique."""
    account = open_hubspot()
    state = account.state

    def values() -> list[Any]:
        hand = account.hand
        return list(zip(*(hand.values("contacts", n) for n in ("email", "lastname")), strict=True))

    made = Account(
        "hubspot", account.connector, state, values, "contacts", "lastname", "email",
        {"path": "/contacts"}, {"path": "/batch/(create|update)$"},
    )  # fmt: skip
    account.connector.client.sleep = made.waits.append
    yield made
    end(state)


def answers(known: Any) -> list[str]:
    """Every answer of a platform, also after the work was done, and lost lines."""
    done = [f"{DONE}{name}" for name in known if name in {"gateway_timeout", "timeout"}]
    return [*known, *done, *LOST]


@pytest.fixture
def account(request: pytest.FixtureRequest, platform: str) -> Account:
    """The platform's account."""
    found: Account = request.getfixturevalue(f"{platform}_account")
    return found


KNOWN = {"salesforce": SALESFORCE, "hubspot": HUBSPOT}
EVERY = [(platform, each) for platform, known in KNOWN.items() for each in answers(known)]


@pytest.mark.parametrize(("platform", "answer"), EVERY)
@pytest.mark.parametrize("times", [1, 99])
def test_a_create_is_made_once_whatever_is_answered(
    account: Account, answer: str, times: int
) -> None:
    """Written means it is there, refused that it is not; asked again, there is exactly one."""
    address = f"p{next(NUMBERS)}@once.example"
    account.storm(answer, times, writes=True)
    try:
        settled = account.write(Verb.CREATE, address, "Once").settled
    except TasukiError:
        settled = Settled.REJECTED  # nothing was sent
    there = sum(row[0] == address for row in account.values())
    assert there <= 1
    if settled is not Settled.UNKNOWN:
        assert there == (settled is Settled.WRITTEN)
    end(account.state)
    if settled is Settled.UNKNOWN:  # the record is asked before anything is sent again
        found = account.connector.find(account.object, account.key, [address], [account.key])
        assert len(found) == there
    assert account.write(Verb.CREATE, address, "Once").settled is Settled.WRITTEN
    assert sum(row[0] == address for row in account.values()) == 1


@pytest.mark.parametrize(("platform", "answer"), EVERY)
def test_an_update_that_was_refused_changed_nothing(account: Account, answer: str) -> None:
    """Written means changed, refused means as before; only an unknown end may be either."""
    address = f"p{next(NUMBERS)}@twice.example"
    id = account.write(Verb.CREATE, address, "Before").id
    account.storm(answer, 1, writes=True)
    try:
        settled = account.write(Verb.UPDATE, address, "After", id).settled
    except TasukiError:
        settled = Settled.REJECTED  # nothing was sent
    ((_, name),) = [row for row in account.values() if row[0] == address]
    if settled is not Settled.UNKNOWN:
        assert (name == "After") == (settled is Settled.WRITTEN)
    end(account.state)
    again = account.write(Verb.UPDATE, address, "After", id)
    assert again.settled is Settled.WRITTEN


LATER = "locked internal_error bad_gateway unavailable gateway_timeout timeout".split()
READS: dict[tuple[str, str], tuple[str, int, float | None]] = {
    **{("salesforce", each): ("TransientError", 4, None) for each in LATER},
    **{("hubspot", each): ("TransientError", 5, None) for each in LATER},
    **{(p, each): ("TransientError", n, None) for p, n in (("salesforce", 4), ("hubspot", 5))
       for each in LOST},
    **{("salesforce", each): ("TransientError", 4, None)
       for each in "query_timeout unknown_exception server_unavailable rerouted".split()},
    **{("hubspot", each): ("TransientError", 5, None)
       for each in "server_down connection_refused".split()},
    ("salesforce", "too_many"): ("TransientError", 4, 20.0),
    ("salesforce", "daily_limit"): ("BudgetError", 1, None),
    ("salesforce", "session_expired"): ("SignInError", 2, None),
    ("salesforce", "invalid_locator"): ("RejectedError", 1, None),
    ("hubspot", "too_many"): ("TransientError", 5, 3.0),
    ("hubspot", "too_many_searches"): ("TransientError", 5, 1.0),
    ("hubspot", "rate_limits"): ("TransientError", 5, 1.0),
    ("hubspot", "locked"): ("TransientError", 5, 2.0),
    ("hubspot", "moving"): ("TransientError", 5, 2.0),
    ("hubspot", "daily_limit"): ("BudgetError", 1, None),
    ("hubspot", "session_expired"): ("SignInError", 1, None),
}  # fmt: skip
"""What a read that is always answered so ends as, after how many calls, which waits (None: longer
and longer). Source: platforms notes, HubSpot section 4, Salesforce section 7."""
FAMILIES = (TransientError, BudgetError, SignInError, RejectedError)


@pytest.mark.parametrize(("platform", "answer"), READS)
def test_a_read_is_repeated_as_its_answer_allows(
    account: Account, platform: str, answer: str
) -> None:
    """Each answer has its family, its number of calls, its waits; once, a passing one passes."""
    family, calls, wait = READS[platform, answer]
    account.storm(answer, 99, writes=False)
    with pytest.raises(FAMILIES) as caught:
        account.connector.page(account.object, [account.text], None)
    kind = next(each.__name__ for each in FAMILIES if isinstance(caught.value, each))
    assert (kind, account.struck()) == (family, calls)
    assert all(caught.value.lines())
    if family == "TransientError":
        assert len(account.waits) == calls - 1
        if wait is not None:
            assert account.waits == [wait] * (calls - 1)
        else:
            assert account.waits == sorted(account.waits)
    account.storm(answer, 1, writes=False)
    if family == "TransientError" or calls > 1:
        account.connector.page(account.object, [account.text], None)


@pytest.mark.parametrize("platform", ["salesforce", "hubspot"])
def test_every_answer_of_the_weather_has_its_row(platform: str) -> None:
    """No answer the sandbox knows is left out of the table."""
    assert {each for name, each in READS if name == platform} == {*KNOWN[platform], *LOST}
