"""Whose browser it was, and when: each rule by an example, the laws by property."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync.identity.visitors.spans import (
    ALWAYS,
    BOT,
    LINKED,
    NO_CONSENT,
    QUARANTINED,
    STAFF,
    UNKNOWN,
    Clue,
    People,
    Span,
    Told,
    effect,
    moves,
    openings,
    spans,
)

A, B, COLLEAGUE, OTHER = "a@aoba.example", "b@aoba.example", "u@own.example", "x@midori.example"
PEOPLE = People({A: "per_a", B: "per_b", OTHER: "per_x"}, frozenset({COLLEAGUE}))


def day(number: int, hour: int = 0) -> str:
    return f"2026-01-{number:02d}T{hour:02d}:00:00.000Z"


def form(at: str, email: str = A) -> Clue:
    return Clue(at, is_click=False, email=email)


def click(at: str, email: str = A) -> Clue:
    return Clue(at, is_click=True, email=email)


def read(*clues: Clue, beside: dict[str, Told] | None = None, **told: str) -> tuple[Span, ...]:
    """One browser, read among others."""
    mine = Told(clues, **told)
    return spans(mine, PEOPLE, openings({"mine": mine, **(beside or {})}, PEOPLE))


def said(found: tuple[Span, ...]) -> list[tuple[str, str | None, str]]:
    return [(each.at, each.person, each.state) for each in found]


# ── identify moments ──


def test_nobody_is_known() -> None:
    """A browser in which nobody was named has no spans; the platform's word counts."""
    assert read() == ()
    assert not effect((), day(1)).is_known


def test_a_form_attaches_what_came_before() -> None:
    """What the browser did before its first moment is the first person's."""
    assert effect(read(form(day(5))), day(1)).person == "per_a"


def test_a_shared_browser_splits_by_time() -> None:
    """From the next person's form on it is theirs; the same person's next form changes nothing."""
    found = read(form(day(2)), form(day(3)), form(day(4), B), form(day(6)))
    assert said(found) == [
        (day(2), "per_a", LINKED),
        (day(4), "per_b", LINKED),
        (day(6), "per_a", LINKED),
    ]
    assert effect(found, day(4)).person == "per_b"


def test_an_address_of_nobody_says_nothing() -> None:
    """An address that no person, or several, have leaves the browser where it was."""
    assert said(read(form(day(2)), form(day(3), "info@aoba.example"))) == [
        (day(2), "per_a", LINKED)
    ]


# ── links made for somebody ──


def test_a_click_in_an_unknown_browser_names_its_recipient() -> None:
    """Whoever opens a link sent to A in a browser nobody is known in is taken for A."""
    assert said(read(click(day(2)))) == [(day(2), "per_a", LINKED)]


def test_a_link_for_somebody_else_is_quarantined() -> None:
    """In B's browser a link made for A moves nothing: B goes on, and the claim is kept."""
    found = read(form(day(1), B), click(day(2)))
    assert found[-1] == Span(day(2), "per_b", "forwarded", QUARANTINED, "per_a")
    assert effect(found, day(3)).person == "per_b"
    assert effect(found, day(3)).ignored is None


def test_a_second_recipient_is_quarantined() -> None:
    """Links of two people in one browser: the second is no proof that the first has gone."""
    found = read(click(day(1)), click(day(2), B))
    assert said(found) == [(day(1), "per_a", LINKED), (day(2), "per_a", QUARANTINED)]


def test_whoever_forwarded_to_is_known_by_the_form() -> None:
    """B opens the link and sends a form within a day: all of it is B's, also what came before."""
    found = read(click(day(2)), form(day(2, 3), B))
    assert said(found) == [(day(2), "per_b", QUARANTINED), (day(2, 3), "per_b", LINKED)]
    assert effect(found, day(1)).person == "per_b"


def test_a_form_of_a_later_day_splits() -> None:
    """B's form days after A's click takes the browser over from there; A keeps what was."""
    found = read(click(day(2)), form(day(9), B))
    assert said(found) == [(day(2), "per_a", LINKED), (day(9), "per_b", LINKED)]


def test_a_later_form_lifts_the_quarantine() -> None:
    """Once A sends a form in this browser, A's click counts too, from when it was made."""
    claimed = (form(day(1), B), click(day(2)))
    found = read(*claimed, form(day(20)))
    assert said(found) == [(day(1), "per_b", LINKED), (day(2), "per_a", LINKED)]


def test_whoever_sent_a_form_before_returns_by_a_click() -> None:
    """In a browser that A and B share, proven by forms, a link opened is a change of hands."""
    found = read(form(day(1)), form(day(2), B), click(day(3)))
    assert said(found)[-1] == (day(3), "per_a", LINKED)


def test_a_desk_and_a_phone_are_one_person() -> None:
    """Two browsers open A's mails within a day: both are A's."""
    found = read(click(day(2)), beside={"phone": Told((click(day(2, 1)),))})
    assert said(found) == [(day(2), "per_a", LINKED)]


def test_a_link_that_travels_names_nobody() -> None:
    """Three browsers within a day open A's link: none is taken for A; the events are nobody's."""
    beside = {name: Told((click(day(2, 1)),)) for name in ("one", "two")}
    found = read(click(day(2)), beside=beside)
    assert said(found) == [(day(2), None, QUARANTINED)]
    assert effect(found, day(3)).ignored == QUARANTINED
    assert effect(found, day(3)).is_known
    later = {name: Told((click(day(9)),)) for name in ("one", "two")}
    assert said(read(click(day(2)), beside=later)) == [(day(2), "per_a", LINKED)]


def test_a_confirmed_browser_counts_no_more_against_the_others() -> None:
    """The browser in which A sent a form is A's, and leaves two others for A's phone and home."""
    beside = {"one": Told((click(day(2, 1)),)), "two": Told((click(day(2, 2)), form(day(4))))}
    assert said(read(click(day(2)), beside=beside)) == [(day(2), "per_a", LINKED)]


def test_a_link_opened_in_another_company_has_been_forwarded() -> None:
    """A's link opened beside by somebody of another domain: the unknown browser is not A's yet."""
    beside = {"theirs": Told((form(day(1), OTHER), click(day(2, 1))))}
    assert said(read(click(day(2)), beside=beside)) == [(day(2), None, QUARANTINED)]
    colleague = {"theirs": Told((form(day(1), B), click(day(2, 1))))}
    assert said(read(click(day(2)), beside=colleague)) == [(day(2), "per_a", LINKED)]


def test_the_same_claim_is_told_once() -> None:
    """Clicking a forwarded link again adds nothing to look at."""
    assert len(read(form(day(1), B), click(day(2)), click(day(3)))) == 2


# ── our own people, robots, consent ──


def test_our_own_people_hold_a_browser_for_a_while() -> None:
    """From a colleague's form to the next person's, visits are staff's."""
    found = read(form(day(2), COLLEAGUE), form(day(4)))
    assert said(found) == [(day(2), None, STAFF), (day(4), "per_a", LINKED)]
    assert effect(found, day(1)).ignored == STAFF
    assert effect(found, day(5)).ignored is None


def test_a_colleague_who_checks_a_mail_makes_no_case() -> None:
    """A customer's link opened by one of us is not worth a look."""
    assert said(read(form(day(2), COLLEAGUE), click(day(3)))) == [(day(2), None, STAFF)]


def test_a_robots_browser_is_nobodys() -> None:
    """Whatever address a robot leaves, its browser is a bot's from the beginning."""
    found = read(form(day(2)), state=BOT)
    assert said(found) == [(ALWAYS, None, BOT)]
    assert effect(found, day(9)).ignored == BOT


def test_without_consent_nobody_is_linked() -> None:
    """A refusal unlinks everything, also what came before it and after it."""
    found = read(form(day(2)), refused_at=day(3))
    assert said(found) == [(day(3), None, NO_CONSENT)]
    assert {effect(found, day(n)).person for n in (1, 2, 3, 9)} == {None}


def test_consent_given_again_begins_anew() -> None:
    """After a new consent only what is told from then on counts; the past stays unlinked."""
    told: dict[str, Any] = {"refused_at": day(3), "renewed_at": day(5)}
    assert said(read(form(day(2)), **told)) == [(day(3), None, NO_CONSENT), (day(5), None, UNKNOWN)]
    found = read(form(day(2)), form(day(7), B), **told)
    assert effect(found, day(6)).person == "per_b"
    assert effect(found, day(4)).ignored == NO_CONSENT


# ── laws ──

EMAILS = st.sampled_from([A, B, OTHER, COLLEAGUE, "nobody@aoba.example"])
CLUES = st.lists(
    st.builds(Clue, st.builds(day, st.integers(1, 9), st.integers(0, 3)), st.booleans(), EMAILS),
    max_size=8,
)
TOLD = st.builds(
    Told,
    CLUES.map(tuple),
    st.none() | st.builds(day, st.integers(1, 9)),
    st.none() | st.builds(day, st.integers(10, 12)),
)
BESIDE = st.dictionaries(st.sampled_from("abc"), st.builds(Told, CLUES.map(tuple)), max_size=3)


@given(TOLD, BESIDE, st.randoms(use_true_random=False))
def test_no_order_of_arrival_matters(told: Told, beside: dict[str, Told], dice: Random) -> None:
    """Whatever order, and however often, events came in: the same spans."""
    clues = [*told.clues, *told.clues[:2]]
    dice.shuffle(clues)
    again = Told(tuple(clues), told.refused_at, told.renewed_at)
    first = spans(told, PEOPLE, openings({"mine": told, **beside}, PEOPLE))
    shuffled = dict(sorted(beside.items(), key=lambda _: dice.random()))
    assert spans(again, PEOPLE, openings({**shuffled, "mine": again}, PEOPLE)) == first


@given(TOLD, BESIDE)
def test_an_event_is_one_persons_or_nobodys(told: Told, beside: dict[str, Told]) -> None:
    """Spans are in order, one per instant; nobody holds what was quarantined or refused."""
    found = spans(told, PEOPLE, openings({"mine": told, **beside}, PEOPLE))
    assert [each.at for each in found] == sorted({each.at for each in found})
    for each in found:
        seen = effect(found, each.at)
        assert seen.person is None or seen.ignored in (None, STAFF)
        assert (each.claimant is not None) <= (each.state == QUARANTINED)


@given(CLUES, BESIDE)
def test_only_a_form_moves_a_known_browser_to_a_stranger(
    clues: list[Clue], beside: dict[str, Told]
) -> None:
    """Whoever never sent a form here holds it only if nobody was known before."""
    told = Told(tuple(clues))
    givers = {PEOPLE.ids.get(clue.email) for clue in told.forms()}
    found = [
        each
        for each in spans(told, PEOPLE, openings({"mine": told, **beside}, PEOPLE))
        if each.state == LINKED
    ]
    assert all(each.person in givers for each in found[1:])


@given(TOLD, TOLD)
def test_moves_are_exactly_the_difference(one: Told, other: Told) -> None:
    """Between two readings, an event's effect differs exactly within the moves."""
    before, after = (spans(each, PEOPLE, {}) for each in (one, other))
    found = list(moves(before, after))
    for at in (day(n, hour) for n in range(1, 13) for hour in range(4)):
        inside = [move for move in found if move.since <= at < move.until]
        differs = effect(before, at) != effect(after, at)
        assert len(inside) == differs
        assert all(move.after == effect(after, at) for move in inside)
