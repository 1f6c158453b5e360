"""What a guard says: what was found, which limit, where it is set, and what to do.

A sentence is kept as a template with its values, so that whoever shows it can say it in another
language. It names refs, never a person's values.
"""

from dataclasses import dataclass
from typing import Final

from tasuki.values import Json

_LOOK: Final = "Look at them; if they are right, raise the limit and plan anew."


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one guard: what is the matter, and what to do about it."""

    matter: str
    remedy: str = _LOOK

    @property
    def say(self) -> str:
        """The whole template."""
        return f"{self.matter} {self.remedy}"


CREATES: Final = Words(
    "{to}: {n:,} records would be created; max_creates allows {allowed:,} ({place})."
)
OVERWRITES: Final = Words(
    "{to}: values of {n:,} of {linked:,} linked records would be overwritten ({share:.1f} %); "
    "max_overwrite_percent allows {allowed:g} % ({place})."
)
DELETES: Final = Words(
    "{to}: {n:,} records would be deleted; max_deletes allows {allowed:,} ({place})."
)
DOUBLES: Final = Words(
    "{to}: {n:,} of {creates:,} records to be created may be there already, such as {left} and "
    "{right}; max_likely_duplicates allows {allowed:,} ({place}).",
    "Answer them: tasuki reviews.",
)
DOUBTS: Final = Words(
    "{to}: {n:,} of {creates:,} records to be created wait, since they may be there already, such "
    "as {left} and {right}.",
    "Answer them: tasuki reviews.",
)
OWNER: Final = Words(
    "{to}: {n:,} tasks wait for another day, since {whose:,} people have enough; "
    "max_tasks_per_owner allows {allowed:,} ({place}).",
    "Later plans bring them.",
)
ACCOUNT: Final = Words(
    "{to}: {n:,} tasks wait for another day, since {whose:,} accounts have enough; "
    "max_tasks_per_account allows {allowed:,} ({place}).",
    "Later plans bring them.",
)
QUIET: Final = Words(
    "{to}: nothing is written within the quiet hours {hours} ({place}); held until {until}.",
    "The first run after that plans it anew.",
)
PRODUCTION: Final = Words(
    "{to}: {connection} is marked `environment: production` ({place}).",
    "To write there, apply with --production, or say `production: true` in the schedule.",
)
FIRST: Final = Words(
    "{to}: nobody has approved a plan of {rule} for {connection} yet.",
    "Look at the next plan, then tasuki apply latest; from then on schedules may apply it.",
)
ALL: Final = (
    CREATES,
    OVERWRITES,
    DELETES,
    DOUBLES,
    DOUBTS,
    OWNER,
    ACCOUNT,
    QUIET,
    PRODUCTION,
    FIRST,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that a guard found."""

    words: Words
    values: dict[str, Json]

    @property
    def reason(self) -> str:
        """What is the matter, as a held change says it."""
        return self.words.matter.format(**self.values)

    def as_note(self) -> dict[str, Json]:
        """The whole sentence as a plan keeps it: text, and template with values."""
        say = self.words.say
        return {"text": say.format(**self.values), "say": say, "values": self.values}


def text_of(note: Json) -> str:
    """The English of a kept sentence, whichever release kept it."""
    return str(note["text"]) if isinstance(note, dict) else str(note)
