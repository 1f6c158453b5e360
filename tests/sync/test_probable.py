"""Bulk clean-up by Splink: it finds what no key shows, and only asks."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from sync.identity.probable import MODELS, _taught, probable
from tasuki.errors import ConfigError
from tools.match.corrupt import PEOPLE, typo
from tools.match.things import invented_companies, invented_people


def accounts():
    """400 companies, the first 120 of them a second time: mistyped, half of the rest forgotten."""
    rng = Random(5)
    rows = []
    for place, one in enumerate(invented_companies(400)):
        row = {
            "id": f"a{place}",
            "name": one.name,
            "corporate_number": one.number,
            "domain": f"d{place}.example",
            "phone": f"+8135{place:07d}",
            "city": f"city {rng.randrange(30)}",
        }
        rows.append(row)
        if place < 120:
            again = {"id": f"b{place}", "name": typo(rng, one) or one.name}
            kept = rng.choice(("domain", "phone"))
            rows.append({**row, "corporate_number": None, "domain": None, "phone": None, **again,
                         kept: row[kept]})  # fmt: skip
    return rows


@pytest.mark.slow
def test_mistyped_companies_are_found():
    """Nine of ten proposals are right, and most of what was mistyped is proposed."""
    pytest.importorskip("splink", reason="the extra `splink` is not installed")
    found = probable("account", accounts(), 0.9)
    right = [pair for pair in found if pair.left[1:] == pair.right[1:]]
    assert len(right) >= 0.9 * len(found)
    assert len(right) >= 0.6 * 120
    assert all(pair.probability >= 0.9 for pair in found)


@pytest.mark.slow
def test_different_numbers_are_never_proposed():
    """Two corporate numbers are two companies, however alike the rest."""
    pytest.importorskip("splink", reason="the extra `splink` is not installed")
    rows = [{**row, "corporate_number": row["id"]} for row in accounts()]
    assert probable("account", rows, 0.5) == []


@pytest.mark.slow
def test_mistyped_people_are_found():
    """People whose names were mistyped are found by what else they share."""
    pytest.importorskip("splink", reason="the extra `splink` is not installed")
    rng = Random(5)
    rows = []
    for place, one in enumerate(invented_people(300)):
        row = {"id": f"a{place}", "email": one.email, "phone": one.mobile, "account_id": "x"}
        rows.append({**row, "family_name": one.family, "given_name": one.given})
        if place < 80:
            wrong = PEOPLE["typo in the name"](rng, one) or replace(one)
            told = {"family_name": wrong.family, "given_name": wrong.given, "email": None}
            rows.append({**row, **told, "id": f"b{place}"})
    found = probable("person", rows, 0.9)
    right = [pair for pair in found if pair.left[1:] == pair.right[1:]]
    assert len(right) >= 0.9 * len(found) > 0


def test_only_fields_that_enough_pairs_share_teach():
    """A model is not learned from a handful of pairs."""
    rows = [{"domain": "x", "phone": str(n), "city": None} for n in range(21)]
    assert _taught(MODELS["account"], rows) == ["domain"]


def test_nothing_is_compared_with_nothing():
    """An empty store, or one entity, has no duplicates and needs no Splink."""
    assert probable("account", [], 0.9) == []
    assert probable("account", [{"id": "a", "name": "青葉"}], 0.9) == []


def test_without_the_extra_the_remedy_says_how_to_install_it():
    """Who has not installed the extra is told how."""
    try:
        import splink
    except ImportError:
        with pytest.raises(ConfigError) as caught:
            probable("account", [{"id": "a", "name": "青葉"}, {"id": "b", "name": "青葉"}], 0.9)
        assert "tasuki[splink]" in caught.value.remedy
    else:
        assert splink
