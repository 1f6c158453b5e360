"""The merge over two systems: conflicts and decisions, owners, protection, late pages, history."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mappings.spec import ChangedBy, MappedField, Policy, Protect, Rule
from playbook.decide import ledger
from playbook.decide.ledger import Decision
from staging import rows
from staging.bulk import insert
from staging.tables.decisions import HANDOFF
from tasuki.cli.speech.words import Words
from tasuki.cli.views.writes.plan import held_lines
from tasuki.errors import GuardError, UnknownRecordError
from tasuki.service.accounts import audited
from tasuki.service.app import App
from tasuki.service.deciding import conflicts
from tasuki.service.writing import planning
from tests.rehearsal import FILES, Rehearsal, rehearsal

SIDES = ("crm", "ma")


def app(world: Rehearsal) -> App:
    return App(world.tools.project, world.store, world.tools)


def pair(world: Rehearsal, crm: dict[str, Any], ma: dict[str, Any]) -> tuple[str, str]:
    """One company in both systems."""
    one = world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example", **crm})
    two = world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example", **ma})
    return one, two


def account(world: Rehearsal) -> dict[str, Any]:
    (row,) = world.rows("account").values()
    return row


def trace(world: Rehearsal, field: str) -> dict[str, Any]:
    (row,) = world.all("account")
    found: dict[str, Any] = row["provenance"][field]
    return found


def reword(world: Rehearsal, name: str, **says: Any) -> None:
    """Let the account's mapping say something else of a field."""
    old = next(m for m in world.tools.mappings if m.name == "account")
    field: MappedField = replace(old.fields[name], **says)
    new = replace(old, fields={**old.fields, name: field})
    others = [m for m in world.tools.mappings if m is not old]
    world.tools = replace(world.tools, mappings=(new, *others))


def decided_city(world: Rehearsal, **how: Any) -> str:
    """The one open conflict, decided by mia; its id."""
    (found,) = conflicts.inbox(app(world))
    conflicts.resolve(app(world), found.id, "mia", **how)
    return found.id


# ── conflicts ──


def test_a_conflict_is_decided_once(store_url: str) -> None:
    """What a person takes becomes the value, is written to the other side, and is never asked."""
    with rehearsal(url=store_url) as world:
        one, two = pair(world, {"city": "Tokyo"}, {"town": "Osaka"})
        world.settle()
        (found,) = conflicts.inbox(app(world))
        assert [(c.side, c.value) for c in found.candidates] == [("crm", "Tokyo"), ("ma", "Osaka")]
        assert (found.policy, found.place.rpartition("/")[2][:12]) == ("ask", "account.yaml")
        conflicts.resolve(app(world), found.id, "mia", take="ma", reason="moved last year")
        world.settle()
        assert account(world)["city"] == "Osaka"
        assert world.crm.living("companies")[one].fields["city"] == "Osaka"
        assert trace(world, "city")["why"] == "decided by mia"
        world.crm.edit("companies", one, {"phone": "1"})
        world.ma.edit("orgs", two, {"industry": "Steel"})
        world.settle()
        assert conflicts.inbox(app(world)) == ()
        assert [e.action for e in audited(app(world))] == ["conflict.decided"]


def test_a_value_of_nobody_may_be_decided() -> None:
    """A typed value wins over both and is written to both."""
    with rehearsal() as world:
        one, two = pair(world, {"city": "Tokyo"}, {"town": "Osaka"})
        world.settle()
        decided_city(world, value="Kyoto")
        world.settle()
        cells = world.crm.living("companies")[one].fields["city"], account(world)["city"]
        assert (*cells, world.ma.living("orgs")[two].fields["town"]) == ("Kyoto",) * 3
        assert world.run()["plan"] is None


def test_only_a_new_move_apart_asks_again() -> None:
    """After a decision one side may move on freely; both moving apart is a new conflict."""
    with rehearsal() as world:
        one, two = pair(world, {"city": "Tokyo"}, {"town": "Osaka"})
        world.settle()
        decided_city(world, take="crm")
        world.settle()
        world.ma.edit("orgs", two, {"town": "Nara"})
        world.settle()
        assert (account(world)["city"], conflicts.inbox(app(world))) == ("Nara", ())
        assert [c["state"] for c in world.all("conflict")] == ["overtaken"]
        world.crm.edit("companies", one, {"city": "Kobe"})
        world.ma.edit("orgs", two, {"town": "Ube"})
        world.run()
        (found,) = conflicts.inbox(app(world))
        assert {c.value for c in found.candidates} == {"Kobe", "Ube"}
        assert found.value == "Nara"


def test_an_open_conflict_follows_its_records() -> None:
    """While it waits its candidates are kept up; when they agree again it closes by itself."""
    with rehearsal() as world:
        one, two = pair(world, {"city": "Tokyo"}, {"town": "Osaka"})
        world.settle()
        world.ma.edit("orgs", two, {"town": "Nara"})
        world.settle()
        (found,) = conflicts.inbox(app(world))
        assert {c.value for c in found.candidates} == {"Tokyo", "Nara"}
        world.crm.edit("companies", one, {"city": "Nara"})
        world.settle()
        assert (account(world)["city"], conflicts.inbox(app(world))) == ("Nara", ())
        assert len(conflicts.inbox(app(world), "resolved")) == 1


def test_a_decision_may_be_taken_back() -> None:
    """Reopened before it was written, the field is disputed again and written nowhere."""
    with rehearsal() as world:
        one, _ = pair(world, {"city": "Tokyo"}, {"town": "Osaka"})
        world.settle()
        id_ = decided_city(world, take="ma")
        world.run()
        conflicts.reopen(app(world), id_, "ken", "asked the customer")
        assert world.sync()["plan"] is None
        assert [c.id for c in conflicts.inbox(app(world))] == [id_]
        assert world.crm.living("companies")[one].fields["city"] == "Tokyo"
        with pytest.raises(GuardError):
            conflicts.reopen(app(world), id_, "ken")


@pytest.mark.parametrize("how", [{}, {"take": "erp"}, {"value": " "}, {"take": "ma", "value": "x"}])
def test_what_is_no_choice_is_refused(how: dict[str, str]) -> None:
    """Nothing, both, an unknown side or a blank decides nothing."""
    with rehearsal() as world:
        pair(world, {"city": "Tokyo"}, {"town": "Osaka"})
        world.settle()
        (found,) = conflicts.inbox(app(world))
        with pytest.raises(GuardError):
            conflicts.resolve(app(world), found.id, "mia", **how)
        with pytest.raises(UnknownRecordError):
            conflicts.resolve(app(world), "account:none:city", "mia", take="ma")
        assert [c.state for c in conflicts.inbox(app(world))] == ["open"]


# ── owner_by_stage ──


def need(world: Rehearsal, team: str, account: str = "") -> dict[str, Any]:
    """A need of the account in a team's hands."""
    id_ = account or next(iter(world.rows("account")))
    return {
        "id": "need_1", "account_id": id_, "person_id": None, "opportunity_id": None,
        "product": "robot", "confidence": 3, "team": team, "state": "open", "owner_id": None,
        "opened_at": "2026-01-01T00:00:00Z", "since": "2026-01-01T00:00:00Z", "waiting": False,
    }  # fmt: skip


def offered(world: Rehearsal, to: str) -> None:
    """A handoff of the need, waiting to be accepted."""
    with world.store.writing() as db:
        row = {
            "id": "h_1", "need_id": "need_1", "rule": "gone", "from_team": "marketing",
            "to_team": to, "state": "offered", "offered_at": world.tools.now(), "facts": {},
        }  # fmt: skip
        insert(db, HANDOFF, [row])


def test_ownership_moves_with_the_handoff(store_url: str) -> None:
    """The team's side owns the field; accepted by the next team, its side does; then silence."""
    policy = Policy(Rule.OWNER_BY_STAGE, SIDES, {"marketing": "ma", "inside_sales": "crm"})
    with rehearsal(url=store_url) as world:
        reword(world, "name", policy=policy)
        one, two = pair(world, {"name": "Aoba"}, {"name": "Aoba KK"})
        world.run()
        with world.store.writing() as db:
            rows.write(db, "need", [need(world, "marketing")])
        world.ma.edit("orgs", two, {"name": "Aoba Works"})
        world.settle()
        assert world.crm.living("companies")[one].fields["name"] == "Aoba Works"
        world.crm.edit("companies", one, {"name": "Aoba Industries"})
        world.run()
        assert account(world)["name"] == "Aoba Works"
        offered(world, "inside_sales")
        with world.store.writing() as db:
            ledger.accept(db, world.tools, Decision("h_1", "ken"))
        world.settle()
        assert account(world)["name"] == "Aoba Industries"
        assert trace(world, "name")["why"] == "owner_by_stage: crm owns it"
        assert world.ma.living("orgs")[two].fields["name"] == "Aoba Industries"
        assert world.run()["plan"] is None


STAGES = "owner_by_stage: {marketing: ma, otherwise: crm}\nsides:\n"
NAME = "name: {crm: name, ma: name, direction: both, conflict: crm_wins"
LADDER = """
kind: ladder
name: confidence
window: 90d
evaluation_views: 2
early_stages: [Early]
late_stages: [Late]
settled_after: 60d
"""


def test_ownership_goes_on_with_the_account_a_need_moved_to() -> None:
    """An account merged away leaves its need, and with it who owns the fields, to the survivor."""
    text = FILES["mappings/account.yaml"].replace("sides:\n", STAGES)
    text = text.replace(NAME, NAME.replace("crm_wins", "owner_by_stage"))
    files = {"mappings/account.yaml": text, "playbook/ladder.yaml": LADDER}
    with rehearsal(files) as world:
        one, two = pair(world, {"name": "Aoba"}, {"name": "Aoba KK", "domain": "other.example"})
        world.settle()
        (own,) = (r["id"] for r in world.rows("account").values() if r["name"] == "Aoba KK")
        held = {**need(world, "marketing", own), "owner_id": "u_1"}
        with world.store.writing() as db:
            rows.write(db, "need", [held])
        world.ma.edit("orgs", two, {"domain": "aoba.example"})
        world.run()
        assert account(world)["id"] != own
        assert [n["account_id"] for n in world.rows("need").values()] == [account(world)["id"]]
        world.run()
        assert account(world)["name"] == "Aoba KK"
        world.settle()
        assert world.crm.living("companies")[one].fields["name"] == "Aoba KK"


# ── protect ──


@pytest.mark.parametrize("by", ["u_1", None])
def test_a_persons_edit_is_left_alone_for_a_while(by: Any) -> None:
    """What a person changed is not overwritten there until its protection ends; then it is."""
    with rehearsal() as world:
        reword(world, "name", protect=Protect(timedelta(days=30)))
        one, two = pair(world, {}, {})
        world.settle()
        world.ma.edit("orgs", two, {"name": "Blue Leaf"}, by=by)
        world.crm.edit("companies", one, {"name": "Aoba Works"})
        assert world.sync()["plan"] is None
        assert account(world)["name"] == "Aoba Works"
        assert world.run()["plan"] is None
        world.tick(31 * 24 * 60)
        world.settle()
        assert world.ma.living("orgs")[two].fields["name"] == "Aoba Works"
        assert "held" not in world.run()


def test_a_plan_lists_what_it_leaves_alone_to_people() -> None:
    """Field by field with its count and the day of the newest edit, in both languages."""
    with rehearsal() as world:
        reword(world, "name", protect=Protect(timedelta(days=30)))
        pairs = [
            (
                world.crm.add("companies", {"name": f"A{n}", "domain": f"a{n}.example"}),
                world.ma.add("orgs", {"name": f"A{n}", "domain": f"a{n}.example"}),
            )
            for n in range(2)
        ]
        world.settle()
        for one, two in pairs:
            world.ma.edit("orgs", two, {"name": "Blue Leaf"}, by="u_1")
            world.crm.edit("companies", one, {"name": "Aoba Works"})
        day = world.tools.clock.now().date().isoformat()
        kept = {"rule": "account", "to": "ma/orgs", "field": "name", "why": "protected", "n": 2}
        assert world.sync()["held"] == [
            {**kept, "since": day + world.run()["held"][0]["since"][10:]}
        ]
        world.crm.edit("companies", pairs[0][0], {"phone": "03-1"})
        view = planning.show_plan(app(world), str(world.run()["plan"]))
        said = {str(line) for line in held_lines(view.held, Words())}
        assert said == {f"2 kept in ma/orgs.name: changed by a person on {day}"}
        assert f"ma/orgs.name の 2件はそのまま：{day} に人が変更したため" in {
            str(line) for line in held_lines(view.held, Words("ja"))
        }


@pytest.mark.parametrize(("whose", "kept"), [(ChangedBy.PERSON, False), (ChangedBy.ANYONE, True)])
def test_machines_are_no_people(whose: ChangedBy, kept: bool) -> None:
    """A user the project calls an integration is protected only from `anyone`."""
    with rehearsal() as world:
        project = replace(world.tools.project, integrations=frozenset({"robot"}))
        world.tools = replace(world.tools, project=project)
        reword(world, "name", protect=Protect(timedelta(days=30), whose))
        one, two = pair(world, {}, {})
        world.settle()
        world.ma.edit("orgs", two, {"name": "Blue Leaf"}, by="robot")
        world.crm.edit("companies", one, {"name": "Aoba Works"})
        world.settle()
        there = world.ma.living("orgs")[two].fields["name"]
        assert there == ("Blue Leaf" if kept else "Aoba Works")


def test_our_own_writes_are_no_edits() -> None:
    """What Tasuki wrote itself is protected from nobody."""
    with rehearsal() as world:
        reword(world, "name", protect=Protect(timedelta(days=30), ChangedBy.ANYONE))
        one, two = pair(world, {}, {})
        for name in ("Aoba Works", "Aoba Industries"):
            world.crm.edit("companies", one, {"name": name})
            world.settle()
            assert world.ma.living("orgs")[two].fields["name"] == name


# ── edited mappings ──


def edited(world: Rehearsal, old: str, new: str) -> None:
    """Let a line of the account's mapping file say something else."""
    text = FILES["mappings/account.yaml"]
    assert old in text
    with rehearsal({"mappings/account.yaml": text.replace(old, new)}) as other:
        world.tools = replace(world.tools, mappings=other.tools.mappings)


PHONE = "phone: {crm: phone, ma: phone, direction: both, conflict: latest_wins}"
CITY = "city: {crm: city, ma: town, direction: both, conflict: ask}"


def test_an_edited_transform_is_nobodys_edit(store_url: str) -> None:
    """Who moved last still says the value, in new words; the policy is not asked anew."""
    with rehearsal(url=store_url) as world:
        edited(world, PHONE, "phone: {crm: phone, ma: phone, conflict: crm_wins}")
        _, two = pair(world, {"phone": "a"}, {"phone": "a"})
        world.settle()
        world.ma.edit("orgs", two, {"phone": "b"})
        world.settle()
        assert account(world)["phone"] == "b"
        said = "phone: {crm: phone, ma: phone, conflict: crm_wins, transform: [upper]}"
        edited(world, PHONE, said)
        world.settle()
        assert account(world)["phone"] == "B"
        world.ma.edit("orgs", two, {"phone": "c"})
        world.settle()
        assert account(world)["phone"] == "C"


@pytest.mark.parametrize("decides", [True, False])
def test_an_edited_transform_asks_nobody_again(decides: bool) -> None:
    """What was decided stays decided and what is open stays open, however it is spelled now."""
    with rehearsal() as world:
        edited(world, CITY, "city: {crm: city, ma: town, conflict: ask}")
        one, _ = pair(world, {"city": "Tokyo"}, {"town": "Osaka"})
        world.settle()
        if decides:
            decided_city(world, take="ma")
            world.settle()
        edited(world, CITY, "city: {crm: city, ma: town, conflict: ask, transform: [upper]}")
        world.settle()
        found = conflicts.inbox(app(world))
        if decides:
            assert (found, account(world)["city"]) == ((), "OSAKA")
        else:
            assert [c.value for c in found[0].candidates] == ["TOKYO", "OSAKA"]
            world.crm.edit("companies", one, {"city": "Osaka"})
            world.settle()
            assert (conflicts.inbox(app(world)), account(world)["city"]) == ((), "OSAKA")


def test_an_edit_beside_an_edited_mapping_is_somebodys() -> None:
    """A record that moved in the same run as the mapping counts as moved."""
    with rehearsal() as world:
        _, two = pair(world, {"phone": "a"}, {"phone": "a"})
        world.settle()
        edited(world, PHONE, PHONE[:-1] + ", transform: [upper]}")
        world.ma.edit("orgs", two, {"phone": "b"})
        world.settle()
        assert account(world)["phone"] == "B"


OPPORTUNITY = """
kind: mapping
name: opportunity
entity: opportunity
sides:
  crm: {object: companies}
fields:
  name: {crm: name}
  amount: {crm: staff, currency: {code: USD}}
"""


def priced(rates: str) -> dict[str, str]:
    """A project with these rates."""
    return {
        "tasuki.yaml": FILES["tasuki.yaml"] + "currency: JPY\nrates: rates.csv\n",
        "rates.csv": f"date,currency,rate\n{rates}\n",
        "mappings/opportunity.yaml": OPPORTUNITY,
    }


def test_a_changed_rate_converts_anew() -> None:
    """Amounts follow the file of rates without a change anywhere else; other rates cost nothing."""
    with rehearsal(priced("2026-01-01,USD,150")) as world:
        world.crm.add("companies", {"name": "x", "staff": "10"})
        world.run()
        looks = []
        for rates in ("2026-01-01,USD,160", "2026-01-01,USD,160\n2026-01-01,EUR,170"):
            with rehearsal(priced(rates)) as other:
                world.tools = replace(world.tools, mappings=other.tools.mappings)
            world.run()
            (row,) = world.rows("opportunity").values()
            assert row["amount"] == 1600
            looks.append(world.steps.count("revise.look"))
        assert looks == [2, 1]
