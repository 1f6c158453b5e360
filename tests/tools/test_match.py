"""Matching measured: nothing of two legal entities is joined by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.match.companies import SEED, shared_names
from tools.match.corrupt import ANOTHER, HARMFUL, HARMLESS, PEOPLE
from tools.match.score import (
    Candidate,
    Score,
    candidates,
    joined,
    joined_people,
    people_after,
    proposed,
    respelled,
    threshold,
)
from tools.match.things import (
    REGISTER,
    invented_companies,
    invented_people,
    registered_companies,
)

TOP = Path(__file__).resolve().parents[2]
register = pytest.mark.skipif(
    not REGISTER.exists(), reason="shared/data/japanese_companies is not beside the project"
)


@pytest.mark.parametrize("kind", HARMLESS)
def test_the_name_rule_joins_spellings_and_nothing_else(kind: str) -> None:
    """Through mapping and clustering: precision 1.00, recall 0.99 for harmless spellings."""
    those = invented_companies(300, seed=3)
    found = joined(those, respelled(those, HARMLESS[kind], SEED), numbers=False)
    assert found.precision == 1
    assert found.recall >= 0.99


@pytest.mark.parametrize("kind", ANOTHER)
def test_the_name_rule_keeps_others_apart(kind: str) -> None:
    """A branch, a holding, another form are joined with nobody."""
    those = invented_companies(300, seed=3)
    assert joined(those, respelled(those, ANOTHER[kind], SEED), numbers=False).right == 0


@pytest.mark.parametrize("kind", PEOPLE)
def test_person_rules_never_join_two_people(kind: str) -> None:
    """Whatever befalls a record, an automatic link keeps precision 1.00 on invented people."""
    those = invented_people(300)
    assert joined_people(those, people_after(those, PEOPLE[kind], SEED)).precision == 1


def test_a_likeness_proposes_what_no_key_can_join() -> None:
    """Typing errors: at 0.85 most partners are proposed and most proposals are right."""
    those = invented_companies(400, seed=3)
    others = respelled(those, HARMFUL["typo"], SEED, most=150)
    found = proposed(candidates(those, others), len(others), 0.85)
    assert found.precision >= 0.8
    assert found.recall >= 0.6


def test_corruptions_are_the_same_for_the_same_seed() -> None:
    """A seed decides everything, so that a table can be printed again."""
    those = invented_companies(50)
    for change in (*HARMLESS.values(), *HARMFUL.values(), *ANOTHER.values()):
        assert respelled(those, change, 1) == respelled(those, change, 1)


def test_a_score_counts_pairs() -> None:
    """Precision is of what was found, recall of what there is; nothing found is no error."""
    assert (Score(4, 1, 1).precision, Score(4, 1, 1).recall) == (0.5, 0.25)
    assert Score(4, 0, 0).precision == 1
    found = [Candidate(0.9, True), Candidate(0.8, True), Candidate(0.7, False)]
    assert threshold(found, 1.0) == 0.8
    assert proposed(found, 2, 0.7) == Score(2, 2, 1)


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    """Who asks for a table that is not there is told which there are."""
    command = [sys.executable, "-m", "tools.match", "--only", "speed"]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no such table: speed; there are names, register" in done.stderr


@register
@pytest.mark.parametrize("known", [0, 0.5, 1])
def test_legal_entities_of_one_name_are_never_joined(known: float) -> None:
    """The register, where one system knows the numbers: precision 1.00 by the account rules.

    Names that several numbers share stay in doubt until a record tells its number.
    """
    those = registered_companies()
    assert len(those) == 7_134
    assert 24 <= len(shared_names(those)) <= 36
    others = respelled(those, lambda _rng, one: one.name, SEED, known=known)
    found = joined(those, others, numbers=True)
    assert found.wrong == 0
    assert found.recall >= (1 if known == 1 else 0.99)


@register
def test_a_link_by_name_alone_is_right_99_times_of_100() -> None:
    """Where no system knows a number, an automatic link keeps precision 0.99 on the register."""
    those = registered_companies()
    others = respelled(those, lambda _rng, one: one.name, SEED)
    assert joined(those, others, numbers=False).precision >= 0.99


@register
@pytest.mark.parametrize("kind", ["form moved", "width", "hiragana, katakana", "variant kanji"])
def test_a_respelled_register_is_joined_without_error(kind: str) -> None:
    """Spellings of real names, numbers known on one side: precision 1.00, recall 0.99."""
    those = registered_companies()
    found = joined(those, respelled(those, HARMLESS[kind], SEED), numbers=True)
    assert found.wrong == 0
    assert found.recall >= 0.99
