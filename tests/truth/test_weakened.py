"""Weaken any one rule and the truth no longer comes out: every rule earns its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from catalog.expression.check import condition
from catalog.expression.scope import scope_for
from mappings.spec import Mapping
from playbook.decide.step import decide
from staging.queue import DECIDE, MAP, mark
from staging.records import living_ids
from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import IDENTITY_KEY, LINK
from sync.identity.keys import read_keys
from sync.identity.resolve import resolve
from sync.reading.stream import streams

pytestmark = pytest.mark.slow
OBJECTS = ("user_", "account", "person", "opportunity")


def mappings_with(walked: Any, entity: str, change: Callable[[Mapping], Mapping]) -> Any:
    """The project's mappings, those of one entity changed."""
    return tuple(change(m) if m.entity.name == entity else m for m in walked.app.tools.mappings)


def without(kind: str) -> Callable[[Mapping], Mapping]:
    """A mapping without its key rules of one kind."""
    return lambda m: replace(m, keys=tuple(k for k in m.keys if k.kind != kind))


def without_veto(mapping: Mapping) -> Mapping:
    """A mapping in which nothing vetoes."""
    return replace(mapping, keys=tuple(replace(k, veto=False) for k in mapping.keys))


def trusting_any_mailbox(mapping: Mapping) -> Mapping:
    """A mapping that takes info@ and test@ for a person."""
    keys = tuple(
        replace(k, parts=tuple(replace(part, transform=()) for part in k.parts))
        if k.kind == "email"
        else k
        for k in mapping.keys
    )
    return replace(mapping, keys=keys)


def identify_anew(run: Any) -> None:
    """Forget who is who, and find it out again."""
    with run.store.writing() as db:
        for table in (IDENTITY_KEY, LINK):
            db.execute(table.delete())
        for each in streams(run.tools):
            if any(mapping.entity.name in OBJECTS for mapping, _ in each.readers):
                mark(db, MAP, each.kind, living_ids(db, each.connection, each.object))
    read_keys(run)
    resolve(run)


def signal_anew(run: Any) -> None:
    """Decide every signal again."""
    with run.store.writing() as db:
        for entity in ("account", "opportunity"):
            table = ENTITY_TABLES[entity]
            mark(db, DECIDE, entity, list(db.scalars(select(table.c.id))))
    decide(run)


@pytest.mark.parametrize(
    ("entity", "kind"),
    [
        ("account", "stored_id"),
        ("account", "corporate_number"),
        ("account", "domain"),
        ("account", "name"),
        ("person", "stored_id"),
        ("person", "email"),
        ("person", "name_and_mobile"),
    ],
)
def test_an_identity_rule_is_needed(walked: Any, again: Any, entity: str, kind: str) -> None:
    """Leave out a key rule and pairs are missed, or joined wrongly."""
    weaker = mappings_with(walked, entity, without(kind))
    score = again(identify_anew, mappings=weaker).score(entity)
    assert score.missed or score.wrong


def test_the_veto_is_needed(walked: Any, again: Any) -> None:
    """Without the corporate number's veto, sister companies on one domain become one."""
    weaker = mappings_with(walked, "account", without_veto)
    assert again(identify_anew, mappings=weaker).score("account").wrong


def test_shared_mailboxes_must_be_known(walked: Any, again: Any) -> None:
    """Take info@ for a person and different people become one."""
    weaker = mappings_with(walked, "person", trusting_any_mailbox)
    assert again(identify_anew, mappings=weaker).score("person").wrong


WEAKER_SIGNALS = {
    "opportunity_idle": (
        "opportunity",
        (
            "not opportunity.is_closed and opportunity.idle_days > 10"
            " and opportunity.next_activity_at is null"
        ),
    ),
    "opportunity_idle, planned activity ignored": (
        "opportunity",
        "not opportunity.is_closed and opportunity.idle_days > 30",
    ),
    "order_volume_fell": (
        "account",
        (
            "account.revenue_prev_90d >= 1000000"
            " and account.revenue_90d <= account.revenue_prev_90d * 0.95"
        ),
    ),
    "order_volume_fell, small customers included": (
        "account",
        "account.revenue_prev_90d > 0 and account.revenue_90d <= account.revenue_prev_90d * 0.7",
    ),
    "customer_never_ordered": ("account", "account.orders = 0"),
    "renewal_due_90d": ("account", "days_until(account.next_renewal_on) between 0 and 150"),
}
PLANTED = {
    "opportunity_idle": "opportunities_stalled",
    "order_volume_fell": "order_volume_fell",
    "customer_never_ordered": "customers_never_ordered",
    "renewal_due_90d": "renewals_due",
}


@pytest.mark.parametrize("case", WEAKER_SIGNALS)
def test_a_clause_of_a_signal_is_needed(walked: Any, again: Any, case: str) -> None:
    """Loosen a clause of a signal and it flags what was planted as a trap."""
    entity, text = WEAKER_SIGNALS[case]
    rule = case.partition(",")[0]
    loose = condition(text, scope_for(entity))
    book = walked.app.tools.rules
    signals = tuple(replace(s, when=loose) if s.rule.name == rule else s for s in book.signals)
    weaker = again(signal_anew, rules=replace(book, signals=signals))
    assert weaker.flagged(rule) - walked.planted(PLANTED[rule])


def test_the_platform_alone_misplaces_shared_browsers(walked: Any) -> None:
    """HubSpot gives every event of a shared cookie to one contact: part of them are wrong."""
    for case in walked.truth.planted("cookies_shared"):
        owner = walked.truth.person_of["hubspot", "contacts", case["hubspot_contact"]]
        others = [span for span in case["spans"] if span["person"] != owner]
        assert any(span["events"] for span in others)
