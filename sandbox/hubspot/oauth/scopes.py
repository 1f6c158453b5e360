"""Which scopes an endpoint asks for: one of them is enough."""

from collections.abc import Mapping, Sequence
from typing import Final

from sandbox.hubspot.data.kinds import find_kind
from sandbox.hubspot.oauth.apps import JOURNAL_SCOPE

_ACTIVITIES: Final = "crm.objects.contacts"
_OBJECTS: Final[Mapping[str, str]] = {
    "contacts": "crm.objects.contacts",
    "companies": "crm.objects.companies",
    "deals": "crm.objects.deals",
    "leads": "crm.objects.leads",
}
_FIXED: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {
    ("automation",): ("automation",),
    ("crm", "owners"): ("crm.objects.owners.read",),
    ("crm", "imports"): ("crm.import",),
    ("crm", "exports"): ("crm.export",),
    ("events", "events"): ("business-intelligence",),
    ("events", "send"): ("analytics.behavioral_events.send",),
    ("events", "custom"): ("analytics.behavioral_events.send",),
    ("events", "event-definitions"): ("behavioral_events.event_definitions.read_write",),
    ("marketing", "forms"): ("forms",),
    ("form-integrations",): ("forms",),
    ("submissions",): ("forms",),
    ("marketing", "emails"): ("content", "marketing-email"),
    ("email",): ("content",),
    ("webhooks-journal",): (JOURNAL_SCOPE,),
}


def required(method: str, words: Sequence[str]) -> tuple[str, ...]:
    """The scopes of which a caller needs one; empty when being signed in is enough."""
    path = tuple(words)
    for size in (2, 1):
        if path[:size] in _FIXED:
            return _FIXED[path[:size]]
    if path[:1] == ("communication-preferences",):
        return _consent(path)
    return _crm(path, "read" if _reads(method, path) else "write")


def _reads(method: str, path: tuple[str, ...]) -> bool:
    return method == "GET" or path[-1] == "search" or path[-2:] == ("batch", "read")


def _consent(path: tuple[str, ...]) -> tuple[str, ...]:
    if "batch" in path:
        way = "read" if path[-1] == "read" else "write"
        return (f"communication_preferences.statuses.batch.{way}",)
    return ("communication_preferences.read_write",)


def _crm(path: tuple[str, ...], way: str) -> tuple[str, ...]:
    match path:
        case ("crm", "lists", *_):
            return (f"crm.lists.{way}",)
        case ("crm", "properties", kind, *_):
            return _of_type(kind, way, "crm.schemas")
        case ("crm", "objects" | "associations" | "pipelines", kind, *_):
            return _of_type(kind, way, "crm.objects")
        case ("crm-object-schemas", *_):
            return (f"crm.schemas.custom.{way}",)
    return ()


def _of_type(text: str, way: str, family: str) -> tuple[str, ...]:
    kind = find_kind(text)
    if kind is None:
        return (f"{family}.custom.{way}",) if text.startswith("2-") else ()
    if kind.name == "tickets":
        return ("tickets",)
    name = _OBJECTS.get(kind.name, _ACTIVITIES if kind.activity else "crm.objects.custom")
    return (f"{name.replace('crm.objects', family)}.{way}",)
