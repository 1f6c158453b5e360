"""What becomes of base, provenance, wishes and written values when a mapping is reworded."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mappings.spec import Mapping, Protect
from sync.renames import SENTENCES, told
from tasuki.cli.speech.japanese import JAPANESE
from tests.rehearsal import Rehearsal, rehearsal


def company(world: Rehearsal, **fields: Any) -> tuple[str, str]:
    one = world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example", **fields})
    two = world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example"})
    return one, two


def reworded(world: Rehearsal, of: str, **says: Any) -> None:
    """A mapping file in other words (None: removed)."""
    old = next(m for m in world.tools.mappings if m.name == of)
    others = tuple(m for m in world.tools.mappings if m is not old)
    new: tuple[Mapping, ...] = (replace(old, version="other", **says),) if says else ()
    world.tools = replace(world.tools, mappings=(*new, *others))


def mapping(world: Rehearsal, name: str) -> Mapping:
    return next(m for m in world.tools.mappings if m.name == name)


def lines(world: Rehearsal) -> list[dict[str, Any]]:
    run = max(world.all("run"), key=lambda row: row["started_at"])["id"]
    with world.store.reading() as db:
        return told(db, run)


def test_a_renamed_field_keeps_its_base() -> None:
    """Where sides differ by policy, a rename asks nobody, rewrites nothing and moves the value."""
    with rehearsal() as world:
        one, two = company(world, city="Tokyo")
        world.settle()
        world.crm.edit("companies", one, {"city": "Kobe"})
        world.ma.edit("orgs", two, {"town": "Nara"})
        world.run()
        world.crm.edit("companies", one, {"city": "Tokyo"})
        world.run()
        before = world.rows("account")
        old = mapping(world, "account")
        field = replace(old.fields["city"], name="name_kana", renamed_from="city")
        fields = {k: v for k, v in old.fields.items() if k != "city"} | {"name_kana": field}
        reworded(world, "account", fields=fields)
        counts = world.run()
        (row,), (was,) = world.rows("account").values(), before.values()
        assert (row["name_kana"], row["city"]) == (was["city"], None)
        assert counts["conflicts"] == 0
        assert counts["told"][0]["text"].startswith("account: city is name_kana now")
        (kept,) = {r["normalized"].get("name_kana") for r in world.all("base") if r["id"] == one}
        assert kept == "Tokyo"


def test_a_removed_field_leaves_no_stale_value() -> None:
    """Its value is dropped and its wish withdrawn; what stands in the systems stays; it is told."""
    with rehearsal() as world:
        one, two = company(world, phone="1")
        world.settle()
        world.crm.edit("companies", one, {"phone": "2"})
        world.run()
        old = mapping(world, "account")
        reworded(world, "account", fields={k: v for k, v in old.fields.items() if k != "phone"})
        counts = world.run()
        (row,) = world.all("account")
        assert (row["phone"], "phone" in row["provenance"]) == (None, False)
        assert counts["plan"] is None
        assert world.crm.living("companies")[one].fields["phone"] == "2"
        assert world.ma.living("orgs")[two].fields["phone"] == "1"
        assert "phone is not mapped any more" in counts["told"][0]["text"]
        assert lines(world) == counts["told"]
        assert world.run()["told"] == []


def test_a_renamed_mapping_goes_on(store_url: str) -> None:
    """Its wishes are the same wishes under the new name, nothing is written or asked anew."""
    with rehearsal(url=store_url) as world:
        one, _ = company(world, phone="1")
        world.settle()
        world.crm.edit("companies", one, {"phone": "2"})
        world.run()
        before = {i["id"]: i["state"] for i in world.all("intent")}
        reworded(world, "account", name="firm", renamed_from="account")
        counts = world.run()
        assert "mapping account is firm now" in counts["told"][0]["text"]
        after = {i["id"]: i["state"] for i in world.all("intent")}
        assert after == {k.replace(":account:", ":firm:"): v for k, v in before.items()}
        versions = {c["object"] for c in world.all("cursor") if c["connection"] == "mappings"}
        assert "firm" in versions
        assert "account" not in versions
        world.settle()
        assert world.run()["plan"] is None


def test_a_removed_mapping_takes_its_values_along(store_url: str) -> None:
    """Its records are unlinked, its entities end, its wishes are withdrawn; systems stay."""
    with rehearsal(url=store_url) as world:
        one, _ = company(world, phone="1")
        world.crm.add("people", {"email": "a@aoba.example", "last": "Ito", "company_id": one})
        world.run()
        world.crm.edit("companies", one, {"phone": "2"})
        world.run()
        reworded(world, "account")
        counts = world.run()
        assert world.rows("account") == {}
        assert {link["entity"] for link in world.all("link") if not link["valid_to"]} == {"person"}
        assert not [i for i in world.all("intent") if i["state"] == "open"]
        assert world.crm.living("companies")[one].fields["phone"] == "2"
        assert "mapping account is gone" in counts["told"][0]["text"]
        assert world.run()["told"] == []


def test_a_side_that_left_takes_its_values_along() -> None:
    """The entity lives on from its other side; what only the lost side said is gone."""
    with rehearsal() as world:
        company(world, phone="1")
        world.ma.edit("orgs", next(iter(world.ma.living("orgs"))), {"industry": "Steel"})
        world.run()
        (row,) = world.rows("account").values()
        assert row["industry"] == "Steel"
        old = mapping(world, "account")
        sides = {k: v for k, v in old.sides.items() if k != "ma"}
        fields = {
            k: replace(f, sides={s: look for s, look in f.sides.items() if s != "ma"})
            for k, f in old.fields.items()
        }
        reworded(world, "account", sides=sides, fields=fields, keys=old.keys[1:])
        counts = world.run()
        (row,) = world.rows("account").values()
        assert (row["industry"], row["phone"]) == (None, "1")
        assert "ma/orgs is not read as account any more: 1 records" in counts["told"][0]["text"]
        assert not [i for i in world.all("intent") if i["state"] == "open"]


def test_what_is_told_of_renames_is_told_in_japanese_too() -> None:
    """Every sentence has its own, with the same holes."""
    holes = re.compile(r"\{(\w+)\}")
    for english in SENTENCES.values():
        assert set(holes.findall(JAPANESE[english])) == set(holes.findall(english))


def test_a_wish_held_back_goes_with_its_mapping() -> None:
    """What is kept back by a protection is not spoken of once nobody asks for it."""
    with rehearsal() as world:
        old = mapping(world, "account")
        fields = dict(old.fields)
        fields["name"] = replace(fields["name"], protect=Protect(timedelta(days=30)))
        reworded(world, "account", fields=fields)
        one, two = company(world)
        world.settle()
        world.ma.edit("orgs", two, {"name": "Blue Leaf"}, by="u_1")
        world.crm.edit("companies", one, {"name": "Aoba Works"})
        assert world.run()["held"]
        reworded(world, "account")
        assert "held" not in world.run()
