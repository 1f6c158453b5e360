"""Numbers, money, times and values as a person of one language reads them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from gettext import NullTranslations
from typing import Final
from zoneinfo import ZoneInfo

import nh3
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from babel.units import format_unit
from markupsafe import Markup, escape

from catalog.labels import Language, label, spelled
from catalog.shape import Entity, Field, Type
from config.duration import Duration
from console.render.sentences import filled, reason
from console.render.words import NAMES, RISK_NOTES, RISKS, WORDS, Word
from tasuki.clock import Clock
from tasuki.values import Json, instant

_JUST_NOW: Final = timedelta(seconds=45)
_HOLE: Final = re.compile(r"\{([a-z_]+)\.([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Shown:
    """How one reader sees values: language and time zone."""

    language: str
    zone: ZoneInfo
    clock: Clock
    words: NullTranslations
    entities: Mapping[str, Entity]
    """The catalog, with what the project added to it."""

    def number(self, value: Json) -> str:
        """1234 as 1,234; nothing as a dash."""
        return "–" if value is None else format_decimal(value, locale=self.language)

    def when(self, text: str | None) -> str:
        """An instant as local date and time."""
        if not text:
            return "–"
        local = instant(text).astimezone(self.zone)
        pattern = "y/MM/dd HH:mm" if self.language == "ja" else "d MMM y, HH:mm"
        return format_datetime(local, pattern, locale=self.language)

    def day(self, value: str | date | None) -> str:
        """A date."""
        if not value:
            return "–"
        found = date.fromisoformat(value[:10]) if isinstance(value, str) else value
        return format_date(found, "medium", locale=self.language)

    def ago(self, text: str | None) -> str:
        """How long ago, or how soon: `3 minutes ago`, `in 2 hours`."""
        if not text:
            return "–"
        delta = instant(text) - self.clock.now()
        if abs(delta) < _JUST_NOW:
            return self.words.gettext("just now")
        return format_timedelta(delta, add_direction=True, locale=self.language)

    def time(self, text: str | None) -> Markup:
        """An instant: relative to read, absolute to look up, exact for machines."""
        if not text:
            return Markup("<span class='text-secondary'>–</span>")
        markup = '<time datetime="{}" title="{}">{} <small class="t-absolute">{}</small></time>'
        absolute = self.when(text)
        return Markup(markup).format(text, absolute, self.ago(text), absolute)  # noqa: S704 - ours

    def lasted(self, begin: str | None, end: str | None) -> str:
        """How long something took."""
        if not begin or not end:
            return "–"
        delta = instant(end) - instant(begin)
        seconds = delta.total_seconds()
        if seconds < 120:
            return format_unit(round(seconds, 1), "second", "short", locale=self.language)
        return format_timedelta(delta, locale=self.language)

    def moment(self, value: datetime) -> str:
        """A date for a form field."""
        return value.astimezone(self.zone).date().isoformat()

    def value(self, value: Json) -> Markup:
        """A cell of a record: blank is said, rich text loses its tags, length is bounded."""
        if value is None or value == "":
            return Markup('<span class="t-blank">{}</span>').format(self.words.gettext("blank"))
        if isinstance(value, bool):
            return escape(self.words.gettext("yes") if value else self.words.gettext("no"))
        if isinstance(value, (int, float)):
            return escape(self.number(value))
        if isinstance(value, (list, tuple)):
            return escape(", ".join(map(str, value)))
        return escape(plain(str(value)))

    def points(self, entity: str, field: str) -> bool:
        """Whether a field holds the id of another entity, which nobody types."""
        found = self._field(entity, field)
        return found is not None and found.type is Type.REF

    def cell(self, entity: str, field: str, value: Json) -> Markup:
        """A value of an entity's field: days and instants as the reader writes them."""
        found = self._field(entity, field)
        if found and value and found.type in (Type.DATE, Type.TIME):
            show = self.when if found.type is Type.TIME else self.day
            return escape(show(str(value)))
        return self.value(value)

    def label(self, entity: str, field: str = "") -> str:
        """What the catalog calls an entity or a field of it; other names are as in `name`."""
        known = self.entities.get(entity)
        found = self._field(entity, field) if field else known
        if found is None:
            return self.name(field or entity)
        return found.ja if self.language == "ja" else found.en

    def _field(self, entity: str, field: str) -> Field | None:
        known = self.entities.get(entity)
        return known.field(field) if known else None

    def duration(self, text: str) -> str:
        """`4h` as 4 hours, `3bd` as 3 business days."""
        found = Duration.parse(text)
        if not found.is_business:
            return format_timedelta(found.clock, locale=self.language)
        days = found.business_days
        return self.words.ngettext("%(num)s business day", "%(num)s business days", days) % {
            "num": days
        }

    def holes(self, text: str) -> str:
        """A task's text with `{account.name}` as the reader's word for what will stand there."""
        lang: Language = "ja" if self.language == "ja" else "en"

        def worded(hole: re.Match[str]) -> str:
            relation, name = hole[1], hole[2]
            return f"‹{label(relation, None, lang)} {label(relation, name, lang)}›"

        return _HOLE.sub(worded, text)

    def word(self, state: str) -> Word:
        """How a state is called, with sign and tone."""
        known = WORDS.get(state) or Word(spelled(state), "circle-dashed")
        return Word(self.words.gettext(known.text), known.icon, known.tone)

    def risk(self, name: str) -> Word:
        """How a risk is called."""
        known = RISKS.get(name) or Word(spelled(name), "?")
        return Word(self.words.gettext(known.text), known.icon, known.tone)

    def risk_note(self, name: str) -> str:
        """What a risk means, in one sentence."""
        return self.words.gettext(RISK_NOTES[name]) if name in RISK_NOTES else ""

    def guard(self, note: Mapping[str, Json]) -> str:
        """A sentence that the engine kept with its values."""
        return filled(note, self.words.gettext)

    def reason(self, text: str | None, notes: Sequence[Mapping[str, Json]] = ()) -> str:
        """Why a cell was not written; texts of systems stay as they are, without markup."""
        return plain(reason(text or "", self.words.gettext, self.when, notes)) or "–"

    def seconds(self, why: str) -> str:
        """Why a second person must say yes: `deletes, more than 100 records`."""
        return ", ".join(self._second(part) for part in why.split(", "))

    def _second(self, part: str) -> str:
        number = "".join(letter for letter in part if letter.isdigit())
        if number:
            said = self.words.gettext("more than %(num)s records")
            return said % {"num": self.number(int(number))}
        known = RISKS.get(part.removesuffix("s"))
        return self.words.gettext(known.text).lower() if known else part

    def name(self, code: str | None) -> str:
        """A name of the code in the reader's words; unknown ones are spelled out."""
        if not code:
            return "–"
        if code == "incomplete":
            code = "incomplete_facts"
        known = NAMES.get(code)
        return self.words.gettext(known) if known else spelled(code)

    def policy(self, code: str) -> str:
        """Who wins where sides differ: a side by its name, or the rule in words."""
        side = code.removesuffix("_wins")
        if side in ("", code, "latest", "side"):
            return self.name(code)
        return self.words.gettext("%(system)s wins") % {"system": self.name(side)}

    def said(self, said: Mapping[Language, str] | None, otherwise: str = "") -> str:
        """A sentence of the project's files, in the reader's language where it has one."""
        words = {str(language): text for language, text in (said or {}).items()}
        return words.get(self.language) or words.get("en") or otherwise


def plain(text: str, most: int = 300) -> str:
    """Text of a CRM without any markup, on one line, shortened."""
    bare = nh3.clean(text, tags=set()) if "<" in text else text
    bare = " ".join(bare.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").split())
    return bare if len(bare) <= most else f"{bare[: most - 1]}…"
