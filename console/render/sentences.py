"""Sentences that the engine keeps in English, as the reader's language says them.

A guard keeps a template with its values; other reasons are kept as text, and are known by it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from console.language import N_

Say = Callable[[str], str]
"""English → the reader's language."""

GUARDS: Final = (
    N_(
        "{to}: {n:,} records would be created; max_creates allows {allowed:,} ({place}). "
        "Look at them; if they are right, raise the limit and plan anew."
    ),
    N_(
        "{to}: values of {n:,} of {linked:,} linked records would be overwritten ({share:.1f} %); "
        "max_overwrite_percent allows {allowed:g} % ({place}). "
        "Look at them; if they are right, raise the limit and plan anew."
    ),
    N_(
        "{to}: {n:,} records would be deleted; max_deletes allows {allowed:,} ({place}). "
        "Look at them; if they are right, raise the limit and plan anew."
    ),
    N_(
        "{to}: {n:,} of {creates:,} records to be created may be there already, such as {left} and "
        "{right}; max_likely_duplicates allows {allowed:,} ({place}). "
        "Answer them: tasuki reviews."
    ),
    N_(
        "{to}: {n:,} of {creates:,} records to be created wait, since they may be there already, "
        "such as {left} and {right}. Answer them: tasuki reviews."
    ),
    N_(
        "{to}: {n:,} tasks wait for another day, since {whose:,} people have enough; "
        "max_tasks_per_owner allows {allowed:,} ({place}). Later plans bring them."
    ),
    N_(
        "{to}: {n:,} tasks wait for another day, since {whose:,} accounts have enough; "
        "max_tasks_per_account allows {allowed:,} ({place}). Later plans bring them."
    ),
    N_(
        "{to}: nothing is written within the quiet hours {hours} ({place}); held until {until}. "
        "The first run after that plans it anew."
    ),
    N_(
        "{to}: {connection} is marked `environment: production` ({place}). "
        "To write there, apply with --production, or say `production: true` in the schedule."
    ),
    N_(
        "{to}: nobody has approved a plan of {rule} for {connection} yet. "
        "Look at the next plan, then tasuki apply latest; from then on schedules may apply it."
    ),
)
"""What guards say (`sync.write.guards.sentence`), each with what to do about it."""
RENAMES: Final = (
    N_("mapping {old} is {new} now: its wishes, bases and written values move along"),
    N_(
        "mapping {name} is gone: its wishes are withdrawn, values only it fed are dropped; "
        "what was written to systems stays"
    ),
    N_("{mapping}: {old} is {new} now: base, value and provenance move along"),
    N_(
        "{mapping}: {gone} is not mapped any more: its values are dropped; what was written to "
        "systems stays"
    ),
    N_(
        "{object} is not read as {entity} any more: {count} records left; their values are "
        "dropped, the systems stay as they are"
    ),
)
"""What became of mappings and fields (`sync.renames`)."""
REASONS: Final = frozenset(
    (
        N_("already so"),
        N_("the record was deleted since the plan was made"),
        N_("the apply was interrupted; the next plan has it again"),
        N_("refused together with another rule's cell; the next plan has it again"),
        N_("it named somebody who was erased since"),
        N_("somebody edited it since; left as it is"),
        N_("it named somebody who was erased since; left as it is"),
        N_("Tasuki may no longer see this field; left as it is"),
        N_("the record was deleted or merged since; nothing is left to restore"),
        N_("it was there before and what stood in it was not read; left as it is"),
        N_("its system could not be asked now; undo again later"),
        N_("no undo puts anybody back on a list: preview the scenario and push it again"),
        N_("it was deleted: a person restores it from Salesforce's recycle bin, within 15 days"),
        N_("it was deleted: a person restores it from HubSpot's deleted records, within 90 days"),
        N_("it was deleted: a person restores it in its system, where that keeps deleted records"),
        N_("the org does not let us delete it; a person who may has to"),
        N_("nobody can tell whether records hang on it; left as it is"),
        N_("no answer came, and no key tells whether the record was made"),
        N_("the system refused the record"),
        N_("Look at the record in its system."),
    )
)
"""Whole sentences of why a cell was not written, and what to do."""
_BY: Final = r"(?: by (?P<by>.+?))?"
PATTERNS: Final = (
    (
        re.compile(
            rf"changed{_BY}(?: at (?P<at>\S+ \S+))?, after the plan was made; left as it is"
        ),
        N_("changed by %(by)s at %(at)s, after the plan was made; left as it is"),
    ),
    (
        re.compile(
            rf"written over a change made{_BY} at (?P<at>\S+ \S+), "
            "a moment before; it can be taken back: tasuki conflicts"
        ),
        N_(
            "written over a change that %(by)s made at %(at)s, a moment before; it can be taken "
            "back under Conflicts & review"
        ),
    ),
)
"""Sentences with holes; who and when may be unknown."""


def filled(note: Mapping[str, Any], say: Say) -> str:
    """A kept sentence, {say, values}; one of another release as it was kept."""
    template, values = str(note["say"]), note.get("values") or {}
    if not values:
        return template
    try:
        return say(template).format(**values)
    except (KeyError, IndexError, ValueError):
        return str(note.get("text") or template)


def reason(text: str, say: Say, when: Say, notes: Sequence[Mapping[str, Any]] = ()) -> str:
    """Why something was not written; a guard's words as the plan's notes have them.

    `when` says an instant as the reader's clock shows it.
    """
    if text in REASONS:
        return say(text)
    for note in notes:
        if text and str(note.get("text") or "").startswith(text):
            return filled(note, say)
    for pattern, template in PATTERNS:
        if found := pattern.fullmatch(text):
            at = (found["at"] or "").replace(" ", "T")
            said = {"by": found["by"] or say("somebody"), "at": when(f"{at}Z" if at else "")}
            return say(template) % said
    return text
