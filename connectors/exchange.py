"""What went over the wire for one record, made fit to be kept: names stay, values do not.

Kept are field names, the ids of records, codes and whatever else a system says about the write and
not about the record; a cleared field keeps its `null`. Everything else stands as `…`, and what was
sent is taken out of the texts that quote it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any, Final

import orjson

from connectors.writes import Exchange

HIDDEN: Final = "…"
"""What stands in a value's place."""
_SHORTEST: Final = 3
"""Shorter values are not searched for in texts: they would take words apart."""
_TOLD: Final = frozenset(
    """
    id ids type attributes method url referenceId success created new errors numErrors status
    httpStatusCode statusCode errorCode code category subCategory error name in fields correlationId
    objectWriteTraceId idProperty associationCategory associationTypeId archived createdAt updatedAt
    startedAt completedAt Id If-Unmodified-Since Location sf__Id sf__Created
    """.split()
)
"""Keys under which a system says something about the write."""
_VALUES: Final = frozenset({"properties", "propertiesWithHistory"})
"""Keys below which every name is a field's, whatever it is called."""
_OWN_IDS: Final = frozenset({"", "hs_object_id", "Id", "id"})
_ID: Final = re.compile(r"[\w:.-]{1,64}", re.ASCII)
_MAIL: Final = re.compile(r"[^\s\"'<>\[\](),;:]+@[^\s\"'<>\[\](),;:]+")


def told(
    call: str, status: int | None, request: Any, answer: Any, request_id: str | None = None
) -> Exchange:
    """The exchange with every value hidden, also where a text of the answer quotes it."""
    scrub = _scrubber(request)
    return Exchange(call, status, _hide(request, scrub), _hide(answer, scrub), request_id)


def hidden(text: str, request: Any = None) -> str:
    """A text of a system's own without the values that were sent, and without mail addresses."""
    return _scrubber(request)(text)


def _hide(part: Any, scrub: Callable[[str], str], key: str = "", *, all: bool = False) -> Any:
    if isinstance(part, Mapping):
        below = all or key in _VALUES
        named = str(part.get("idProperty") or "") not in _OWN_IDS
        return {
            name: HIDDEN
            if name == "id" and named and value is not None
            else _hide(value, scrub, name, all=below)
            for name, value in part.items()
        }
    if isinstance(part, (list, tuple)):
        if all or not (key in _TOLD or any(isinstance(each, Mapping) for each in part)):
            return HIDDEN if part else []
        return [_hide(each, scrub, key, all=all) for each in part]
    return _scalar(part, scrub, key, all=all)


def _scalar(value: Any, scrub: Callable[[str], str], key: str, *, all: bool) -> Any:
    if value is None:
        return None
    if not all and isinstance(value, str) and (_is_text(key) or not key):
        return scrub(value)
    if all or key not in _TOLD:
        return HIDDEN
    if key == "id" and not _ID.fullmatch(str(value)):
        return HIDDEN
    return value if isinstance(value, (str, int, float, bool)) else HIDDEN


def _is_text(key: str) -> bool:
    """Whether the key is that of a text written for people."""
    return key.endswith(("message", "Message")) or key == "sf__Error"


def _scrubber(request: Any) -> Callable[[str], str]:
    """What takes the request's values out of a text; it is put together when first asked."""
    made: list[re.Pattern[str]] = []

    def scrub(text: str) -> str:
        if not made:
            forms = {form for value in _values(request) for form in _forms(value)}
            longest = sorted(forms, key=len, reverse=True)
            made.append(re.compile("|".join(map(re.escape, longest)) or r"(?!)", re.IGNORECASE))
        return _MAIL.sub(HIDDEN, made[0].sub(HIDDEN, text))

    return scrub


def _values(part: Any, key: str = "", *, all: bool = False) -> Iterator[str]:
    """Every value that is hidden, as text."""
    if isinstance(part, Mapping):
        for name, value in part.items():
            named = name == "id" and str(part.get("idProperty") or "") not in _OWN_IDS
            yield from _values(value, "" if named else name, all=all or key in _VALUES)
    elif isinstance(part, (list, tuple)):
        for each in part:
            yield from _values(each, key, all=all)
    elif part is not None and not isinstance(part, bool) and (all or key not in _TOLD):
        yield str(part)
        yield from str(part).split(";")


def _forms(value: str) -> Iterator[str]:
    """A value as texts quote it: plain, as JSON, as HTML, as CSV."""
    if len(value.strip()) >= _SHORTEST:
        plain = value.strip()
        yield from (plain, orjson.dumps(plain)[1:-1].decode(), escape(plain))
        yield plain.replace('"', '""')
