"""The playbook that `tasuki init` installs: it reads, it speaks, its numbers fit the world."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from catalog.expression.tree import Literal, walk
from config.project import load_project
from config.starter import init
from playbook.book import read_playbook
from playbook.check import check
from playbook.explain import in_words
from sandbox.world.cast.person import TEAMS
from sandbox.world.crm.opportunities import PRODUCTS, STAGES
from sandbox.world.generate import RULES
from sandbox.world.visits import SITE


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A freshly made project."""
    folder = tmp_path_factory.mktemp("demo")
    init(folder)
    return load_project(folder, {})


@pytest.fixture(scope="module")
def book(project: Any) -> Any:
    """Its playbook."""
    return read_playbook(project)


def written(tree: Any) -> set[Any]:
    """The values written in a condition."""
    return {node.value for node in walk(tree) if isinstance(node, Literal)}


def test_nothing_is_found_wrong_with_it(project):
    """No error, no warning."""
    assert check(project) == []


def test_its_teams_are_those_people_are_in(book):
    """`user_.team` is the department of the Salesforce user."""
    assert [team.name for team in book.teams] == list(TEAMS)


def test_its_stages_and_products_are_the_worlds(book):
    """A misspelt stage would be a step nobody reaches."""
    known = {*book.ladder.early_stages, *book.ladder.late_stages}
    assert known == {stage for stage in STAGES if not stage.startswith("Closed")}
    pages = [page for interest in book.interests for page in interest.pages]
    assert {page.product for page in pages if page.product} == set(PRODUCTS)
    assert not any(page.url.startswith(SITE) for page in pages)


@pytest.mark.parametrize(
    ("signal", "rule", "names"),
    [
        ("opportunity_idle", "opportunity_stalled", ["stalled_days"]),
        ("order_volume_fell", "order_volume_fell", ["minimum_prior_jpy"]),
        ("renewal_due_90d", "renewal_due", ["renewal_days"]),
    ],
)
def test_its_numbers_are_those_every_planted_case_was_built_from(book, signal, rule, names):
    """Otherwise the demo would find other cases than were planted."""
    (found,) = [s for s in book.signals if s.rule.name == signal]
    assert {RULES[rule][name] for name in names} <= written(found.when)


def test_a_fall_is_thirty_percent(book):
    """The share that is left, as the rule writes it."""
    (found,) = [s for s in book.signals if s.rule.name == "order_volume_fell"]
    assert 1 - int(str(RULES["order_volume_fell"]["fell_percent"])) / 100 in written(found.when)


def test_it_hands_over_whom_the_world_calls_hot(book):
    """The same role and number of views."""
    (found,) = [h for h in book.handoffs if h.rule.name == "marketing_to_inside_sales"]
    assert {RULES["prospect_hot"]["role"], RULES["prospect_hot"]["views"]} <= written(found.when)


def test_every_rule_says_what_it_is_who_owns_it_and_why(book):
    """In both languages, tasks included."""
    for rule in (*book.scores, *book.signals, *book.handoffs, *book.scenarios):
        assert rule.says.description
        assert rule.says.owner
        for language in ("en", "ja"):
            assert all(said for _, said in in_words(rule, book.known, language))
    for rule in (*book.signals, *book.handoffs):
        assert set(rule.says.why) == {"en", "ja"}
        assert rule.says.task is None or set(rule.says.task.body) == {"en", "ja"}
    for score in book.scores:
        parts = (*score.says.fit.values(), *score.says.engagement.values())
        assert all(set(part.why) == {"en", "ja"} for part in parts)
    for scenario in book.scenarios:
        assert set(scenario.says.goal) == set(scenario.says.title) == {"en", "ja"}


def test_teams_hand_to_the_next_in_the_chain(book):
    """Marketing to inside sales to field sales to customer success."""
    order = [team.name for team in book.teams]
    steps = {(h.says.from_team, h.says.to_team) for h in book.handoffs}
    assert steps == set(pairwise(order))
