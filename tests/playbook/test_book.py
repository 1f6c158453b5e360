"""Reading a playbook: every mistake is told with its file, line, column and remedy."""

from __future__ import annotations

from typing import Any

import pytest

from config.project import load_project
from connectors.protocol import FieldInfo, ObjectInfo
from mappings.finding import Severity
from playbook.book import examine, read_playbook
from playbook.check import check
from tasuki.errors import ConfigError

SIGNAL = """kind: signal
name: idle
owner: Sales
entity: opportunity
when: opportunity.idle_days > 30
facts: [opportunity.stage]
team: field_sales
task:
  subject: {en: "{opportunity.name}"}
  due: 2bd
"""
HANDOFF = """kind: handoff
name: warm
from_team: marketing
to_team: field_sales
offer_when: need.confidence >= 3
requires: [person.email]
sla: {accept_within: 4h, first_contact_within: 1bd}
"""
SCORE = """kind: score
name: priority
owner: Marketing
entity: account
fit: {large: {when: account.employees > 1, points: 1}}
engagement: {read: {when: "engagement.kind = 'x'", each: 1, cap: 1, half_life: 1d}}
write:
  salesforce: {Account: {Score__c: value, Gone__c: grade, Formula__c: value}}
"""
SCENARIO = """kind: scenario
name: renew
owner: Success
audience: account.is_customer
branches:
  - {name: mail, when: "true", do: {ma_list: {hubspot: List, people: person.opted_out}}}
"""
TEXTS = {"signal": SIGNAL, "handoff": HANDOFF, "score": SCORE, "scenario": SCENARIO}


@pytest.fixture
def project(tmp_path):
    """A folder with two teams; `write(path, text)` adds a file and `load()` reads it all."""
    (tmp_path / "tasuki.yaml").write_text("name: test\nlanguage: ja\n")
    (tmp_path / "playbook").mkdir()

    class Folder:
        def write(self, path: str, text: str) -> None:
            (tmp_path / "playbook" / path).write_text(text, encoding="utf-8")

        def load(self) -> Any:
            return load_project(tmp_path, {})

    folder = Folder()
    for place, team in enumerate(("marketing", "field_sales"), 1):
        folder.write(
            f"{team}.yaml", f"kind: team\nname: {team}\nposition: {place}\nconfidence: [1, 5]\n"
        )
    return folder


def refused(project: Any) -> ConfigError:
    with pytest.raises(ConfigError) as found:
        read_playbook(project.load())
    return found.value


@pytest.mark.parametrize("quote", ["", '"', "'"])
@pytest.mark.parametrize("before", ["", "opportunity.amount > 1 and "])
def test_an_expression_on_a_missing_field_is_shown_at_the_very_word(
    project: Any, quote: str, before: str
) -> None:
    """Line and column are of the name itself, whether the text stands in quotes or not."""
    line = f"when: {quote}{before}opportunity.idle_dayz > 30{quote}"
    project.write("idle.yaml", SIGNAL.replace("when: opportunity.idle_days > 30", line))
    error = refused(project)
    column = line.index("opportunity.idle_dayz") + 1
    assert str(error.where).startswith(f"playbook/idle.yaml:5:{column} ")
    assert error.what == "'opportunity' has no field 'idle_dayz'"


def test_a_fact_in_quotes_is_shown_behind_its_quote(project: Any) -> None:
    """The same for a list of names."""
    named = SIGNAL.replace("[opportunity.stage]", '["opportunity.stag"]')
    project.write("idle.yaml", named)
    assert str(refused(project).where).startswith("playbook/idle.yaml:6:10")


def test_a_whole_playbook_reads(project):
    """Every kind is known by its name, teams in their order."""
    for kind, text in TEXTS.items():
        project.write(f"{kind}.yaml", text)
    book = read_playbook(project.load())
    assert [team.name for team in book.teams] == ["marketing", "field_sales"]
    assert book.signal_entities == {"idle": "opportunity"}
    assert book.scenario("renew").rule.place.line == 2
    with pytest.raises(ConfigError) as missing:
        book.scenario("renwe")
    assert missing.value.remedy == "Did you mean `renew`?"


def test_a_project_without_playbook_has_an_empty_one(project):
    """Nothing is required."""
    book = read_playbook(project.load())
    assert (book.scores, book.ladder, book.calendar.country) == ((), None, "JP")


@pytest.mark.parametrize(
    ("kind", "before", "after", "place", "what", "fix"),
    [
        ("signal", "idle_days >", "idel_days >", "5:7", "no field 'idel_days'", ""),
        ("signal", "opportunity.idle_days > 30", "opportunity.idle_days", "5:7", "a whole", "Comp"),
        ("signal", "opportunity.stage", "opportunity.stagee", "6:9", "no field 'stagee'", ""),
        ("signal", "[opportunity.stage]", "[1 + 1]", "6:9", "is no field", "relation.field"),
        ("signal", "field_sales", "field_sale", "7:7", "no team `field_sale`", "`field_sales`?"),
        (
            "signal",
            "{opportunity.name}",
            "{opportunity.nmae}",
            "9:17",
            "nmae",
            "opportunity.name`?",
        ),
        ("signal", "{opportunity.name}", "{opportunity}", "9:17", "is no blank", "Write {"),
        ("signal", "{opportunity.name}", "{person.name}", "9:17", "know `person`", "Did"),
        ("signal", "due: 2bd", "due: soon", "10:8", "`task.due` does not fit", "Correct"),
        ("signal", "facts:", "fatcs:", "6:1", "no key `fatcs`", "`facts`?"),
        ("signal", "entity: opportunity", "entity: deal", "4:9", "`entity` does not fit", "Write"),
        ("handoff", "to_team: field_sales", "to_team: sales", "4:10", "no team `sales`", "`field"),
        ("handoff", "person.email", "person.mail", "6:12", "no field 'mail'", "Correct"),
        ("handoff", "sla:", "recycle_after: 3bd\nsla:", "7:16", "recycle_after", "Correct"),
        ("score", "account.employees > 1", "person.role = 'x'", "5:21", "'person'", "metric"),
        ("score", "engagement.kind", "person.role", "6:28", "'person' is not a relation", ""),
        ("score", "half_life: 1d", "half_life: 1bd", "6:80", "half_life", "Correct"),
        ("scenario", "account.is_customer", "account.name", "4:11", "is text", "Compare"),
        ("scenario", "person.opted_out", "person.opted", "6:70", "no field 'opted'", "Correct"),
        (
            "scenario",
            "ma_list: {hubspot: List, people: person.opted_out}",
            "",
            "6:36",
            "do",
            "Corr",
        ),
    ],
)
def test_a_mistake_is_told_where_it_stands(project, kind, before, after, place, what, fix):
    """File, line and column of the very word, and the nearest right one."""
    assert before in TEXTS[kind]
    project.write(f"{kind}.yaml", TEXTS[kind].replace(before, after, 1))
    error = refused(project)
    assert str(error.where).startswith(f"playbook/{kind}.yaml:{place}")
    assert what in error.what
    assert fix in error.remedy
    assert all(line != "-" for line in error.lines())


def test_a_kind_nobody_knows_is_not_passed_over(project):
    """A misspelt kind would be a rule that never fires."""
    project.write("signal.yaml", SIGNAL.replace("kind: signal", "kind: signla"))
    error = refused(project)
    assert (str(error.where), error.remedy) == (
        "playbook/signal.yaml:1:7 (kind)",
        "Did you mean `signal`?",
    )


def test_an_owner_the_rule_cannot_see_is_refused(project):
    """A signal about accounts does not lead to one opportunity."""
    text = SIGNAL.replace("opportunity", "account").replace("idle_days", "orders")
    text = text.replace("account.stage", "account.city")
    project.write("signal.yaml", text + "assign: {first: opportunity_owner}\n")
    assert "no opportunity to take the owner of" in refused(project).what


def test_there_is_one_ladder(project):
    """Two would leave open which one counts."""
    for name in ("a", "b"):
        project.write(
            f"{name}.yaml",
            f"kind: ladder\nname: {name}\nwindow: 90d\nearly_stages: [A]\nlate_stages: [B]\n",
        )
    assert "two files of the kind ladder" in refused(project).what


def test_everything_that_is_wrong_is_told_at_once(project):
    """Three mistakes in two files are three errors."""
    bad = SIGNAL.replace("idle_days", "idel_days").replace("team: field_sales", "team: nobody")
    project.write("signal.yaml", bad)
    project.write("score.yaml", SCORE.replace("points: 1", "points: many"))
    _, errors = examine(project.load())
    assert len(errors) == 3
    assert [f.severity for f in check(project.load())].count(Severity.ERROR) == 3


# ── what only looks odd ──


def warnings(project: Any, described: Any = None) -> list[tuple[str, str]]:
    found = check(project.load(), described)
    assert all(each.severity is Severity.WARNING for each in found)
    return [(each.what, each.fix) for each in found]


def test_a_task_in_a_foreign_language_is_warned_of(project):
    """The project speaks Japanese, the task only English."""
    project.write("signal.yaml", SIGNAL)
    ((what, fix),) = warnings(project)
    assert what == "The task of `idle` has no subject in `ja`"
    assert fix == "Add `ja:` to its subject and body."


def test_a_rule_nobody_owns_is_warned_of(project):
    """Somebody answers for every rule."""
    project.write("handoff.yaml", HANDOFF)
    assert warnings(project)[0][0] == "Nobody owns the rule `warm`"


def test_fields_a_score_cannot_be_written_to_are_warned_of(project):
    """Known only with the system's own description."""
    project.write("score.yaml", SCORE)
    assert not warnings(project)
    fields = (FieldInfo("Score__c", "num"), FieldInfo("Formula__c", "num", updateable=False))
    found = warnings(project, {("salesforce", "Account"): ObjectInfo("Account", "", fields)})
    assert [what for what, _ in found] == [
        "salesforce/Account has no field `Gone__c`",
        "`Formula__c` of salesforce/Account cannot be written",
    ]


def test_stages_that_do_not_exist_are_warned_of(project):
    """A misspelt stage is a step nobody reaches."""
    project.write(
        "ladder.yaml",
        "kind: ladder\nname: l\nwindow: 90d\nearly_stages: [Qualifcation]\nlate_stages: [Won]\n",
    )
    stage = FieldInfo("StageName", "picklist", options=("Qualification", "Won"))
    info = ObjectInfo("Opportunity", "", (stage,))
    ((what, fix),) = warnings(project, {("salesforce", "Opportunity"): info})
    assert what == "There is no opportunity stage `Qualifcation`"
    assert fix == "Did you mean `Qualification`?"


def test_two_scores_never_write_one_field(project):
    """Two scores on one field would undo each other at every run: it is found beforehand."""
    project.write("score.yaml", SCORE)
    project.write("again.yaml", SCORE.replace("name: priority", "name: second"))
    found = [f for f in check(project.load()) if f.severity is Severity.ERROR]
    assert [f.what for f in found if "Score__c" in f.what] == [
        "Two scores write `Account.Score__c` in salesforce"
    ]
